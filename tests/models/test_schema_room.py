"""Today's schema has room for SMS, notifications, bounces and two-way mail: their records, inserted."""

from datetime import datetime
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.eligibility import Reason
from domain.smtp_replies import BounceVerdict
from models import db
from models.bounce import Bounce
from models.campaign import CampaignRecipient
from models.client import PhoneKind
from models.consent import ConsentMethod, ConsentState
from models.conversation import Conversation
from models.message import (
    AttemptOutcome,
    DeliveryAttempt,
    Direction,
    Message,
    Origin,
)
from models.suppression import Suppression, SuppressionReason
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


# --- SMS (issue 3) ---


def test_an_sms_keeps_its_parts_and_price_and_belongs_to_a_conversation(
    session: Session, now: datetime
) -> None:
    client = make.make_person(session)
    phone = make.give_phone(session, client, "600 100 200")
    conversation = Conversation(client_id=client.id, address_digest=phone.address_digest, last_message_at=now)
    session.add(conversation)
    session.flush()
    message = make.make_message(
        session,
        idempotency_key=f"campaign:7:sms:{phone.normalised}",
        channel=Channel.SMS,
        status=Status.SENT,
        delivery_state=DeliveryState.DELIVERED,
        client_id=client.id,
        conversation_id=conversation.id,
        address=phone.normalised,
        address_digest=phone.address_digest,
        body_text="Państwa lokal jest gotowy do odbioru.",
        parts=2,
        unit_price=1_599,
        cost=3_198,
        sent_at=now,
        provider_reference="5F2A",
    )
    assert reloaded(session, message).cost == 3_198
    assert (phone.normalised, phone.is_polish_mobile) == ("+48600100200", True)


def test_an_automatic_retry_keeps_the_gateways_id_and_send_again_makes_a_new_one(
    session: Session, now: datetime
) -> None:
    message = make.make_message(session, channel=Channel.SMS)
    user = make.make_user(session)
    for requested_by in (None, user.id):
        session.add(
            DeliveryAttempt(
                message_id=message.id,
                uuid=str(uuid4()),
                started_at=now,
                outcome=AttemptOutcome.UNAVAILABLE,
                requested_by_id=requested_by,
            )
        )
        session.flush()
    assert len({attempt.uuid for attempt in reloaded(session, message).attempts}) == 2


def test_a_bulk_sms_leaves_clients_out_for_its_own_reasons(session: Session) -> None:
    campaign = make.make_campaign(session, make.make_investment(session), channel=Channel.SMS)
    for reason in (
        Reason.MISSING_PHONE,
        Reason.NOT_POLISH_MOBILE,
        Reason.NO_SMS_CONSENT,
        Reason.BLOCKED_PHONE,
    ):
        session.add(
            CampaignRecipient(
                campaign_id=campaign.id,
                channel=Channel.SMS,
                client_id=make.make_person(session).id,
                reason=reason,
            )
        )
    session.commit()


def test_numbers_of_every_kind_have_a_place(session: Session) -> None:
    client = make.make_company(session)
    for kind, number in ((PhoneKind.LANDLINE, "71 344 55 66"), (PhoneKind.FAX, "71 344 55 66")):
        row = make.give_phone(session, client, number, is_primary=False)
        row.kind = kind
        session.flush()
    session.commit()


# --- notifications, bounces, two-way mail (issue 4) ---


def test_a_notification_is_keyed_by_the_change_that_fired_it(session: Session) -> None:
    client = make.make_person(session)
    for channel in (Channel.EMAIL, Channel.SMS):
        make.make_message(
            session,
            origin=Origin.EVENT,
            idempotency_key=f"event:repair-change-812:{channel.value}",
            channel=channel,
            client_id=client.id,
            subject="Naprawa 17/2026: przyjęta",
            body_text="Przyjęliśmy sprzęt.",
        )
    session.commit()


def test_a_bounce_from_a_dsn_blocks_the_address(session: Session, now: datetime) -> None:
    message = make.make_message(session, status=Status.SENT, sent_at=now, address_digest=DIGEST)
    block = Suppression(
        channel=Channel.EMAIL, address_digest=DIGEST, reason=SuppressionReason.BOUNCE, source="dsn"
    )
    bounce = Bounce(
        kind=BounceKind.DSN,
        verdict=BounceVerdict.BLOCK,
        address=message.address,
        address_digest=DIGEST,
        status_code="5.1.1",
        diagnostic="smtp; 550 5.1.1 User unknown",
        raw="Content-Type: multipart/report; report-type=delivery-status",
        received_at=now,
        message_id=message.id,
        suppression=block,
    )
    session.add(bounce)
    session.commit()
    assert bounce.suppression_id == block.id


def test_an_answer_by_sms_waits_for_whoever_it_is_from(session: Session, now: datetime) -> None:
    conversation = Conversation(address_digest=DIGEST, unread=1, last_message_at=now)
    session.add(conversation)
    session.flush()
    make.make_message(
        session,
        origin=Origin.MAILBOX,
        idempotency_key="sms-in:gateway-1:MO-881",
        channel=Channel.SMS,
        direction=Direction.INCOMING,
        status=Status.RECEIVED,
        conversation_id=conversation.id,
        address="+48600100200",
        address_digest=DIGEST,
        body_text="TAK",
    )
    session.commit()


def test_a_withdrawal_by_sms_is_recorded_as_such(session: Session, now: datetime) -> None:
    client, definition = make.make_person(session), make.make_definition(session, channel=Channel.SMS)
    make.grant(session, client, definition)
    record_consent(
        session,
        client_id=client.id,
        definition=definition,
        action=make.ConsentAction.WITHDRAWN,
        method=ConsentMethod.SMS,
        source="STOP",
        actor_id=None,
        now=now,
    )
    session.commit()
    state = session.get_one(ConsentState, (client.id, definition.id))
    assert not state.granted
