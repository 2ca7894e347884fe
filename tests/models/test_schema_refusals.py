"""The database refuses nonsense, whatever code asks for it (design: house style)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.eligibility import Reason
from models import db
from models.campaign import Campaign, CampaignKind, CampaignRecipient
from models.client import Client, EmailAddress, Membership
from models.consent import ConsentDefinition, ConsentEvent, ConsentPurpose, ConsentWording
from models.investment import Contract, Investment
from models.mail_account import MailAccount, MailFolder
from models.message import DeliveryClaim, Message
from models.message_template import MessageTemplate
from models.suppression import Suppression
from services.record_audit import append_audit
from tests import factories as make


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


def refuses(session: Session, constraint: str, act: Callable[[], Any]) -> None:
    """SQLite names a CHECK but only the columns of a UNIQUE: the words to look for are those it shares."""
    with pytest.raises(IntegrityError) as refusal:
        act()
        session.flush()
    text = str(refusal.value.orig).lower()
    assert any(word in text for word in constraint.split("|")), text


# --- messages ---


@pytest.mark.parametrize(
    ("constraint", "values"),
    [
        ("sending_is_claimed", {"status": "sending"}),
        ("sent_has_a_time", {"status": "sent"}),
        ("incoming_is_received", {"direction": "incoming"}),
        ("incoming_is_received", {"status": "received"}),
        ("skipped_has_a_reason", {"status": "skipped"}),
        ("campaign_of_origin", {"origin": "campaign"}),
        ("uid_with_uidvalidity", {"uid": 5}),
        ("parts_positive", {"parts": 0}),
        ("foreign key", {"client_id": 999_999}),
    ],
)
def test_a_message_that_contradicts_itself_is_refused(
    session: Session, constraint: str, values: dict[str, Any]
) -> None:
    refuses(session, constraint, lambda: make.make_message(session, **values))


def test_a_claimed_message_is_sending(session: Session, now: datetime) -> None:
    claim = DeliveryClaim(first_message_id=1, last_message_id=1, opened_at=now, leased_until=now)
    session.add(claim)
    session.flush()
    refuses(session, "sending_is_claimed", lambda: make.make_message(session, claim_id=claim.id))


def test_an_idempotency_key_is_used_once(session: Session) -> None:
    make.make_message(session, idempotency_key="event:1:email")
    refuses(session, "idempotency_key", lambda: make.make_message(session, idempotency_key="event:1:email"))


def test_one_message_stands_at_one_place_of_a_mailbox(session: Session) -> None:
    folder = MailFolder(account_id=make.default_account(session).id, path="INBOX", name="INBOX")
    session.add(folder)
    session.flush()
    place: dict[str, Any] = {
        "folder_id": folder.id, "uidvalidity": 1, "uid": 9, "direction": "incoming", "status": "received",
        "origin": "mailbox",
    }  # fmt: skip
    make.make_message(session, **place)
    refuses(session, "folder_uid|message.uid", lambda: make.make_message(session, **place))


def test_a_message_of_an_unknown_status_is_refused_by_the_database_too(session: Session) -> None:
    message = make.make_message(session)
    with pytest.raises(IntegrityError):
        session.execute(
            sa.text("UPDATE message SET status = 'lost' WHERE id = :id").bindparams(id=message.id)
        )


def test_a_claim_is_a_range_in_order(session: Session, now: datetime) -> None:
    claim = DeliveryClaim(first_message_id=5, last_message_id=4, opened_at=now, leased_until=now)
    refuses(session, "range_in_order", lambda: session.add(claim))


def test_the_id_of_a_claim_is_never_used_again(session: Session, now: datetime) -> None:
    ids = []
    for _ in range(2):
        claim = DeliveryClaim(first_message_id=1, last_message_id=1, opened_at=now, leased_until=now)
        session.add(claim)
        session.commit()
        ids.append(claim.id)
        session.delete(claim)
        session.commit()
    assert ids[1] > ids[0]


# --- campaigns ---


def test_a_campaign_is_approved_before_it_is_sent(session: Session) -> None:
    investment = make.make_investment(session)
    refuses(
        session, "approved_before_sending", lambda: make.make_draft(session, investment, status="sending")
    )


def test_a_message_to_an_investment_names_it(session: Session) -> None:
    refuses(session, "has_an_investment", lambda: session.add(Campaign(kind=CampaignKind.INVESTMENT)))


@pytest.mark.parametrize("reason", [None, Reason.OPTED_OUT])
def test_a_recipient_is_behind_a_message_or_has_a_reason(session: Session, reason: Reason | None) -> None:
    campaign = make.make_campaign(session, make.make_investment(session))
    message = make.make_message(session, campaign=campaign) if reason else None
    client = make.make_person(session)
    refuses(
        session,
        "either_a_message_or_a_reason",
        lambda: make.make_recipient(session, campaign, client, message, reason=reason),
    )


@pytest.mark.parametrize("behind", ["contract", "contact person", "no contract"])
def test_a_recipient_is_listed_once(session: Session, behind: str) -> None:
    campaign = make.make_campaign(session, make.make_investment(session))
    client = make.make_person(session)
    contract = make.make_contract(session, make.make_investment(session), client)
    values: dict[str, Any] = {
        "campaign_id": campaign.id, "channel": Channel.EMAIL, "client_id": client.id,
        "contract_id": None if behind == "no contract" else contract.id,
        "contact_person_id": client.id if behind == "contact person" else None,
        "address": "a@poczta.example",
        "reason": Reason.OPTED_OUT,
    }  # fmt: skip
    session.add(CampaignRecipient(**values))
    session.flush()
    refuses(session, "unique|uq_campaign_recipient", lambda: session.add(CampaignRecipient(**values)))


# --- clients ---


def test_a_client_has_one_primary_address(session: Session) -> None:
    client = make.make_client(session, email="a@poczta.example")
    refuses(
        session,
        "uq_email_address_primary|email_address.client_id",
        lambda: make.give_address(session, client, "b@poczta.example"),
    )


def test_a_client_has_one_primary_number(session: Session) -> None:
    client = make.make_person(session)
    make.give_phone(session, client, "600100200")
    refuses(
        session,
        "uq_phone_number_primary|phone_number.client_id",
        lambda: make.give_phone(session, client, "600100201"),
    )


def test_a_company_has_one_default_contact_person(session: Session) -> None:
    company = make.make_company(session)
    for _ in range(2):
        person = make.make_person(session)
        session.add(Membership(company_id=company.id, person_id=person.id, is_default=True))
    refuses(session, "uq_membership_default|membership.company_id", lambda: None)


@pytest.mark.parametrize(
    ("constraint", "broken"),
    [
        ("has_a_name", lambda: Client(first_name=" ", last_name="")),
        ("nip_of_company", lambda: Client(first_name="Anna", nip="1234567890")),
        ("marketing_has_a_channel", lambda: ConsentDefinition(name="x", purpose=ConsentPurpose.MARKETING)),
        ("not_blank", lambda: Investment(name="  ")),
        ("has_a_name", lambda: MessageTemplate(name=" ", subject="s", body="b")),
        ("email_has_a_subject", lambda: MessageTemplate(name="x", subject=" ", body="b")),
        ("has_a_host", lambda: MailAccount(name="x")),
        ("port_range", lambda: MailAccount(name="x", host="h", port=0)),
        ("limits_positive", lambda: MailAccount(name="x", host="h", per_hour=0)),
        ("uq_mail_account_default|is_default", lambda: MailAccount(name="x", host="h", is_default=True)),
        (
            "digest_length",
            lambda: Suppression(channel="email", address_digest="short", reason="manual", source="x"),
        ),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(
    session: Session, constraint: str, broken: Callable[[], Any]
) -> None:
    refuses(session, constraint, lambda: session.add(broken()))


def test_a_client_is_not_merged_into_itself(session: Session) -> None:
    client = make.make_person(session)
    client.merged_into_id = client.id
    refuses(session, "not_merged_into_itself", lambda: None)


def test_a_contract_number_is_used_once_for_its_type(session: Session) -> None:
    investment = make.make_investment(session)
    first = make.make_contract(session, investment)
    session.add(Contract(investment_id=investment.id, type=first.type, number=first.number))
    refuses(session, "uq_contract|contract.number", lambda: None)


def test_an_address_has_one_block_at_a_time_and_many_lifted_ones(session: Session) -> None:
    for _ in range(2):
        make.block(session, "a@poczta.example", lifted=True)
    make.block(session, "a@poczta.example")
    refuses(session, "uq_suppression_active|address_digest", lambda: make.block(session, "a@poczta.example"))


def test_a_block_is_lifted_with_a_note(session: Session, now: datetime) -> None:
    make.block(session, "a@poczta.example").lifted_at = now
    refuses(session, "lifted_with_a_note", lambda: None)


# --- what is only ever added ---


def appended(session: Session, now: datetime) -> None:
    make.grant(session, make.make_person(session), make.make_definition(session))
    append_audit(session, actor_id=None, action="a", entity="e", entity_id=1, values={}, now=now)
    session.commit()


@pytest.mark.parametrize("table", ["consent_event", "consent_wording", "audit_entry", "installation_secret"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET id = id + 1000", "DELETE FROM {0}"])
def test_an_append_only_table_refuses_changes(
    session: Session, now: datetime, table: str, statement: str
) -> None:
    appended(session, now)
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(sa.text(statement.format(table)))
    session.rollback()
    assert session.scalar(sa.text(f"SELECT count(*) FROM {table}"))


def test_a_client_with_a_consent_on_record_cannot_be_deleted(session: Session, now: datetime) -> None:
    appended(session, now)
    client_id = session.scalar(sa.select(ConsentEvent.client_id))
    with pytest.raises(IntegrityError):
        session.execute(sa.delete(Client).where(Client.id == client_id))


def test_a_wordings_version_is_published_once(session: Session, now: datetime) -> None:
    definition = make.make_definition(session)
    session.add(ConsentWording(definition_id=definition.id, version=1, text="again", created_at=now))
    refuses(session, "uq_consent_wording|consent_wording.version", lambda: None)


# --- time ---


def test_a_naive_time_is_refused(session: Session, now: datetime) -> None:
    with pytest.raises(StatementError, match="naive"):
        make.make_message(session, due_at=now.replace(tzinfo=None))


def test_a_time_comes_back_in_utc_whatever_zone_it_was_given_in(session: Session, now: datetime) -> None:
    warsaw = now.astimezone(ZoneInfo("Europe/Warsaw"))
    message = make.make_message(session, due_at=warsaw)
    session.commit()
    session.expire_all()
    assert session.get_one(Message, message.id).due_at == now
    assert message.due_at.utcoffset() == timedelta(0)


def test_an_address_is_checked_and_normalised_however_it_is_saved(session: Session) -> None:
    row = make.give_address(session, make.make_person(session), " Anna@POCZTA.example ")
    assert (row.address, row.normalised, row.is_valid) == ("Anna@POCZTA.example", "anna@poczta.example", True)
    row.address = "brak"
    session.flush()
    assert not row.is_valid
    assert session.scalar(sa.select(EmailAddress.normalised)) == "brak"
