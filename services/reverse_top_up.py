"""Taking a top-up back: the entry is reversed and the invoice corrected to nothing, both or neither."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.invoice import Invoice
from models.ledger import EntryKind, LedgerEntry
from services.issue_invoice import correct_invoice
from services.ledger import Stamp, reverse
from services.record_audit import append_audit


class NotATopUp(DomainError):
    message = "Only a top-up can be taken back like this."


def reverse_top_up(
    session: Session, entry: LedgerEntry, reason: str, *, actor_id: int | None, now: datetime
) -> Invoice:
    """Reverse a top-up and issue the correction of its invoice. The caller commits, or all is undone.

    The money itself is given back at the payment service, by a person. Raises NotATopUp, ReasonMissing,
    AlreadyReversed, and NotEnoughMoney when it is spent or held.
    """
    if entry.kind is not EntryKind.TOP_UP:
        raise NotATopUp
    reversal = reverse(session, entry, reason, Stamp(now, actor_id))
    original = session.scalars(sa.select(Invoice).where(Invoice.payment_id == entry.payment_id)).one()
    correction = correct_invoice(session, original, 0, reason, now)
    append_audit(
        session,
        actor_id=actor_id,
        action="reverse_top_up",
        entity="payment",
        entity_id=entry.payment_id,
        values={"entry": reversal.id, "correction": correction.number, "reason": reversal.reason},
        now=now,
    )
    return correction
