"""The first page says that money on the SMS account runs low, and where to top it up."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.sms_account import SmsAccount
from models.user import User
from sandbox.sample_account import write_account
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
SAID = "Money on the SMS account runs low"


@pytest.mark.parametrize(("role", "links"), [("accountant", 3), ("operator", 0)])
def test_low_money_is_said_with_a_way_to_top_up_for_those_who_may(
    visit: Visit, stored: Session, role: str, links: int
) -> None:
    person = visit(role)
    assert SAID not in person.get("/admin/").text
    actor = stored.scalars(sa.select(User).where(User.name == "accountant")).one()
    write_account(stored, actor_id=actor.id, now=make.LONG_AGO)
    account = stored.scalars(sa.select(SmsAccount)).one()
    account.low_balance = account.balance + 1
    stored.commit()
    page = person.get("/admin/").text
    assert SAID in page and page.count('href="/admin/payment/top-up/"') == links
    account.low_balance = account.balance
    stored.commit()
    assert SAID not in person.get("/admin/").text


@pytest.mark.parametrize(("role", "told"), [("accountant", True), ("operator", False)])
def test_what_is_left_is_on_the_first_page_for_those_who_pay(
    visit: Visit, stored: Session, role: str, told: bool
) -> None:
    actor = stored.scalars(sa.select(User).where(User.name == "accountant")).one()
    write_account(stored, actor_id=actor.id, now=make.LONG_AGO)
    stored.commit()
    assert ("data-balance>PLN300.00<" in visit(role).get("/admin/").text) is told
