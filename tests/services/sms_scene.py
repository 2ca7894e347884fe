"""A campaign of texts on its way: a paid account, a price, scripted gateways, and the engine around them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.delivery import Status
from domain.outcomes import Accepted, Outcome
from domain.payments import PaymentStatus
from domain.text_messages import TextMessage
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.client import PhoneNumber
from models.contact_checks import phone_columns
from models.ledger import EntryKind, LedgerEntry
from models.message import Message
from models.payment import Payment, PaymentGateway
from models.price_list import SmsPrice
from models.sending_lines import SMS
from models.setting import SUPPRESSION_KEY, secret_of
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from services.approve_campaign import SendOrder, approve_campaign
from services.claim_deliveries import WorkRange
from services.compose_text import CampaignTexts, SingleTexts, TextLetter
from services.deliver_range import Workshop, deliver_range
from services.invoice_settings import invoice_settings
from services.issue_invoice import issue_invoice
from services.ledger import Stamp, credit_payment
from services.sms_desk import Route, SmsDesk
from services.sms_settings import SmsSettings
from services.sms_till import SmsAccountFacts, SmsTill
from services.text_content import TextRenderer, prepare_text
from tests.services.consenting_clients import grant_marketing, insert_rows, write_clients
from tests.services.delivery_scene import Scene

TEXT = "Zapraszamy, {client_name}"
PRICE = 1_600
ONE_EACH = 100 * 10_000
"""What is on the account to begin with, in 1/10000 PLN."""


def number_of(place: int) -> str:
    """The telephone number of the place-th client."""
    return f"+48600{place:06d}"


@dataclass
class ScriptedGateway:
    """What a gateway answers, per number in turn (then it accepts), and all it was handed."""

    answers: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    always: Outcome | None = None
    before_answer: Callable[[TextMessage], None] = lambda _text: None
    handed: list[TextMessage] = field(default_factory=list)

    def send(self, text: TextMessage) -> Outcome:
        self.handed.append(text)
        self.before_answer(text)
        if self.always is not None:
            return self.always
        waiting = self.answers[text.number]
        return waiting.pop(0) if waiting else Accepted(f"G{len(self.handed)}")

    @property
    def numbers(self) -> list[str]:
        return [text.number for text in self.handed]


class SmsScene(Scene):
    """A database with clients who have telephones, and an account to send from."""

    def __init__(self, now: datetime, *, zloty: int = 100, gateways: int = 1, **policy: Any) -> None:
        super().__init__(now, **policy)
        self.session.add(SmsPrice(name="Polska", prefix="48", gross_per_part=PRICE, valid_from=now.date()))
        self.gateways: dict[int, ScriptedGateway] = {}
        for place in range(gateways):
            row = SmsGateway(
                name=f"Bramka {place}",
                kind=GatewayKind.SANDBOX,
                priority=place,
                callback_secret=f"{place}" * 40,
            )
            self.session.add(row)
            self.session.flush()
            self.gateways[row.id] = ScriptedGateway()
        if zloty:
            top_up(self.session, zloty * 100, now)
        self.session.commit()

    @property
    def gateway(self) -> ScriptedGateway:
        return next(iter(self.gateways.values()))

    def sms_shop(self, campaign_id: int, worker: str = "one") -> Workshop[TextLetter]:
        facts = SmsAccountFacts(self.paying.id, self.paying.sender, 9)
        held = sa.select(SmsGateway.id).where(
            sa.or_(SmsGateway.held_until.is_(None), SmsGateway.held_until <= self.clock.now)
        )
        routes = [Route(number, self.gateways[number]) for number in self.session.scalars(held)]
        content = prepare_text(self.session.get_one(Campaign, campaign_id).body, SmsSettings())
        renderer = TextRenderer(content, current_app.extensions["goniec"].ejs())
        return Workshop(
            connect=lambda: SmsDesk(
                self.session,
                SmsTill(self.session, facts, campaign_id, self.clock),
                routes,
                policy=self.policy,
                clock=self.clock,
            ),
            composer=lambda: CampaignTexts(renderer, {}),
            policy=self.policy,
            clock=self.clock,
            enqueue=self.enqueue,
            worker=worker,
            keeps_attempts=True,
        )

    def deliver_single(self, message: Message, *answers: Outcome) -> Status:
        """What becomes of a text of no campaign when the gateway answers so."""
        self.gateway.answers[message.address] = list(answers)
        facts = SmsAccountFacts(self.paying.id, self.paying.sender, 9)
        shop = Workshop(
            connect=lambda: SmsDesk(
                self.session,
                SmsTill(self.session, facts, None, self.clock),
                [Route(*each) for each in self.gateways.items()],
                policy=self.policy,
                clock=self.clock,
            ),
            composer=lambda: SingleTexts(self.session),
            policy=self.policy,
            clock=self.clock,
            enqueue=self.enqueue,
            worker="one",
            keeps_attempts=True,
        )
        deliver_range(self.session, WorkRange(facts.id, None, message.id, message.id, SMS), shop)
        self.session.refresh(message)
        return message.status

    def texts(self, recipients: int, *, text: str = TEXT, cost: int | None = None) -> int:
        """An approved campaign of texts to new clients, who all consent."""
        campaign = self.draft(recipients, text=text)
        approve_campaign(campaign, self.order(text, cost), now=self.clock.now, enqueue=self.enqueue)
        return campaign

    def draft(self, recipients: int, *, text: str = TEXT) -> int:
        """One that nobody has approved yet."""
        first = self._clients + 1
        ids = write_clients(self.session, recipients, now=self.clock.now, first=first)
        self._clients += recipients
        write_phones(self.session, ids, first, self.clock.now)
        campaign = Campaign(
            kind=CampaignKind.CLIENTS, channel=Channel.SMS, purpose=Purpose.MARKETING, body=text
        )
        self.session.add(campaign)
        self.session.flush()
        insert_rows(
            self.session, CampaignClient, [{"campaign_id": campaign.id, "client_id": each} for each in ids]
        )
        self.session.commit()
        return campaign.id

    def order(self, text: str, cost: int | None = None) -> SendOrder:
        content = prepare_text(text, SmsSettings())
        renderer = TextRenderer(content, current_app.extensions["goniec"].ejs())
        return SendOrder(
            content.to_json(), {}, skip_errors=False, approved_by_id=None, texts=renderer, cost=cost
        )

    def deliver(self, campaign_id: int, *, worker: str = "one") -> int:
        messages = self.messages(campaign_id)
        work = WorkRange(self.paying.id, campaign_id, messages[0].id, messages[-1].id, SMS)
        return deliver_range(self.session, work, self.sms_shop(campaign_id, worker))

    @property
    def paying(self) -> SmsAccount:
        return self.session.scalars(sa.select(SmsAccount).execution_options(populate_existing=True)).one()

    def entries(self, kind: EntryKind) -> list[LedgerEntry]:
        self.session.expire_all()
        return list(
            self.session.scalars(
                sa.select(LedgerEntry).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id)
            )
        )


def in_order(scene: SmsScene) -> None:
    """The ledger, the holds, the roll-up and the messages all agree."""
    assert check_ledger(scene.session).problems == ()
    assert check_reports(scene.session).problems == ()


def top_up(session: Session, grosze: int, now: datetime) -> None:
    """A paid top-up with its invoice. Flushes."""
    account = session.scalars(sa.select(SmsAccount)).one()
    payment = Payment(
        uuid=str(uuid4()),
        account_id=account.id,
        gateway=PaymentGateway.SANDBOX,
        amount=grosze,
        status=PaymentStatus.PAID,
        created_at=now,
        paid_at=now,
    )
    session.add(payment)
    session.flush()
    credit_payment(session, payment, grosze * 100, Stamp(now))
    issue_invoice(session, payment, invoice_settings(session), now)


def write_phones(session: Session, clients: list[int], first: int, now: datetime) -> None:
    """A Polish mobile number and consent to marketing by SMS for each. Commits."""
    key = secret_of(session.connection(), SUPPRESSION_KEY)
    numbers = [number_of(place) for place in range(first, first + len(clients))]
    insert_rows(
        session,
        PhoneNumber,
        [
            {
                "client_id": client,
                "number": number,
                "is_primary": True,
                "kind": "mobile",
                "label": "",
                **phone_columns(number, key),
            }
            for client, number in zip(clients, numbers, strict=True)
        ],
    )
    grant_marketing(session, clients, Channel.SMS, now)
    session.commit()
