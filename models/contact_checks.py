"""Addresses and numbers are checked and normalised whenever they are saved, however they are saved."""

import phonenumbers
import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import event
from sqlalchemy.orm import Mapper

from domain.addresses import address_digest, normalise_email
from models.client import EmailAddress, PhoneNumber
from models.setting import SUPPRESSION_KEY, secret_of

POLISH_REGION = "PL"


def is_valid_email(address: str) -> bool:
    """Whether the syntax can be delivered to (RFC 5321/5322; no DNS query is made)."""
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        return False
    return True


def email_columns(address: str, key: bytes) -> dict[str, object]:
    """The derived columns of an EmailAddress, also for rows inserted in bulk."""
    normalised = normalise_email(address)
    return {
        "normalised": normalised,
        "address_digest": address_digest(normalised, key),
        "is_valid": is_valid_email(address.strip()),
    }


def phone_columns(number: str, key: bytes) -> dict[str, object]:
    """The derived columns of a PhoneNumber; E.164 where it can be parsed as Polish or international."""
    try:
        parsed = phonenumbers.parse(number, POLISH_REGION)
    except phonenumbers.NumberParseException:
        return _phone_row(number.strip(), key, valid=False, mobile=False)
    valid = phonenumbers.is_valid_number(parsed)
    mobile = (
        valid
        and phonenumbers.region_code_for_number(parsed) == POLISH_REGION
        and phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
    )
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return _phone_row(e164, key, valid=valid, mobile=mobile)


def _phone_row(normalised: str, key: bytes, *, valid: bool, mobile: bool) -> dict[str, object]:
    return {
        "normalised": normalised[:40],
        "address_digest": address_digest(normalised, key),
        "is_valid": valid,
        "is_polish_mobile": mobile,
    }


@event.listens_for(EmailAddress, "before_insert")
@event.listens_for(EmailAddress, "before_update")
def _check_email(_mapper: Mapper[EmailAddress], connection: sa.Connection, row: EmailAddress) -> None:
    row.address = row.address.strip()
    _assign(row, email_columns(row.address, secret_of(connection, SUPPRESSION_KEY)))


@event.listens_for(PhoneNumber, "before_insert")
@event.listens_for(PhoneNumber, "before_update")
def _check_phone(_mapper: Mapper[PhoneNumber], connection: sa.Connection, row: PhoneNumber) -> None:
    row.number = row.number.strip()
    _assign(row, phone_columns(row.number, secret_of(connection, SUPPRESSION_KEY)))


def _assign(row: EmailAddress | PhoneNumber, columns: dict[str, object]) -> None:
    for name, value in columns.items():
        setattr(row, name, value)
