"""What a person reads when the database refuses a record: never SQL, never the values."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, lazy_gettext
from sqlalchemy.exc import IntegrityError

FOREIGN_KEY = "foreign_key"
NOT_NULL = "not_null"
APPEND_ONLY = "append_only"

_SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (\w+)\.(.+)")
_SQLITE_CHECK = re.compile(r"CHECK constraint failed: (\w+)")
_POSTGRES_CLASSES = {"23503": FOREIGN_KEY, "23502": NOT_NULL}

_SENTENCES: dict[str, Any] = {
    FOREIGN_KEY: lazy_gettext("Other records depend on this one, so it cannot be removed."),
    NOT_NULL: lazy_gettext("A required value is missing."),
    APPEND_ONLY: lazy_gettext("These records are kept as they are: they can be neither changed nor removed."),
    "uq": lazy_gettext("A record with the same value exists already."),
    "ck": lazy_gettext("One of the values is not allowed here."),
    "uq_email_address_client_id": lazy_gettext("A client can have one primary e-mail address."),
    "uq_email_address_primary": lazy_gettext("A client can have one primary e-mail address."),
    "uq_email_address_client_id_address": lazy_gettext("The client has this e-mail address already."),
    "uq_phone_number_client_id": lazy_gettext("A client can have one primary phone number."),
    "uq_phone_number_primary": lazy_gettext("A client can have one primary phone number."),
    "uq_phone_number_client_id_number_kind": lazy_gettext("The client has this phone number already."),
    "uq_membership_company_id_person_id": lazy_gettext(
        "This person is a contact person of the company already."
    ),
    "uq_membership_default": lazy_gettext("A company can have one default contact person."),
    "uq_membership_company_id": lazy_gettext("A company can have one default contact person."),
    "uq_investment_name": lazy_gettext("An investment of this name exists already."),
    "uq_contract_investment_id_type_number": lazy_gettext(
        "This investment has a contract of that type and number already."
    ),
    "uq_message_template_name": lazy_gettext("A template of this name exists already."),
    "uq_consent_definition_name": lazy_gettext("A consent of this name exists already."),
    "uq_mail_account_name": lazy_gettext("A mail account of this name exists already."),
    "uq_mail_account_default": lazy_gettext("One mail account can be the default."),
    "uq_mail_account_is_default": lazy_gettext("One mail account can be the default."),
    "uq_user_email": lazy_gettext("A user with this e-mail address exists already."),
    "uq_suppression_active": lazy_gettext("This address is blocked already."),
    "uq_suppression_channel_address_digest": lazy_gettext("This address is blocked already."),
    "uq_repair_number": lazy_gettext("A repair of this number exists already."),
    "uq_ticket_number": lazy_gettext("A ticket of this number exists already."),
    "uq_payment_due_number": lazy_gettext("A payment of this number exists already."),
    "uq_shipment_carrier_tracking_number": lazy_gettext("This carrier's shipment is entered already."),
    "ck_client_has_a_name": lazy_gettext("Give the client a name: first and last name, or the company's."),
    "ck_client_nip_of_company": lazy_gettext("Only a company has a NIP, and it has ten digits."),
    "ck_mail_account_has_a_host": lazy_gettext(
        "Give the server's address, or take it from the MAIL_* settings."
    ),
    "ck_consent_definition_marketing_has_a_channel": lazy_gettext(
        "A marketing consent has to name its channel."
    ),
    "ck_message_template_email_has_a_subject": lazy_gettext("An e-mail template needs a subject."),
}


def constraint_of(error: IntegrityError) -> str:
    """The constraint that refused, by the name `models.base.NAMING` makes, or one of this module's words.

    SQLite does not name unique constraints: their name is put together from the columns it does name.
    """
    origin = error.orig
    diagnostics = getattr(origin, "diag", None)
    if diagnostics is not None:
        name = getattr(diagnostics, "constraint_name", None)
        return _POSTGRES_CLASSES.get(getattr(origin, "sqlstate", ""), "") or name or APPEND_ONLY
    text = str(origin)
    if check := _SQLITE_CHECK.match(text):
        return check[1]
    if unique := _SQLITE_UNIQUE.match(text):
        columns = [part.rpartition(".")[2] for part in unique[2].split(", ")]
        return "_".join(["uq", unique[1], *columns])
    if text.startswith("NOT NULL"):
        return NOT_NULL
    return FOREIGN_KEY if text.startswith("FOREIGN KEY") else APPEND_ONLY


def sentence_for(
    error: IntegrityError, own: Mapping[str, Any] | None = None, *, removing: bool = False
) -> str:
    """One sentence for the person; ``own`` adds a view's sentences by constraint name."""
    name = constraint_of(error)
    if removing and name == NOT_NULL:  # SQLAlchemy tried to cut the depending rows loose first
        name = FOREIGN_KEY
    found = (own or {}).get(name) or _SENTENCES.get(name) or _SENTENCES.get(name[:2])
    return str(found or gettext("The record could not be saved."))
