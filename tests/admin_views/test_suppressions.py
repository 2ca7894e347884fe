"""The list of blocked addresses."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from tests import factories as make
from tests.admin_views.conftest import Visitor


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("smtp", "During sending"),
        ("dsn", "Delivery notice"),
        ("panel", "Entered by hand"),
        ("an older system", "an older system"),
    ],
)
def test_the_source_of_a_block_is_said_in_words(
    visit: Callable[[str], Visitor], stored: Session, source: str, words: str
) -> None:
    make.block(stored, "jan@poczta.example").source = source
    stored.commit()
    operator = visit("operator")
    assert words in operator.get("/admin/suppression/").text
    assert words in operator.get("/admin/suppression/export/csv/").text
