"""Writing down what became of each message, conditional on the claim's token."""

from datetime import datetime
from typing import Any, cast
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Move, Status, back_off, sources, target
from domain.outcomes import Accepted, Failure, Outcome, Refused, Unavailable, Uncertain
from models.driver_statement import DriverConnection
from models.message import AttemptOutcome, DeliveryAttempt, DeliveryClaim, Message
from models.sessions import rows_changed
from services.delivery_policy import DeliveryPolicy
from services.late_answers import answer_late
from services.ledger import hold_account
from services.lock_messages import lock_messages
from services.prove_taken import attempts_at, close_open_attempts
from services.refund_unsent import refund_unsent

_message = cast("sa.Table", Message.__table__)
_claim = cast("sa.Table", DeliveryClaim.__table__)
_held = sa.and_(
    _message.c.id == sa.bindparam("of_message"),
    _message.c.claim_id == sa.bindparam("of_claim"),
    _message.c.status == Status.SENDING,
)
_ACCEPT = (
    sa.update(_message)
    .where(_held)
    .values(
        status=target(Move.ACCEPT),
        claim_id=None,
        sent_at=sa.bindparam("moment"),
        finished_at=sa.bindparam("moment"),
        provider_reference=sa.bindparam("reference"),
        error_code="",
        error_text="",
    )
)
_REFERENCE = sa.func.nullif(sa.bindparam("reference", type_=sa.String()), "")
_ACCEPT_VIA = _ACCEPT.values(
    gateway_id=sa.bindparam("gateway"),
    # A gateway that has the text already names it no second time: its report may have done so.
    provider_reference=sa.func.coalesce(_REFERENCE, _message.c.provider_reference),
)
_RENEW = (
    sa.update(_claim)
    .where(_claim.c.id == sa.bindparam("of_claim"), _claim.c.closed_at.is_(None))
    .values(leased_until=sa.bindparam("until"))
)
_ATTEMPT_OUTCOMES: dict[type[Outcome], AttemptOutcome] = {
    Accepted: AttemptOutcome.ACCEPTED,
    Refused: AttemptOutcome.REFUSED,
    Uncertain: AttemptOutcome.UNCERTAIN,
}


class ClaimRecorder:
    """Records a claim's outcomes one by one, each in its own transaction; ``close`` it at the end.

    Every acknowledgement renews the lease once half of it is gone. The lease and the message are never
    locked together, so that recovery, which locks the claim and then its messages, cannot deadlock.
    """

    def __init__(self, session: Session, claim: DeliveryClaim, policy: DeliveryPolicy) -> None:
        self._session = session
        self._driver = DriverConnection(session)
        self._payer = claim.sms_account_id
        self._accepting = self._driver.prepare(_ACCEPT_VIA if self._payer else _ACCEPT)
        self._renewing = self._driver.prepare(_RENEW)
        self._claim_id = claim.id
        self._policy = policy
        self._renew_at = claim.leased_until - policy.lease / 2
        self.decided = False

    def record(
        self, message_id: int, outcome: Outcome, now: datetime, *, failures: int = 0, attempted: bool = False
    ) -> bool:
        """Write one outcome; False when the claim is no longer ours: then stop.

        ``failures`` is the message's count before this try, ``attempted`` whether a person's "send again"
        has opened an attempt for it. A result that comes too late for the claim is kept at its own
        DeliveryAttempt, or as a new one where there is none, and decides the message only if it is still
        uncertain (a text's acceptance: see `prove_taken`). ``decided``, afterwards: whether the message now
        says what this outcome says.
        """
        self._renew(now)
        outcome = self._as_reported(message_id, outcome, now)
        if isinstance(outcome, Accepted):
            held = self._accept(message_id, outcome, now)
            if held and attempted and not self._payer:
                finish_attempt(self._session, message_id, outcome, now)
                self._session.commit()
        else:
            held = self._fail(message_id, outcome, now, failures, attempted)
        self.decided = held or self._record_late(message_id, outcome, now)
        return held

    def close(self) -> None:
        """Give the connection back."""
        self._driver.close()

    def _renew(self, now: datetime) -> None:
        if now >= self._renew_at:
            until = now + self._policy.lease
            self._renewing.execute({"of_claim": self._claim_id, "until": until})
            self._renew_at = until - self._policy.lease / 2

    def _accept(self, message_id: int, outcome: Accepted, now: datetime) -> bool:
        parameters: dict[str, Any] = {
            "of_message": message_id,
            "of_claim": self._claim_id,
            "moment": now,
            "reference": outcome.reference[:200],
        }
        if self._payer:
            parameters["gateway"] = outcome.gateway_id
        return self._accepting.execute(parameters) == 1

    def _fail(self, message_id: int, outcome: Failure, now: datetime, failures: int, attempted: bool) -> bool:
        values: dict[str, Any] = {
            "claim_id": None,
            "failures": failures + 1,
            "first_failed_at": sa.func.coalesce(_message.c.first_failed_at, now),
            "error_code": outcome.code[:40],
            "error_text": outcome.text[:600],
        }
        if isinstance(outcome, Refused):
            values |= {"status": target(Move.REFUSE), "finished_at": now}
        elif isinstance(outcome, Uncertain):
            values |= {"status": target(Move.LOSE), "finished_at": now}
        else:
            values |= self._retry(now, failures)
        statement = sa.update(_message).where(_held).values(values)
        parameters = {"of_message": message_id, "of_claim": self._claim_id}
        held = self._session.connection().execute(statement, parameters).rowcount == 1
        if held:
            self._refund_unsent(message_id, now)
            if isinstance(outcome, Uncertain) or (attempted and isinstance(outcome, Refused)):
                finish_attempt(self._session, message_id, outcome, now)
            self._session.commit()
        return held

    def _as_reported(self, message_id: int, outcome: Outcome, now: datetime) -> Outcome:
        """The outcome, unless it is known that the text went out: by this attempt, whose answer got lost, or
        by an earlier one. What is not changed stays locked, so that no report comes in between.
        """
        session = self._session
        if self._payer is None or isinstance(outcome, Accepted):
            return outcome
        self._hold_payer(outcome)
        lock_messages(session, Message.id == message_id)
        attempts = attempts_at(session, message_id)
        taken = next((each for each in attempts if each.outcome is AttemptOutcome.ACCEPTED), None)
        if taken is None or (taken is attempts[0] and isinstance(outcome, Refused)):
            return outcome
        end = _ATTEMPT_OUTCOMES.get(type(outcome), AttemptOutcome.UNAVAILABLE)
        close_open_attempts(session, message_id, end, now)
        reference = session.scalar(sa.select(Message.provider_reference).where(Message.id == message_id))
        known = Accepted(reference or "", taken.gateway_id, taken.uuid)
        session.commit()
        return known

    def _hold_payer(self, outcome: Outcome) -> None:
        """Lock the account if it may get its money back: before the message."""
        if self._payer is not None and isinstance(outcome, Refused | Unavailable):
            hold_account(self._session, self._payer)

    def _refund_unsent(self, message_id: int, now: datetime) -> None:
        if self._payer is not None:
            refund_unsent(self._session, [message_id], now=now)

    def _retry(self, now: datetime, failures: int) -> dict[str, object]:
        policy = self._policy
        wait = back_off(failures + 1, first=policy.retry_first, longest=policy.retry_longest)
        gave_up = _message.c.first_failed_at <= now - policy.retry_give_up
        return {
            "status": sa.case((gave_up, target(Move.GIVE_UP).value), else_=target(Move.RELEASE).value),
            "finished_at": sa.case((gave_up, sa.literal(now, _message.c.finished_at.type)), else_=None),
            "due_at": now + wait,
        }

    def _record_late(self, message_id: int, outcome: Outcome, now: datetime) -> bool:
        session = self._session
        session.rollback()
        if self._payer is not None:
            hold_account(session, self._payer)
        known = answer_late(session, message_id, outcome, now)
        if known is not None:
            session.commit()
            return known
        session.add(_attempt(message_id, outcome, now))
        session.flush()
        move = {Accepted: Move.LATE_ACCEPT, Refused: Move.LATE_REFUSE}.get(type(outcome))
        decided = False
        if move is not None:
            statement = sa.update(_message).where(
                _message.c.id == message_id, _message.c.status.in_(sources(move))
            )
            values = {"status": target(move), "finished_at": now, **_explanation(outcome, now)}
            decided = session.connection().execute(statement.values(values)).rowcount == 1
            self._refund_unsent(message_id, now)
        session.commit()
        return decided


def was_taken(session: Session, message_id: int) -> bool:
    """Whether it is known of any attempt at the message that the other side took it."""
    taken = sa.exists().where(
        DeliveryAttempt.message_id == message_id, DeliveryAttempt.outcome == AttemptOutcome.ACCEPTED
    )
    return bool(session.scalar(sa.select(taken)))


def finish_attempt(session: Session, message_id: int, outcome: Outcome, now: datetime) -> None:
    """Close the attempt that is open for a message, or record one that was not. The caller commits."""
    made = _attempt(message_id, outcome, now)
    if made.gateway_id is not None:
        rows_changed(
            session, sa.update(Message).where(Message.id == message_id).values(gateway_id=made.gateway_id)
        )
    closed = rows_changed(
        session,
        sa.update(DeliveryAttempt)
        .where(DeliveryAttempt.message_id == message_id, DeliveryAttempt.outcome.is_(None))
        .values(
            outcome=made.outcome,
            finished_at=now,
            reply_code=made.reply_code,
            reply_text=made.reply_text,
            gateway_id=made.gateway_id,
        ),
    )
    if not closed:
        session.add(made)
        session.flush()


def finish_accepted_attempts(session: Session, first_id: int, last_id: int) -> None:
    """Close the open attempts of messages in the range that were sent: an accepted text is recorded on the
    message first, its attempt once for the claim. Commits.
    """
    sent = sa.select(Message.id).where(Message.id.between(first_id, last_id), Message.status == Status.SENT)
    of_message = Message.id == DeliveryAttempt.message_id
    rows_changed(
        session,
        sa.update(DeliveryAttempt)
        .where(DeliveryAttempt.message_id.in_(sent), DeliveryAttempt.outcome.is_(None))
        .values(
            outcome=AttemptOutcome.ACCEPTED,
            finished_at=sa.select(Message.finished_at).where(of_message).scalar_subquery(),
            gateway_id=sa.select(Message.gateway_id).where(of_message).scalar_subquery(),
        ),
    )
    session.commit()


def _explanation(outcome: Outcome, now: datetime) -> dict[str, object]:
    if isinstance(outcome, Accepted):
        reference = outcome.reference[:200]
        via = {} if outcome.gateway_id is None else {"gateway_id": outcome.gateway_id}
        return {"sent_at": now, "provider_reference": reference, "error_code": "", "error_text": "", **via}
    return {"error_code": outcome.code[:40], "error_text": outcome.text[:600]}


def _attempt(message_id: int, outcome: Outcome, now: datetime) -> DeliveryAttempt:
    failure = outcome if isinstance(outcome, Failure) else None
    return DeliveryAttempt(
        message_id=message_id,
        uuid=str(uuid4()),
        started_at=now,
        finished_at=now,
        gateway_id=outcome.gateway_id,
        outcome=_ATTEMPT_OUTCOMES.get(type(outcome), AttemptOutcome.UNAVAILABLE),
        reply_code=failure.code[:40] if failure else "",
        reply_text=failure.text[:600] if failure else "",
    )
