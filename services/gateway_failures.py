"""An SMS gateway that is unavailable is passed over for a while; the next in the list takes its place."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import back_off
from domain.outcomes import Failure
from models.sessions import rows_changed
from models.sms_gateway import SmsGateway
from services.delivery_policy import DeliveryPolicy


def record_gateway_failure(
    session: Session, gateway_id: int, failure: Failure, *, policy: DeliveryPolicy, now: datetime
) -> None:
    """Pass the gateway over for a time that doubles with each failure in a row. Commits."""
    gateway = session.get_one(SmsGateway, gateway_id, with_for_update=True, populate_existing=True)
    if gateway.held_until is None or gateway.held_until <= now:
        gateway.failures_in_a_row += 1
        gateway.held_until = now + back_off(
            gateway.failures_in_a_row, first=policy.retry_first, longest=policy.retry_longest
        )
    gateway.last_failure = f"{failure.code} {failure.text}".strip()[:600]
    session.commit()


def record_unusable_gateway(session: Session, gateway_id: int, why: str) -> bool:
    """Write down that its settings cannot be used; whether that is news. Commits."""
    text = why[:600]
    news = rows_changed(
        session,
        sa.update(SmsGateway)
        .where(SmsGateway.id == gateway_id, SmsGateway.last_failure != text)
        .values(last_failure=text, updated_at=SmsGateway.updated_at),
    )
    session.commit()
    return bool(news)


def clear_gateway_failure(session: Session, gateway_id: int) -> None:
    """It took a text: whatever was wrong with it is over. Commits."""
    rows_changed(
        session,
        sa.update(SmsGateway)
        .where(
            SmsGateway.id == gateway_id,
            sa.or_(SmsGateway.failures_in_a_row > 0, SmsGateway.last_failure != ""),
        )
        .values(failures_in_a_row=0, held_until=None, last_failure=""),
    )
    session.commit()
