"""Correcting a client's primary e-mail address where its error was found."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.client import Client, EmailAddress
from models.contact_checks import is_valid_email
from services.correct_contact import finish_correction, hold_client

LONGEST_ADDRESS = 320


class AddressNotValid(DomainError):
    message = "“%(address)s” is not a valid e-mail address."


def fix_email_address(
    session: Session, client_id: int, address: str, *, actor_id: int | None, now: datetime
) -> EmailAddress:
    """Make ``address`` the client's primary one, editing the present primary address in place. Commits.

    An address the client has already becomes the primary one instead. Raises AddressNotValid, NoSuchClient.
    """
    address = address.strip()
    if len(address) > LONGEST_ADDRESS or not is_valid_email(address):
        raise AddressNotValid(address=address[:100])
    client = hold_client(session, client_id)
    before = client.primary_email
    old = before.address if before else None
    row = _primary(session, client, before, address)
    session.flush()
    change = ("primary_email", old, row.address)
    finish_correction(session, client, "fix_address", change, actor_id=actor_id, now=now)
    return row


def _primary(session: Session, client: Client, before: EmailAddress | None, address: str) -> EmailAddress:
    known = next((row for row in client.email_addresses if row.address == address), None)
    if known is None and before is not None:
        before.address = address
        return before
    if known is None:
        known = EmailAddress(address=address, is_primary=True)
        client.email_addresses.append(known)
    elif known is not before:
        if before is not None:
            before.is_primary = False
            session.flush()  # the database holds at most one primary address at any moment
        known.is_primary = True
    return known
