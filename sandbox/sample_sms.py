"""The sample company's texts: the sandbox's gateway, two templates, and a campaign that was sent and paid."""

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.delivery import CampaignStatus, DeliveryState, Status
from domain.local_time import WARSAW
from domain.segments import segment
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.client import Client
from models.message import AttemptOutcome, DeliveryAttempt, Message
from models.message_template import MessageTemplate
from models.sending_lines import SMS
from models.sessions import rows_changed
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from queries.audience import audience_of, one_per_address, pairs, pairs_once
from sandbox.sample_account import PRICE
from sandbox.sample_texts import COMPANY
from services.choose_account import sms_account
from services.company_name import COMPANY_NAME
from services.freeze_audience import FrozenAudience
from services.ledger import Fare, Stamp, charge_many
from services.sms_days import DayKey, add_to_day
from services.sms_settings import SmsSettings
from services.text_content import FrozenText, prepare_text

SENDER = "+48732000100"
"""A number, so that the texts can be answered."""
SENT = 300
FRIDAY = 5
DAYS_AGO = 27
WEIGHTS = (4, 9, 6, 12, 3, 7)
"""How many of the texts leave on one working day, compared to the next."""
NOT_DELIVERED, NO_REPORT = 9, 4
INVITATION = (
    "Dzien otwarty inwestycji {investment_name} juz w sobote, godz. 10-14. Zapraszamy! Nadrzecze Development"
)
OPEN_DAY = "Dzień otwarty Osiedla Nadrzecze już w sobotę w godz. 10–14. Zapraszamy! Nadrzecze Development"
TEMPLATES = (
    ("SMS – dzień otwarty", Purpose.MARKETING, INVITATION),
    (
        "SMS – przypomnienie o odbiorze",
        Purpose.SERVICE,
        "Przypominamy o odbiorze lokalu {unit} dnia {hand_over_date}. Pytania: {account_manager}, "
        "{company_name}",
    ),
)


def write_gateway(session: Session, *, secret: str, actor_id: int, now: datetime) -> None:
    """The way out and the templates. The caller commits."""
    sms_account(session).sender = SENDER
    session.add(
        SmsGateway(
            name="Telefony na niby", kind=GatewayKind.SANDBOX, callback_secret=secret,
            created_at=now, updated_at=now,
        )
    )  # fmt: skip
    for name, purpose, body in TEMPLATES:
        session.add(
            MessageTemplate(
                name=name, channel=Channel.SMS, purpose=purpose, subject="", body=body,
                updated_by_id=actor_id, created_at=now, updated_at=now,
            )
        )  # fmt: skip
    session.flush()


def write_past_texts(session: Session, rng: Random, *, actor_id: int, now: datetime) -> tuple[int, int]:
    """One finished campaign of SENT texts, each charged; its id and how many there are."""
    content = prepare_text(OPEN_DAY, SmsSettings())
    campaign = _campaign(session, content, actor_id, now)
    messages = _freeze(session, campaign)
    _deliver(session, rng, campaign, content, messages)
    return campaign.id, len(messages)


def _campaign(session: Session, content: FrozenText, actor_id: int, now: datetime) -> Campaign:
    started = (now - timedelta(days=DAYS_AGO)).replace(hour=9, minute=0, second=0, microsecond=0)
    campaign = Campaign(
        kind=CampaignKind.CLIENTS, channel=Channel.SMS, purpose=Purpose.MARKETING,
        status=CampaignStatus.FINISHED, sms_account_id=sms_account(session).id, contract_types=[], subject="",
        body=OPEN_DAY, skip_errors=True, created_by_id=actor_id, approved_by_id=actor_id,
        created_at=started - timedelta(hours=1), updated_at=started, approved_at=started, starts_at=started,
        started_at=started, frozen_content=content.to_json(), frozen_values={COMPANY_NAME: COMPANY},
    )  # fmt: skip
    session.add(campaign)
    session.flush()
    everybody = sa.select(sa.literal(campaign.id), Client.id).where(Client.merged_into_id.is_(None))
    rows_changed(session, sa.insert(CampaignClient).from_select(["campaign_id", "client_id"], everybody))
    chosen = one_per_address(pairs(audience_of(campaign)).cte("everybody"))
    first = sa.select(chosen.c.client_id).order_by(chosen.c.client_id).limit(SENT)
    kept = list(session.scalars(first))
    rows_changed(
        session,
        sa.delete(CampaignClient).where(
            CampaignClient.campaign_id == campaign.id, CampaignClient.client_id.not_in(kept)
        ),
    )
    session.flush()
    return campaign


def _freeze(session: Session, campaign: Campaign) -> list[Message]:
    started = cast("datetime", campaign.started_at)
    FrozenAudience(
        campaign_id=campaign.id,
        rows=pairs_once(audience_of(campaign)),
        with_contract=False,
        account_id=cast("int", campaign.sms_account_id),
        due_at=started,
        now=started,
        line=SMS,
        sender=SENDER,
    ).write(session)
    query = sa.select(Message).where(Message.campaign_id == campaign.id).order_by(Message.id)
    return list(session.scalars(query))


def _deliver(
    session: Session, rng: Random, campaign: Campaign, content: FrozenText, messages: list[Message]
) -> None:
    started = cast("datetime", campaign.started_at)
    gateway_id = session.scalars(sa.select(SmsGateway.id)).one()
    account: SmsAccount = sms_account(session)
    parts = segment(content.text).parts
    unusual = rng.sample(range(len(messages)), min(len(messages), NOT_DELIVERED + NO_REPORT))
    states = dict.fromkeys(unusual[:NOT_DELIVERED], DeliveryState.UNDELIVERED)
    for place, (message, moment) in enumerate(zip(messages, _moments(started, len(messages)), strict=True)):
        day = moment.astimezone(WARSAW).date()
        attempt = DeliveryAttempt(
            message_id=message.id, uuid=str(UUID(int=rng.getrandbits(128), version=4)), started_at=moment,
            finished_at=moment, outcome=AttemptOutcome.ACCEPTED, gateway_id=gateway_id,
        )  # fmt: skip
        session.add(attempt)
        message.parts, message.unit_price, message.cost, message.charged_on = parts, PRICE, parts * PRICE, day
        message.status, message.sent_at, message.finished_at = Status.SENT, moment, moment
        message.gateway_id, message.provider_reference = gateway_id, f"{rng.getrandbits(64):016X}"
        if place not in unusual[NOT_DELIVERED:]:
            message.delivery_state = states.get(place, DeliveryState.DELIVERED)
        session.flush()
        fare = Fare(message.id, attempt.uuid, parts * PRICE)
        charge_many(session, account.id, [fare], campaign_id=None, stamp=Stamp(moment))
        key = DayKey(day, account.id, SENDER, message.origin.value, campaign.id)
        add_to_day(session, key, messages=1, parts=parts, cost=parts * PRICE)
        campaign.finished_at = moment
    session.flush()


def _moments(started: datetime, number: int) -> list[datetime]:
    """When each text left, in order: on the working days of the weeks until yesterday."""
    days = [started + timedelta(days=offset) for offset in range(DAYS_AGO)]
    working = [day for day in days if day.isoweekday() <= FRIDAY]
    ends = list(accumulate(WEIGHTS[place % len(WEIGHTS)] for place in range(len(working))))
    places = (bisect_right(ends, place * ends[-1] // number) for place in range(number))
    return [working[day] + timedelta(seconds=place / 5) for place, day in enumerate(places)]
