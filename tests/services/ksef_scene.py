"""Invoices on their way into KSeF, as the tests look at them."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.ksef import KsefSubmission

MINUTE = timedelta(minutes=1)


def rows(session: Session) -> list[KsefSubmission]:
    session.rollback()
    query = sa.select(KsefSubmission).order_by(KsefSubmission.invoice_id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def states(session: Session) -> list[str]:
    return [row.state.value for row in rows(session)]
