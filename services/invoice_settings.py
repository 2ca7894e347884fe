"""Who sells and who buys text messages, and how invoices are numbered: kept under Settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.invoices import Party
from models.invoice import InvoiceKind
from models.setting import Setting

SELLER, BUYER, NUMBERING = "invoice.seller", "invoice.buyer", "invoice.numbering"
SERIES = "FV"


@dataclass(frozen=True, slots=True)
class InvoiceSettings:
    """``vat_rate`` in percent. Whether a top-up is a single-purpose voucher, and so taxed at once, or an
    advance is for the owner's accountant to say: VAT unless set otherwise.
    """

    seller: Party
    buyer: Party
    series: str = SERIES
    kind: InvoiceKind = InvoiceKind.VAT
    vat_rate: int = 23


def invoice_settings(session: Session) -> InvoiceSettings:
    """What is set; a party nobody has entered yet is empty."""
    rows = session.scalars(sa.select(Setting).where(Setting.key.in_((SELLER, BUYER, NUMBERING))))
    stored = {setting.key: setting.value for setting in rows}
    numbering = stored.get(NUMBERING) or {}
    return InvoiceSettings(
        seller=Party.from_json(stored.get(SELLER) or {}),
        buyer=Party.from_json(stored.get(BUYER) or {}),
        series=str(numbering.get("series") or SERIES),
        kind=InvoiceKind(numbering.get("kind") or InvoiceKind.VAT),
        vat_rate=int(numbering.get("vat_rate", 23)),
    )


def save_settings(
    session: Session, values: Mapping[str, object], *, actor_id: int | None, now: datetime
) -> None:
    """Set or replace settings by key. The caller commits."""
    for key, value in values.items():
        setting = session.get(Setting, key) or Setting(key=key)
        setting.value, setting.updated_at, setting.updated_by_id = value, now, actor_id
        session.add(setting)
    session.flush()
