"""What a person does to a campaign under way: pause, resume, cancel, resend, decide.

Each is audited in its own transaction, as done by ``actor_id``.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Move, Status, sources, target
from domain.errors import DomainError
from models.campaign import Campaign
from models.message import Message
from models.sending_lines import SMS
from models.sessions import rows_changed
from services.account_failures import lift_hold
from services.campaign_lifecycle import release_holds
from services.decide_messages import mark_sent, queue_again
from services.job_names import Enqueue
from services.ledger import hold_account
from services.record_audit import append_audit
from services.refund_unsent import end_unsent
from services.ring_deliveries import ring_campaign


class NotPossibleNow(DomainError):
    message = "The campaign has moved on in the meantime. Look at its present state and decide again."


def pause(session: Session, campaign_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Stop claiming; what is on its way now, a second's work at most, still goes out."""
    _move(session, campaign_id, (CampaignStatus.SENDING,), {"status": CampaignStatus.PAUSED})
    audit_and_commit(session, "pause", campaign_id, {}, actor_id=actor_id, now=now)


def resume(
    session: Session, campaign_id: int, *, actor_id: int | None, now: datetime, enqueue: Enqueue
) -> None:
    """Go on where a pause left off, and forget the failures that led to it."""
    _hold_payer(session, campaign_id)
    campaign = session.get_one(Campaign, campaign_id)
    lift_hold(session, campaign.account_id)
    lift_hold(session, campaign.sms_account_id, SMS)
    _move(
        session,
        campaign_id,
        (CampaignStatus.PAUSED,),
        {"status": CampaignStatus.SENDING, "account_failures": 0, "pause_reason": ""},
    )
    # The time of the pause is no time of trying.
    rows_changed(
        session,
        sa.update(Message)
        .where(
            Message.campaign_id == campaign_id,
            Message.status == Status.QUEUED,
            Message.first_failed_at.is_not(None),
        )
        .values(first_failed_at=None, failures=0),
    )
    audit_and_commit(session, "resume", campaign_id, {}, actor_id=actor_id, now=now)
    ring_campaign(session, campaign_id, now=now, enqueue=enqueue)


def cancel_rest(session: Session, campaign_id: int, *, actor_id: int | None, now: datetime) -> int:
    """Cancel everything not yet on its way; the number of messages cancelled. Cannot be undone."""
    _hold_payer(session, campaign_id)
    _move(
        session,
        campaign_id,
        (CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.SCHEDULED),
        {"status": CampaignStatus.CANCELLED, "finished_at": now},
    )
    rest = (
        sa.update(Message)
        .where(Message.campaign_id == campaign_id, Message.status.in_(sources(Move.CANCEL)))
        .values(status=target(Move.CANCEL), finished_at=now)
    )
    cancelled = end_unsent(session, rest, now=now)
    release_holds(session, now, campaign_id=campaign_id)
    audit_and_commit(session, "cancel", campaign_id, {"count": cancelled}, actor_id=actor_id, now=now)
    return cancelled


def resend_failed(
    session: Session, campaign_id: int, *, actor_id: int | None, now: datetime, enqueue: Enqueue
) -> int:
    """Try every failed message again; the number queued."""
    queued = _queue_again(session, campaign_id, Status.FAILED, None, actor_id, now)
    audit_and_commit(session, "resend", campaign_id, {"count": queued}, actor_id=actor_id, now=now)
    ring_campaign(session, campaign_id, now=now, enqueue=enqueue)
    return queued


def send_uncertain_again(
    session: Session,
    campaign_id: int,
    message_ids: Sequence[int] | None,
    *,
    actor_id: int | None,
    now: datetime,
    enqueue: Enqueue,
) -> int:
    """A person's decision: send these uncertain messages (None: all) once more; the number queued.

    What an uncertain text was charged is refunded: the next attempt is charged anew.
    """
    queued = _queue_again(session, campaign_id, Status.UNCERTAIN, message_ids, actor_id, now)
    decided = _decided(message_ids, queued)
    audit_and_commit(session, "uncertain_again", campaign_id, decided, actor_id=actor_id, now=now)
    ring_campaign(session, campaign_id, now=now, enqueue=enqueue)
    return queued


def treat_as_sent(
    session: Session,
    campaign_id: int,
    message_ids: Sequence[int] | None,
    *,
    actor_id: int | None,
    now: datetime,
) -> int:
    """A person's decision: these uncertain messages (None: all) did go out; the number decided."""
    decided = mark_sent(session, _wanted(campaign_id, Status.UNCERTAIN, message_ids), now)
    values = _decided(message_ids, decided)
    audit_and_commit(session, "uncertain_sent", campaign_id, values, actor_id=actor_id, now=now)
    return decided


def audit_and_commit(
    session: Session,
    action: str,
    campaign_id: int,
    values: Mapping[str, Any],
    *,
    actor_id: int | None,
    now: datetime,
) -> None:
    """End what a person did to a campaign: the entry is written with it or neither is."""
    append_audit(
        session,
        actor_id=actor_id,
        action=action,
        entity=Campaign.__tablename__,
        entity_id=campaign_id,
        values=values,
        now=now,
    )
    session.commit()


def _hold_payer(session: Session, campaign_id: int) -> None:
    """Lock the account that pays for texts, before the campaign: see `services.lock_messages`."""
    account_id = session.scalar(sa.select(Campaign.sms_account_id).where(Campaign.id == campaign_id))
    if account_id is not None:
        hold_account(session, account_id)


def _decided(message_ids: Sequence[int] | None, count: int) -> dict[str, Any]:
    return {"messages": "all" if message_ids is None else list(message_ids), "count": count}


def _queue_again(
    session: Session,
    campaign_id: int,
    status: Status,
    message_ids: Sequence[int] | None,
    actor_id: int | None,
    now: datetime,
) -> int:
    _hold_payer(session, campaign_id)
    # A paused campaign stays paused: whoever paused it had a reason that concerns the rest.
    _move(
        session,
        campaign_id,
        (CampaignStatus.SENDING, CampaignStatus.PAUSED, CampaignStatus.FINISHED),
        {
            "status": sa.case(
                (Campaign.status == CampaignStatus.PAUSED, CampaignStatus.PAUSED.value),
                else_=CampaignStatus.SENDING.value,
            ),
            "finished_at": None,
        },
    )
    wanted = _wanted(campaign_id, status, message_ids)
    return queue_again(session, wanted, actor_id=actor_id, now=now)


def _wanted(
    campaign_id: int, status: Status, message_ids: Sequence[int] | None
) -> list[sa.ColumnElement[bool]]:
    wanted = [Message.campaign_id == campaign_id, Message.status == status]
    if message_ids is not None:
        wanted.append(Message.id.in_(message_ids))
    return wanted


def _move(
    session: Session,
    campaign_id: int,
    before: Sequence[CampaignStatus],
    values: dict[str, object],
) -> None:
    moved = rows_changed(
        session,
        sa.update(Campaign).where(Campaign.id == campaign_id, Campaign.status.in_(before)).values(values),
    )
    if not moved:
        session.rollback()
        raise NotPossibleNow
