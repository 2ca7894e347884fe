"""Answers that staff give often."""

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Identified, Model, Timestamped


class CannedAnswer(Identified, Timestamped, Model):
    __tablename__ = "canned_answer"
    __table_args__ = (sa.CheckConstraint("length(trim(body)) > 0", name="not_blank"),)

    name: Mapped[str] = mapped_column(sa.String(120), unique=True)
    body: Mapped[str] = mapped_column(sa.Text)

    def __str__(self) -> str:
        return self.name
