"""The receipt (UPO) of an invoice that KSeF has accepted."""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.ksef import KsefRefused
from gateways.ksef import KsefGateway
from models.ksef import KsefSubmission
from services.ksef_submissions import write_submission

ASKED_EVERY = timedelta(minutes=5)


def fetch_receipt(
    session: Session, ksef: KsefGateway, row: KsefSubmission, clock: Callable[[], datetime]
) -> bool:
    """Keep the receipt of a claimed, accepted row; False while there is none. Commits.

    It takes KSeF a moment to write one. One that names another number or digest is not this document's.
    Raises KsefUnavailable.
    """
    try:
        receipt = ksef.receipt(row.session_reference, row.ksef_number)
    except KsefRefused:
        receipt = ""
    digest = base64.b64encode(bytes.fromhex(row.sha256)).decode()
    is_its = row.ksef_number in receipt and digest in receipt
    now = clock()
    news = {"upo": receipt} if is_its else {"next_try_at": now + ASKED_EVERY}
    return (
        write_submission(session, row, now, **news, error_code=None, error_text="", leased_until=None)
        and is_its
    )
