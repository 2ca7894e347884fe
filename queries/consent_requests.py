"""Who may be asked for a consent to marketing by e-mail, and when each was asked last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Purpose
from models.client import Client
from models.consent_request import ConsentRequest
from queries.email_eligibility import email_reason_column, with_email_facts
from queries.given_consents import processing_consent


@dataclass(frozen=True, slots=True)
class Askable:
    """``may_be_asked``: the client agreed to data processing, may be e-mailed, and was not asked lately."""

    may_be_asked: bool
    asked_at: datetime | None


def askable_clients(
    session: Session, client_ids: Collection[int], quiet_since: datetime
) -> dict[int, Askable]:
    """Each of the clients by id; ``quiet_since``: nobody asked after it may be asked again."""
    last = (
        sa.select(sa.func.max(ConsentRequest.requested_at))
        .where(ConsentRequest.client_id == Client.id)
        .correlate(Client)
        .scalar_subquery()
    )
    reachable = email_reason_column(Purpose.SERVICE).is_(None)
    rows = session.execute(
        sa.select(
            Client.id, sa.and_(reachable, processing_consent(Client.id)).label("open"), last.label("last")
        )
        .select_from(with_email_facts(Client))
        .where(Client.id.in_(client_ids))
    )
    return {
        number: Askable(bool(is_open) and (asked_at is None or asked_at <= quiet_since), asked_at)
        for number, is_open, asked_at in rows
    }
