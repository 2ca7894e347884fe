"""A gateway is tried from its card before a client gets a text through it."""

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Status
from models.ledger import EntryKind, LedgerEntry
from models.message import Message, Origin
from models.price_list import SmsPrice
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from sandbox.phones import SandboxPhones
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.services.sms_scene import top_up
from tests.sms_scene import PRICE

Visit = Callable[[str], Visitor]
NUMBER = "+48600100200"


@pytest.fixture
def phones() -> Iterator[SandboxPhones]:
    with SandboxPhones(report_after=None) as running:
        yield running


@pytest.fixture
def gateway(visit: Visit, stored: Session, phones: SandboxPhones) -> SmsGateway:
    """One that is switched off, as long as nobody knows whether it works."""
    row = SmsGateway(
        name="SMSAPI",
        kind=GatewayKind.SMSAPI,
        address=phones.url,
        password=phones.settings.token,
        callback_secret="s" * 43,
        is_active=False,
    )
    stored.add(row)
    stored.add(SmsPrice(name="Polska", prefix="48", gross_per_part=PRICE, valid_from=date(2026, 1, 1)))
    top_up(stored, 1_000, make.LONG_AGO)
    stored.commit()
    return row


def check(person: Visitor, gateway: SmsGateway) -> str:
    assert person.post(f"/admin/sms_gateway/check/?id={gateway.id}").status_code == 302
    return person.sentences()[-1]


def send(person: Visitor, gateway: SmsGateway, number: str = NUMBER, text: str = "Próba") -> str:
    where = f"/admin/sms_gateway/test-text/?id={gateway.id}"
    assert person.post(where, number=number, text=text).status_code == 302
    return person.sentences()[-1]


def test_the_connection_is_checked_without_a_text(
    visit: Visit, gateway: SmsGateway, phones: SandboxPhones
) -> None:
    assert check(visit("administrator"), gateway) == "“SMSAPI” answers and accepts the access data."
    assert phones.taken() == []


def test_a_wrong_token_is_told_at_once(visit: Visit, stored: Session, gateway: SmsGateway) -> None:
    gateway.password = "another"
    stored.commit()
    assert "autoryzacji" in check(visit("administrator"), gateway)


def test_a_gateway_that_is_not_there_is_told_at_once(
    visit: Visit, gateway: SmsGateway, phones: SandboxPhones
) -> None:
    phones.stop()
    assert "no connection to the SMS gateway" in check(visit("administrator"), gateway)


def test_a_test_text_is_paid_and_goes_out_through_this_gateway_alone(
    visit: Visit, stored: Session, gateway: SmsGateway, phones: SandboxPhones
) -> None:
    said = send(visit("administrator"), gateway)
    assert said.startswith("“SMSAPI” took the text to +48600100200. It cost")
    [taken] = phones.taken()
    assert (taken.text, taken.number) == ("Próba", "48600100200")
    message = stored.scalars(sa.select(Message)).one()
    assert (message.origin, message.status, message.gateway_id) == (Origin.TEST, Status.SENT, gateway.id)
    assert (message.client_id, message.cost) == (None, PRICE)
    charged = stored.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CHARGE)).one()
    assert (charged.message_id, charged.amount) == (message.id, -PRICE)
    assert check_ledger(stored).problems == () and check_reports(stored).problems == ()


def test_a_test_that_fails_is_refunded_and_holds_nobody_elses_texts_back(
    visit: Visit, stored: Session, gateway: SmsGateway
) -> None:
    gateway.password = "another"
    stored.commit()
    assert "did not leave, and cost nothing" in send(visit("administrator"), gateway)
    message = stored.scalars(sa.select(Message)).one()
    assert (message.status, message.cost) == (Status.FAILED, 0)
    account = stored.scalars(sa.select(SmsAccount)).one()
    assert (account.balance, account.held_until, account.failures_in_a_row) == (100_000, None, 0)
    stored.refresh(gateway)
    assert (gateway.held_until, gateway.failures_in_a_row) == (None, 0)
    assert check_ledger(stored).problems == () and check_reports(stored).problems == ()


@pytest.mark.parametrize(
    ("number", "text", "said"),
    [
        ("22 123 45 67", "Próba", "not a Polish mobile number"),
        ("", "Próba", "not a Polish mobile number"),
        (NUMBER, " ", "is empty"),
    ],
)
def test_a_test_nobody_could_send_is_refused(
    visit: Visit, stored: Session, gateway: SmsGateway, number: str, text: str, said: str
) -> None:
    assert said in send(visit("administrator"), gateway, number, text)
    assert stored.scalar(sa.select(sa.func.count(Message.id))) == 0


def test_a_test_that_cannot_be_paid_is_refused(
    visit: Visit, stored: Session, gateway: SmsGateway, phones: SandboxPhones
) -> None:
    stored.execute(sa.update(SmsPrice).values(gross_per_part=200_000))
    stored.commit()
    assert "10.00" in send(visit("administrator"), gateway)
    assert phones.taken() == []


def test_a_token_may_not_travel_unencrypted(visit: Visit, stored: Session, gateway: SmsGateway) -> None:
    person, where = visit("administrator"), f"/admin/sms_gateway/edit/?id={gateway.id}"
    form = {"name": "SMSAPI", "kind": "smsapi", "priority": "10", "allowed_addresses": ""}
    answer = person.post(where, **form, address="http://smsapi.example")
    assert "would travel unencrypted" in answer.text
    for address in ("https://smsapi.example", "http://127.0.0.1:8027", "http://localhost:8027"):
        assert person.post(where, **form, address=address).status_code == 302, address
    stored.refresh(gateway)
    assert gateway.address == "http://localhost:8027"


@pytest.mark.parametrize("role", ["operator", "accountant"])
def test_only_administrators_try_gateways(visit: Visit, gateway: SmsGateway, role: str) -> None:
    person = visit(role)
    for page in ("check", "test-text"):
        assert person.post(f"/admin/sms_gateway/{page}/?id={gateway.id}").status_code == 403
