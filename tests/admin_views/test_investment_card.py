"""What an investment's card says of the people behind it."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from tests import factories as make
from tests.admin_views.conftest import Visitor


def test_a_client_merged_into_another_is_not_counted(
    visit: Callable[[str], Visitor], stored: Session
) -> None:
    investment = make.make_investment(stored)
    kept = make.make_person(stored)
    merged = make.make_person(stored, merged_into=kept)
    make.make_contract(stored, investment, kept, merged)
    stored.commit()
    card = visit("operator").get("/admin/investment/details/", id=str(investment.id)).text
    assert "1 client<" in card and "2 clients" not in card
