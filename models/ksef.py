"""What became of an invoice in KSeF. The invoice never changes; this row does, until it is accepted."""

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.ksef import OPEN, KsefEnvironment, KsefState
from models.base import Identified, Model, Timestamped, enum_type

if TYPE_CHECKING:
    from models.invoice import Invoice

_OPEN_OR_WITHOUT_UPO = "state IN ({}) OR (state = 'accepted' AND upo = '')".format(
    ", ".join(f"'{state.value}'" for state in OPEN)
)


class KsefSubmission(Identified, Timestamped, Model):
    """One invoice's way into KSeF.

    ``xml`` is the document as it is or was sent, ``sha256`` its digest in hexadecimal digits: both are there
    before the network is used. ``claim`` and ``leased_until`` say which run works on the row, and how long
    that is believed. ``offline_since``: issued in the mode offline24. ``down_since``: how long KSeF has been
    out of reach for it; ``requests_refused``: how often KSeF said no to a request about it.
    """

    __tablename__ = "ksef_submission"
    __table_args__ = (
        sa.CheckConstraint("(state = 'accepted') = (ksef_number <> '')", name="accepted_has_a_number"),
        sa.CheckConstraint(
            "state IN ('waiting', 'refused') OR length(sha256) = 64", name="sent_has_a_document"
        ),
        sa.CheckConstraint("(sha256 = '') = (xml = '')", name="digest_of_a_document"),
        sa.CheckConstraint("state <> 'sent' OR invoice_reference <> ''", name="sent_has_a_reference"),
        sa.CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        sa.Index(
            "uq_ksef_submission_ksef_number",
            "ksef_number",
            unique=True,
            sqlite_where=sa.text("ksef_number <> ''"),
            postgresql_where=sa.text("ksef_number <> ''"),
        ),
        sa.Index(
            "ix_ksef_submission_due",
            "next_try_at",
            sqlite_where=sa.text(_OPEN_OR_WITHOUT_UPO),
            postgresql_where=sa.text(_OPEN_OR_WITHOUT_UPO),
        ),
    )

    invoice_id: Mapped[int] = mapped_column(sa.ForeignKey("invoice.id"), unique=True)
    environment: Mapped[KsefEnvironment] = mapped_column(enum_type(KsefEnvironment, "environment"))
    state: Mapped[KsefState] = mapped_column(enum_type(KsefState, "state"), default=KsefState.WAITING)
    xml: Mapped[str] = mapped_column(sa.Text, default="")
    sha256: Mapped[str] = mapped_column(sa.String(64), default="")
    verification_url: Mapped[str] = mapped_column(sa.String(300), default="")
    certificate_url: Mapped[str] = mapped_column(sa.String(1200), default="")
    session_reference: Mapped[str] = mapped_column(sa.String(64), default="")
    invoice_reference: Mapped[str] = mapped_column(sa.String(64), default="")
    ksef_number: Mapped[str] = mapped_column(sa.String(40), default="")
    upo: Mapped[str] = mapped_column(sa.Text, default="")
    error_code: Mapped[int | None]
    error_text: Mapped[str] = mapped_column(sa.String(2000), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    requests_refused: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime]
    claim: Mapped[str] = mapped_column(sa.String(36), default="")
    leased_until: Mapped[datetime | None]
    down_since: Mapped[datetime | None]
    offline_since: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]

    invoice: Mapped["Invoice"] = relationship(back_populates="ksef")

    def __str__(self) -> str:
        return self.ksef_number or self.state.value
