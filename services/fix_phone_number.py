"""Correcting a client's primary phone number where its error was found."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.client import Client, PhoneKind, PhoneNumber
from models.contact_checks import phone_columns
from models.setting import SUPPRESSION_KEY, secret_of
from services.correct_contact import finish_correction, hold_client

LONGEST_NUMBER = 40


class NumberNotMobile(DomainError):
    message = "“%(number)s” is not a Polish mobile number."


def fix_phone_number(
    session: Session, client_id: int, number: str, *, actor_id: int | None, now: datetime
) -> PhoneNumber:
    """Make ``number``, a Polish mobile one, the client's primary one. Commits.

    A present primary number that is mistyped is edited in place; one that is right in itself, such as a
    landline, is kept as a further number. A number the client has already becomes the primary one. Raises
    NumberNotMobile, NoSuchClient.
    """
    number = number.strip()
    checked = phone_columns(number, secret_of(session.connection(), SUPPRESSION_KEY))
    if len(number) > LONGEST_NUMBER or not checked["is_polish_mobile"]:
        raise NumberNotMobile(number=number[:LONGEST_NUMBER])
    client = hold_client(session, client_id)
    before = client.primary_phone
    old = before.number if before else None
    row = _primary(session, client, before, number, str(checked["normalised"]))
    session.flush()
    change = ("primary_phone", old, row.number)
    finish_correction(session, client, "fix_phone", change, actor_id=actor_id, now=now)
    return row


def _primary(
    session: Session, client: Client, before: PhoneNumber | None, number: str, normalised: str
) -> PhoneNumber:
    known = next((row for row in client.phone_numbers if row.normalised == normalised), None)
    if known is None and before is not None and not before.is_valid:
        before.number, before.kind = number, PhoneKind.MOBILE
        return before
    if known is before and before is not None:
        return before
    if before is not None:
        before.is_primary = False
        session.flush()  # the database holds at most one primary number at any moment
    if known is None:
        known = PhoneNumber(number=number)
        client.phone_numbers.append(known)
    known.is_primary = True
    return known
