"""What the client's card writes down of a consent."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.consent import ConsentEvent
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


def test_the_card_keeps_another_proof_of_a_consent_but_not_the_same_one_twice(
    visit: Visit, stored: Session
) -> None:
    definition, client = make.make_definition(stored), make.make_person(stored)
    stored.commit()
    operator = visit("operator")
    path = f"/admin/client/consent/?id={client.id}"
    said = {"definition": str(definition.id), "method": "phone", "action": "granted"}
    for source, told in (
        ("rozmowa", "The consent was recorded."),
        ("rozmowa", "This consent was valid already: nothing was recorded."),
        ("formularz", "The consent was recorded."),
    ):
        operator.post(path, **said, source=source)
        assert operator.sentences()[-1] == told
    assert stored.scalar(sa.select(sa.func.count(ConsentEvent.id))) == 2
