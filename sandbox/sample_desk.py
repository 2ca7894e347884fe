"""The sample company's service desk: repairs in every state, told of by the engine's own rules, then sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.eligibility import Reason
from domain.local_time import WARSAW
from domain.repairs import RepairState
from domain.tickets import TicketState
from gateways.ejs import EjsRuntime
from models.client import Client
from models.payment_due import PaymentDue, PaymentDueState
from models.repair import ChangeSource, CostOffer, OfferState, Repair
from models.shipment import Shipment
from models.ticket import Ticket
from queries.email_eligibility import email_reason_column, with_email_facts
from queries.sms_eligibility import sms_reason_column, with_sms_facts
from sandbox.sample_desk_plan import PAYMENTS, REPAIRS, SHIPMENTS, TICKETS, Offer, RepairPlan, Step, Yes
from services.decide_offer import decide_offer
from services.make_offer import OfferTerms, make_offer
from services.move_repair import Mover, begin_repair, move_repair
from services.service_desk import announce_payment, announce_shipment, move_ticket, open_ticket

EJS = Path(__file__).resolve().parent.parent / "static" / "vendor" / "ejs" / "ejs.min.js"
LOOKED_AT = 600
SHOWN_IN_TROUBLE = (Reason.MISSING_EMAIL, Reason.BLOCKED_EMAIL, Reason.OPTED_OUT, Reason.INVALID_EMAIL)
PAID_AFTER = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Desk:
    """What it is all made with; ``year`` stands in the numbers."""

    session: Session
    runtime: EjsRuntime
    actor_id: int
    now: datetime

    @property
    def year(self) -> int:
        return self.now.astimezone(WARSAW).year

    def moment(self, days_ago: int, minute: int = 0) -> datetime:
        """A time of a working day."""
        day = self.now - timedelta(days=days_ago)
        return day.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(minutes=17 * minute)

    @property
    def mover(self) -> Mover:
        return Mover(ChangeSource.PANEL, self.actor_id)


def write_service_desk(session: Session, *, actor_id: int, now: datetime) -> None:
    """Records, steps and events of the last two weeks, with what their clients were told: messages that went
    into the queue, and reasons why others did not. The caller sends them, and commits.
    """
    desk = Desk(session, EjsRuntime(EJS), actor_id, now)
    clients = _clients(session)
    repairs = [
        _repair(desk, number, plan, clients[plan.client % len(clients)])
        for number, plan in enumerate(REPAIRS, start=1)
    ]
    _tickets(desk, clients)
    _payments(desk, repairs)
    _shipments(desk, repairs)
    session.flush()


def _clients(session: Session) -> list[int]:
    """Who has something repaired: the first who can be told by both channels, some who cannot among them."""
    mail, text = _reasons(session, Channel.EMAIL), _reasons(session, Channel.SMS)
    good = [client_id for client_id, reason in mail.items() if reason is None and text[client_id] is None]
    trouble: dict[str, int] = {}
    for client_id, reason in mail.items():
        if reason is not None:
            trouble.setdefault(reason, client_id)
    odd = [trouble[reason] for reason in SHOWN_IN_TROUBLE if reason in trouble]
    return [*good[:8], *odd]


def _reasons(session: Session, channel: Channel) -> dict[int, str | None]:
    """Why the first clients may not be told by a channel, if so."""
    is_text = channel is Channel.SMS
    reason = (sms_reason_column if is_text else email_reason_column)(Purpose.SERVICE)
    facts = (with_sms_facts if is_text else with_email_facts)(Client)
    first = sa.select(Client.id, reason).select_from(facts).where(Client.merged_into_id.is_(None))
    return {row[0]: row[1] for row in session.execute(first.order_by(Client.id).limit(LOOKED_AT))}


def _repair(desk: Desk, number: int, plan: RepairPlan, client_id: int) -> Repair:
    began = desk.moment(plan.days_ago, number)
    repair = Repair(
        number=f"N/{desk.year}/{number:04d}", client_id=client_id, device=plan.device,
        description=plan.description, state=plan.first, created_at=began, updated_at=began,
    )  # fmt: skip
    mover = replace(desk.mover, hold_back=plan.held_back)
    begin_repair(desk.session, repair, mover, runtime=desk.runtime, now=began)
    for place, step in enumerate(plan.steps, start=1):
        _step(desk, repair, step, desk.moment(max(plan.days_ago - place, 1), number + place))
    return repair


def _step(desk: Desk, repair: Repair, step: Step, moment: datetime) -> None:
    session, runtime = desk.session, desk.runtime
    if isinstance(step, RepairState):
        move_repair(session, repair.id, step, desk.mover, runtime=runtime, now=moment)
    elif isinstance(step, Offer):
        expires = (moment + timedelta(days=step.days)).date() if step.days else None
        terms = OfferTerms(step.amount, step.description, expires)
        make_offer(session, repair.id, terms, desk.mover, runtime=runtime, now=moment)
    else:
        offer = session.scalars(
            sa.select(CostOffer).where(CostOffer.repair_id == repair.id, CostOffer.state == OfferState.OPEN)
        ).one()
        mover = replace(desk.mover, note=step.note)
        accepted = isinstance(step, Yes)
        decide_offer(session, offer.id, accepted=accepted, mover=mover, runtime=runtime, now=moment)


def _tickets(desk: Desk, clients: Sequence[int]) -> None:
    for number, plan in enumerate(TICKETS, start=1):
        began = desk.moment(plan.days_ago, number)
        ticket = Ticket(
            number=f"Z/{desk.year}/{number:04d}", client_id=clients[plan.client % len(clients)],
            subject=plan.subject, description=plan.description, created_at=began, updated_at=began,
        )  # fmt: skip
        open_ticket(desk.session, ticket, desk.mover, runtime=desk.runtime, now=began)
        if plan.done_after:
            moment = desk.moment(max(plan.days_ago - plan.done_after, 1), number + 5)
            move_ticket(
                desk.session, ticket.id, TicketState.DONE, desk.mover, runtime=desk.runtime, now=moment
            )


def _payments(desk: Desk, repairs: Sequence[Repair]) -> None:
    for number, plan in enumerate(PAYMENTS, start=1):
        repair, moment = repairs[plan.repair], desk.moment(plan.days_ago, number + 3)
        payment = PaymentDue(
            number=f"P/{desk.year}/{number:04d}", client_id=repair.client_id, repair_id=repair.id,
            title=f"Naprawa {repair.number}", amount=plan.amount, due_on=(moment + timedelta(days=7)).date(),
            pay_url=f"https://platnosci.example/p/{desk.year}{number:04d}", state=PaymentDueState.DUE,
            created_at=moment, updated_at=moment,
        )  # fmt: skip
        announce_payment(desk.session, payment, desk.mover, runtime=desk.runtime, now=moment)
        if plan.is_paid:
            payment.state, payment.paid_at = PaymentDueState.PAID, min(moment + PAID_AFTER, desk.now)


def _shipments(desk: Desk, repairs: Sequence[Repair]) -> None:
    for number, plan in enumerate(SHIPMENTS, start=1):
        repair, moment = repairs[plan.repair], desk.moment(plan.days_ago, number + 7)
        shipment = Shipment(
            client_id=repair.client_id, repair_id=repair.id, carrier=plan.carrier,
            tracking_number=plan.tracking_number, created_at=moment, updated_at=moment,
            tracking_url=f"https://kurier.example/{plan.tracking_number}",
        )  # fmt: skip
        announce_shipment(desk.session, shipment, desk.mover, runtime=desk.runtime, now=moment)
