"""The receipt (UPO) of an invoice that KSeF has accepted."""

import base64
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.ksef import KsefRefused
from gateways.ksef import KsefGateway
from models.ksef import KsefSubmission
from services.ksef_submissions import write_submission

ASKED_EVERY = timedelta(minutes=5)


def fetch_receipt(session: Session, ksef: KsefGateway, row: KsefSubmission, now: datetime) -> bool:
    """Keep the receipt of a claimed, accepted row; False while there is none. Commits.

    It takes KSeF a moment to write one. One that names another number or digest is not this document's.
    Raises KsefUnavailable.
    """
    try:
        receipt = ksef.receipt(row.session_reference, row.ksef_number)
    except KsefRefused:
        receipt = ""
    digest = base64.b64encode(bytes.fromhex(row.sha256)).decode()
    if row.ksef_number not in receipt or digest not in receipt:
        write_submission(session, row, now, next_try_at=now + ASKED_EVERY, leased_until=None)
        return False
    return write_submission(session, row, now, upo=receipt, leased_until=None)
