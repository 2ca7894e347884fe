"""Answers ready to be put into a conversation."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.canned_answer import CannedAnswer


def canned_answers(session: Session) -> list[CannedAnswer]:
    """All of them by name."""
    return list(session.scalars(sa.select(CannedAnswer).order_by(CannedAnswer.name)))
