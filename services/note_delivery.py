"""What a report says became of a text: whether it arrived, when, and why not."""

from datetime import datetime

from domain.delivery import DeliveryState, reported_state
from domain.sms_diagnoses import why_not_delivered
from domain.text_messages import DeliveryReport
from models.message import Message


def note_delivery(message: Message, report: DeliveryReport, now: datetime) -> None:
    """Note it on the message, which the caller has locked. News of one that has arrived changes nothing."""
    known = message.delivery_state
    message.delivery_state = reported_state(known, report.state)
    if report.state is None or known is DeliveryState.DELIVERED:
        return
    arrived = report.state is DeliveryState.DELIVERED
    message.finished_at = min(report.moment or now, now)  # a gateway's clock may be fast
    message.error_code = "" if arrived else report.code[:40]
    message.error_text = "" if arrived else str(why_not_delivered(report.code))
