"""Which stored address a digest stands for, while one is stored."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from models.client import EmailAddress, PhoneNumber


def addresses_behind(session: Session | scoped_session[Any], digest: str) -> list[str]:
    """The addresses and numbers with this digest, as clients' cards write them; none after an erasure."""
    emails = sa.select(EmailAddress.address).where(EmailAddress.address_digest == digest)
    phones = sa.select(PhoneNumber.number).where(PhoneNumber.address_digest == digest)
    return sorted(set(session.scalars(emails)) | set(session.scalars(phones)))
