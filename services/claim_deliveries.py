"""Claiming a contiguous range of messages with a token and a lease."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import CampaignStatus, Move, Status, sources, target
from models.campaign import Campaign
from models.message import DeliveryClaim, Message, held_by
from models.sending_lines import MAIL, SMS, SendingLine
from models.sessions import flush_to_disk, rows_changed
from queries.sending_allowance import sending_allowance
from queries.sending_check import changed_since_the_freeze
from services.delivery_policy import DeliveryPolicy
from services.ledger import hold_account
from services.lock_messages import lock_messages
from services.refund_unsent import refund_unsent

WIDEST = 20
"""A claim's range is read from end to end, so one of scattered retries stays this many times its size."""


@dataclass(frozen=True, slots=True)
class WorkRange:
    """Messages ``first_id`` to ``last_id`` of one account and one campaign (None: single messages)."""

    account_id: int
    campaign_id: int | None
    first_id: int
    last_id: int
    line: SendingLine = MAIL


def claim_range(
    session: Session, work: WorkRange, *, policy: DeliveryPolicy, worker: str, now: datetime, boot: str = ""
) -> DeliveryClaim | None:
    """Take the first due messages of the range, at most ``policy.claim_size``; None when none is due.

    Whoever may no longer be written to is marked skipped at once, and each message names the consent it
    relies on now. Commits, durably: after a power cut
    the claim says which messages were under way (``boot`` tells that there was one).
    """
    if work.line is SMS:  # somebody skipped is refunded: the account comes before the messages
        hold_account(session, work.account_id)
    ids = _due_ids(session, work, _size(session, work, policy, now), now)
    if not ids:
        session.rollback()
        return None
    claim = DeliveryClaim(
        **{work.line.claim_column: work.account_id},
        campaign_id=work.campaign_id,
        first_message_id=ids[0],
        last_message_id=ids[-1],
        worker=worker,
        boot=boot,
        opened_at=now,
        leased_until=now + policy.lease,
    )
    session.add(claim)
    session.flush()
    taken = rows_changed(
        session,
        sa.update(Message)
        .where(Message.id.between(ids[0], ids[-1]), *_due(work, now))
        .values(status=target(Move.CLAIM), claim_id=claim.id),
    )
    if not taken:
        session.rollback()
        return None
    skipped = _check_again(session, claim.id, work.line.channel, now)
    refund_unsent(session, skipped, now=now)
    session.commit()
    flush_to_disk(session)
    return claim


def is_due(session: Session, work: WorkRange, now: datetime) -> bool:
    """Whether there is anything to claim in the range; leaves no transaction open."""
    found = session.scalar(
        sa.select(sa.exists().where(Message.id.between(work.first_id, work.last_id), *_due(work, now)))
    )
    session.rollback()
    return bool(found)


def close_claim(session: Session, claim_id: int, now: datetime) -> None:
    """End a claim; what it still holds goes back to the queue untouched. Commits."""
    closed = rows_changed(
        session,
        sa.update(DeliveryClaim)
        .where(DeliveryClaim.id == claim_id, DeliveryClaim.closed_at.is_(None))
        .values(closed_at=now),
    )
    if closed:
        release(session, claim_id)
    session.commit()


def release(session: Session, claim_id: int) -> None:
    """Give the claim's messages back."""
    held = sa.and_(held_by(claim_id), Message.status.in_(sources(Move.RELEASE)))
    lock_messages(session, held)
    rows_changed(
        session,
        sa.update(Message).where(held).values(status=target(Move.RELEASE), claim_id=None),
    )


def _size(session: Session, work: WorkRange, policy: DeliveryPolicy, now: datetime) -> int:
    kind = work.line.account
    account = session.get_one(kind, work.account_id)
    if account.per_minute is None and account.per_hour is None and account.per_day is None:
        return policy.claim_size
    # Locks the account's row, so that two workers cannot both take what is left of its allowance.
    rows_changed(
        session,
        sa.update(kind).where(kind.id == account.id).values(failures_in_a_row=kind.failures_in_a_row),
    )
    allowance = sending_allowance(session, work.line, account, now)
    return policy.claim_size if allowance is None else min(policy.claim_size, allowance)


def _due_ids(session: Session, work: WorkRange, size: int, now: datetime) -> list[int]:
    if not size:
        return []
    query = (
        sa.select(Message.id)
        .where(Message.id.between(work.first_id, work.last_id), *_due(work, now))
        .order_by(Message.id)
        .limit(size)
    )
    ids = list(session.scalars(query))
    return [number for number in ids if number < ids[0] + WIDEST * size]


def _due(work: WorkRange, now: datetime) -> list[sa.ColumnElement[bool]]:
    account_open = sa.exists().where(work.line.account.id == work.account_id, work.line.is_open(now))
    conditions: list[sa.ColumnElement[bool]] = [
        Message.status == Status.QUEUED,
        Message.due_at <= now,
        work.line.of_message == work.account_id,
        Message.campaign_id.is_not_distinct_from(work.campaign_id),
        account_open,
    ]
    if work.campaign_id is not None:
        conditions.append(
            sa.exists().where(Campaign.id == work.campaign_id, Campaign.status == CampaignStatus.SENDING)
        )
    return conditions


def _check_again(session: Session, claim_id: int, channel: Channel, now: datetime) -> list[int]:
    """Mark who may no longer be written to; which messages those are."""
    skipped = []
    for changed in changed_since_the_freeze(session, claim_id, channel):
        values: dict[str, object] = {"consent_event_id": changed.consent_event_id}
        if changed.reason is not None:
            values = {
                "status": target(Move.SKIP), "reason": changed.reason, "claim_id": None, "finished_at": now
            }  # fmt: skip
            skipped.append(changed.message_id)
        rows_changed(
            session,
            sa.update(Message)
            .where(Message.id == changed.message_id, Message.claim_id == claim_id)
            .values(values),
        )
    return skipped
