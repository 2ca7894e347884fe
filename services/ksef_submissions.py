"""The rows of invoices on their way into KSeF: who gets one, which are due, and who works on one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from domain.errors import DomainError
from domain.ksef import OPEN, KsefEnvironment, KsefState
from gateways.ksef_settings import KsefSettings
from models.invoice import Invoice
from models.ksef import KsefSubmission
from models.sessions import insert_into, rows_changed

LEASE = timedelta(minutes=10)
"""Longer than any one step takes; each step begins it anew, and after it the row is another run's."""

AT_ONCE = 40
RECEIPT_WITHIN = timedelta(days=7)
_LONGEST_TEXT = 2000


class NotRefused(DomainError):
    message = "Only an invoice that KSeF has refused can be sent again."


def enrol_invoices(session: Session, settings: KsefSettings, now: datetime) -> int:
    """A row for every invoice issued since the settings' day that has none here; how many. Commits.

    Rows of another environment begin anew in this one: what it said has no force. Production's stay: what it
    knows of an invoice counts, whatever is set now.
    """
    has_one = sa.exists().where(KsefSubmission.invoice_id == Invoice.id)
    news = sa.select(Invoice.id).where(Invoice.issued_on >= settings.since, ~has_one).order_by(Invoice.id)
    ids, moving = list(session.scalars(news)), list(session.scalars(_of_another_environment(settings)))
    if ids:
        rows = [
            {
                "invoice_id": number,
                "environment": settings.environment,
                "state": KsefState.WAITING,
                "next_try_at": now,
                "created_at": now,
                "updated_at": now,
            }
            for number in ids
        ]
        rows_changed(session, insert_into(session, KsefSubmission).values(rows).on_conflict_do_nothing())
    if moving:
        here = {"environment": settings.environment, "offline_since": None}
        moved = sa.update(KsefSubmission).where(KsefSubmission.id.in_(_of_another_environment(settings)))
        rows_changed(session, moved.values(_from_the_beginning(now) | here))
    session.commit()
    return len(ids) + len(moving)


def _of_another_environment(settings: KsefSettings) -> sa.Select[int]:
    """Accepted ones too when it gets serious: a number from a test is none."""
    begins_anew = sa.and_(
        KsefSubmission.environment.not_in((settings.environment, KsefEnvironment.PRODUCTION)),
        Invoice.issued_on >= settings.since,
    )
    if settings.environment is not KsefEnvironment.PRODUCTION:
        begins_anew &= KsefSubmission.state != KsefState.ACCEPTED
    return sa.select(KsefSubmission.id).join(KsefSubmission.invoice).where(begins_anew)


def due_submissions(session: Session, settings: KsefSettings, now: datetime) -> Sequence[int]:
    """The rows to work on now, longest due first: none while KSeF wants to be left alone (429), whatever it
    was asked. Ends the transaction.
    """
    left_alone = sa.exists().where(
        KsefSubmission.environment == settings.environment,
        KsefSubmission.error_code == HTTPStatus.TOO_MANY_REQUESTS,
        KsefSubmission.next_try_at > now,
    )
    receipt_missing = sa.and_(
        KsefSubmission.state == KsefState.ACCEPTED,
        KsefSubmission.upo == "",
        KsefSubmission.decided_at > now - RECEIPT_WITHIN,
    )
    due = sa.select(KsefSubmission.id).where(
        sa.or_(KsefSubmission.state.in_(OPEN), receipt_missing),
        KsefSubmission.environment == settings.environment,
        KsefSubmission.next_try_at <= now,
        _free(now),
        ~left_alone,
    )
    found = list(session.scalars(due.order_by(KsefSubmission.next_try_at, KsefSubmission.id).limit(AT_ONCE)))
    session.rollback()
    return found


def claim_submission(session: Session, submission_id: int, now: datetime) -> KsefSubmission | None:
    """A copy of the row, now this run's alone; None when another has it or it is due no more. Commits."""
    token = str(uuid4())
    claimed = rows_changed(
        session,
        sa.update(KsefSubmission)
        .where(KsefSubmission.id == submission_id, KsefSubmission.next_try_at <= now, _free(now))
        .values(claim=token, leased_until=now + LEASE),
    )
    session.commit()
    if not claimed:
        return None
    row = session.get_one(KsefSubmission, submission_id, populate_existing=True)
    session.expunge(row)  # read while the network is used, when no transaction may be open
    session.rollback()
    return row


def write_submission(session: Session, submission: KsefSubmission, now: datetime, **values: object) -> bool:
    """Set columns of a claimed row and of its copy, and begin the lease anew unless it is among them. False,
    and nothing set, when the claim has gone to another run meanwhile. Commits.
    """
    values.setdefault("leased_until", now + LEASE)
    if "error_text" in values:
        values["error_text"] = str(values["error_text"])[:_LONGEST_TEXT]
    written = rows_changed(
        session,
        sa.update(KsefSubmission)
        .where(KsefSubmission.id == submission.id, KsefSubmission.claim == submission.claim)
        .values(updated_at=now, **values),
    )
    session.commit()
    if written:
        for name, value in values.items():
            set_committed_value(submission, name, value)
    return bool(written)


def send_again(session: Session, submission: KsefSubmission, now: datetime) -> None:
    """A person has seen why KSeF refused it, and what was wrong is right now: the document is made anew.
    Raises NotRefused. The caller commits.
    """
    changed = rows_changed(
        session,
        sa.update(KsefSubmission)
        .where(KsefSubmission.id == submission.id, KsefSubmission.state == KsefState.REFUSED)
        .values(_from_the_beginning(now)),
    )
    if not changed:
        raise NotRefused
    session.expire(submission)


def _from_the_beginning(now: datetime) -> dict[str, object]:
    """What a row says that has been nowhere yet; whoever had claimed it writes to it no more. An invoice that
    was issued offline stays one.
    """
    nothing = (
        "xml", "sha256", "verification_url", "certificate_url", "session_reference", "invoice_reference",
        "ksef_number", "upo", "error_text", "claim",
    )  # fmt: skip
    unknown = ("decided_at", "sent_at", "down_since", "leased_until", "error_code")
    return {
        "state": KsefState.WAITING,
        "attempts": 0,
        "requests_refused": 0,
        "next_try_at": now,
        "updated_at": now,
        **dict.fromkeys(nothing, ""),
        **dict.fromkeys(unknown),
    }


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(KsefSubmission.leased_until.is_(None), KsefSubmission.leased_until < now)
