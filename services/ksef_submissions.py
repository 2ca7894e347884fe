"""The rows of invoices on their way into KSeF: who gets one, which are due, and who works on one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from domain.errors import DomainError
from domain.ksef import OPEN, KsefState
from gateways.ksef_settings import KsefSettings
from models.invoice import Invoice
from models.ksef import KsefSubmission
from models.sessions import insert_into, rows_changed

LEASE = timedelta(minutes=10)
"""Longer than any one step takes; after it the row is another run's."""

AT_ONCE = 40
RECEIPT_WITHIN = timedelta(days=7)
_LONGEST_TEXT = 2000


class NotRefused(DomainError):
    message = "Only an invoice that KSeF has refused can be sent again."


def enrol_invoices(session: Session, settings: KsefSettings, now: datetime) -> int:
    """A row for every invoice issued since the settings' day that has none; how many. Commits."""
    has_one = sa.exists().where(KsefSubmission.invoice_id == Invoice.id)
    news = sa.select(Invoice.id).where(Invoice.issued_on >= settings.since, ~has_one).order_by(Invoice.id)
    ids = list(session.scalars(news))
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
    session.commit()
    return len(ids)


def due_submissions(session: Session, settings: KsefSettings, now: datetime) -> Sequence[int]:
    """The rows to work on now, longest due first: none while KSeF wants to be left alone (429). Ends the
    transaction.
    """
    left_alone = sa.exists().where(
        KsefSubmission.environment == settings.environment,
        KsefSubmission.state.in_(OPEN),
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
    """Set columns of a claimed row and of its copy. False, and nothing set, when the claim has gone to
    another run meanwhile. Commits.
    """
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
    reset = {
        "state": KsefState.WAITING,
        "attempts": 0,
        "next_try_at": now,
        "decided_at": None,
        "error_code": None,
        **dict.fromkeys(
            (
                "xml", "sha256", "verification_url", "certificate_url", "session_reference",
                "invoice_reference", "error_text", "claim",
            ),
            "",
        ),
    }  # fmt: skip
    changed = rows_changed(
        session,
        sa.update(KsefSubmission)
        .where(KsefSubmission.id == submission.id, KsefSubmission.state == KsefState.REFUSED)
        .values(updated_at=now, **reset),
    )
    if not changed:
        raise NotRefused
    session.expire(submission)


def _free(now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(KsefSubmission.leased_until.is_(None), KsefSubmission.leased_until < now)
