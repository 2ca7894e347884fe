"""Today's schema has room for mail merge and letters, the mailbox, the panel's comfort, and privacy."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.delivery import Status
from domain.eligibility import Reason
from models import db
from models.attachment import Attachment
from models.audit import AuditDetail
from models.campaign import Campaign, CampaignKind, CampaignRecipient
from models.client import Membership
from models.consent import ConsentMethod
from models.mail_account import MailAccount, MailFolder
from models.message import (
    AddressRole,
    DeliveryClaim,
    Direction,
    Message,
    MessageAddress,
    Origin,
)
from models.message_template import MessageTemplate
from queries.audit_chain import first_broken_entry
from services.record_audit import append_audit
from services.record_consent import record_consent
from tests import factories as make

DIGEST = "d" * 64


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


def reloaded(session: Session, message: Message) -> Message:
    session.commit()
    session.expire_all()
    return session.get_one(Message, message.id)


# --- mail merge and letters (roadmap d) ---


def test_a_mail_merge_sends_in_batches_and_stops_after_errors(session: Session, now: datetime) -> None:
    account = MailAccount(name="Biuro", host="smtp.poczta.example", per_minute=60, per_hour=500, per_day=5000)
    session.add(account)
    session.flush()
    campaign = Campaign(
        kind=CampaignKind.MAIL_MERGE,
        purpose=Purpose.SERVICE,
        account_id=account.id,
        subject="Zmiana numeru konta",
        body="<p>{client_name}</p>",
        starts_at=now + timedelta(days=1),
        batch_size=500,
        batch_interval_seconds=60,
        stop_after_errors=10,
    )
    session.add(campaign)
    session.commit()


def test_a_company_is_written_to_through_its_contact_person(session: Session) -> None:
    company, person = make.make_company(session), make.make_person(session)
    session.add(Membership(company_id=company.id, person_id=person.id, is_default=True, role="Księgowość"))
    campaign = make.make_campaign(session, make.make_investment(session))
    message = make.make_message(session, campaign=campaign, client_id=company.id)
    make.make_recipient(session, campaign, company, message, contact_person_id=person.id)
    session.commit()


def test_a_pasted_address_needs_no_client(session: Session) -> None:
    campaign = make.make_campaign(session, make.make_investment(session))
    message = make.make_message(session, campaign=campaign, address="obcy@poczta.example")
    session.add(
        CampaignRecipient(
            campaign_id=campaign.id,
            channel=Channel.EMAIL,
            address="obcy@poczta.example",
            message_id=message.id,
        )
    )
    session.commit()


def test_a_letter_is_keyed_by_its_client_and_keeps_its_pdf(session: Session, now: datetime) -> None:
    client = make.make_person(session, street="ul. Polna 1", postal_code="50-001", city="Wrocław")
    pdf = Attachment(
        uuid=str(uuid4()),
        filename="list.pdf",
        content_type="application/pdf",
        size=12_000,
        sha256=DIGEST,
        created_at=now,
    )
    campaign = make.make_campaign(session, make.make_investment(session), channel=Channel.LETTER)
    message = make.make_message(
        session,
        campaign=campaign,
        idempotency_key=f"campaign:{campaign.id}:letter:{client.id}",
        channel=Channel.LETTER,
        client_id=client.id,
        address="",
        attachments=[pdf],
        status=Status.SENT,
        sent_at=now,
    )
    assert reloaded(session, message).attachments[0].filename == "list.pdf"


def test_a_fallback_reports_each_channel_of_one_client(session: Session) -> None:
    client = make.make_person(session)
    campaign = make.make_campaign(session, make.make_investment(session))
    sms = make.make_message(session, campaign=campaign, channel=Channel.SMS, client_id=client.id)
    make.make_recipient(session, campaign, client, None, reason=Reason.MISSING_EMAIL)
    session.add(
        CampaignRecipient(
            campaign_id=campaign.id, channel=Channel.SMS, client_id=client.id, message_id=sms.id
        )
    )
    session.commit()


# --- mailbox and sequences (roadmap e) ---


def test_an_incoming_message_has_its_place_on_the_server_and_its_correspondents(
    session: Session, now: datetime
) -> None:
    account = make.default_account(session)
    folder = MailFolder(
        account_id=account.id, path="INBOX.Wys&AUI-ane", name="Wysłane", special_use="\\Sent", uidvalidity=7
    )
    session.add(folder)
    session.flush()
    client = make.make_client(session, email="anna@poczta.example")
    message = make.make_message(
        session,
        origin=Origin.MAILBOX,
        direction=Direction.INCOMING,
        status=Status.RECEIVED,
        account_id=account.id,
        folder_id=folder.id,
        uidvalidity=7,
        uid=4_294_967_295,
        rfc_message_id="<abc@poczta.example>",
        subject="Re: odbiór",
        body_text="Dzień dobry",
        body_html="<p>Dzień dobry</p>",
        addresses=[
            MessageAddress(role=role, name="", address=address, address_digest=DIGEST, client_id=client_id)
            for role, address, client_id in (
                (AddressRole.FROM, "anna@poczta.example", client.id),
                (AddressRole.TO, "biuro@goniec.example", None),
                (AddressRole.CC, "jan@poczta.example", None),
            )
        ],
    )
    assert [row.role for row in reloaded(session, message).addresses] == ["from", "to", "cc"]


def test_a_sequence_step_is_keyed_by_enrolment_and_step(session: Session, now: datetime) -> None:
    for step in (0, 3, 7):
        make.make_message(
            session,
            origin=Origin.SEQUENCE,
            idempotency_key=f"sequence:15:{step}",
            due_at=now + timedelta(days=step),
        )
    session.commit()


def test_an_account_keeps_its_password_encrypted(session: Session) -> None:
    account = MailAccount(name="Gmail", host="imap.gmail.com", username="a", password="tajne hasło")
    session.add(account)
    session.commit()
    stored = session.scalar(sa.text("SELECT password FROM mail_account WHERE name = 'Gmail'"))
    assert "tajne" not in stored
    session.expire_all()
    assert account.password == "tajne hasło"


# --- the panel, privacy, operation (roadmap f, g) ---


def test_a_client_merged_into_another_keeps_its_history(session: Session) -> None:
    kept, merged = make.make_person(session), make.make_person(session)
    merged.merged_into = kept
    make.make_message(session, client_id=merged.id)
    session.commit()
    assert merged.merged_into_id == kept.id


def test_a_block_survives_the_erasure_of_its_client(session: Session, now: datetime) -> None:
    client = make.make_client(session, email="anna@poczta.example")
    block = make.block(session, "anna@poczta.example")
    client.first_name, client.last_name = "", "(usunięto)"
    client.erased_at = now
    session.delete(client.email_addresses[0])
    session.commit()
    again = make.give_address(session, make.make_person(session), "Anna@poczta.example")
    assert again.address_digest == block.address_digest


def test_personal_values_of_the_audit_can_be_erased_without_breaking_the_chain(
    session: Session, now: datetime
) -> None:
    for number in range(3):
        append_audit(
            session,
            actor_id=None,
            action="update",
            entity="client",
            entity_id=number,
            values={"name": "Anna Nowak"},
            now=now,
        )
    session.execute(sa.delete(AuditDetail))
    session.commit()
    session.expire_all()
    assert first_broken_entry(session) is None


def test_evidence_of_a_consent_can_be_erased_and_the_consent_stays(session: Session, now: datetime) -> None:
    client, definition = make.make_person(session), make.make_definition(session)
    event = record_consent(
        session,
        client_id=client.id,
        definition=definition,
        action=make.ConsentAction.GRANTED,
        method=ConsentMethod.FORM,
        source="form",
        actor_id=None,
        now=now,
        ip="192.0.2.1",
        user_agent="x",
    )
    session.delete(event.evidence)
    session.commit()


def test_templates_exist_for_every_channel_and_purpose(session: Session) -> None:
    for channel in Channel:
        for purpose in Purpose:
            session.add(
                MessageTemplate(
                    name=f"{channel} {purpose}", channel=channel, purpose=purpose, subject="S", body="B"
                )
            )
    session.commit()


def test_a_claim_of_a_concurrent_channel_has_no_campaign(session: Session, now: datetime) -> None:
    message = make.make_message(session, channel=Channel.SMS)
    claim = DeliveryClaim(
        first_message_id=message.id,
        last_message_id=message.id,
        opened_at=now,
        leased_until=now + timedelta(minutes=2),
    )
    session.add(claim)
    session.flush()
    message.status, message.claim_id = Status.SENDING, claim.id
    session.commit()
