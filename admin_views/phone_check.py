"""Whether a text can go to a number, as the client's form and card say it (001_f98235051ea960ea.txt)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import lazy_gettext as _

from admin_views.access import READ, GuardedView, needs
from models import db
from models.client import PhoneNumber
from models.contact_checks import phone_columns
from models.setting import SUPPRESSION_KEY, secret_of

LONGEST_NUMBER = 40


class PhoneState(StrEnum):
    MOBILE = "mobile"
    OTHER = "other"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class PhoneMark:
    """How a state looks, and what it says."""

    icon: str
    tone: str
    text: Any


MARKS = {
    PhoneState.MOBILE: PhoneMark("bi-chat-dots-fill", "good", _("A text message can go to this number")),
    PhoneState.OTHER: PhoneMark(
        "bi-telephone", "warning", _("Not a Polish mobile number: no text message can go to it")
    ),
    PhoneState.INVALID: PhoneMark("bi-exclamation-circle", "bad", _("Not a valid phone number")),
}


def mark_of(number: PhoneNumber) -> PhoneMark:
    """The mark of a number that is stored."""
    return MARKS[_state(valid=number.is_valid, mobile=number.is_polish_mobile)]


def _state(*, valid: bool, mobile: bool) -> PhoneState:
    if mobile:
        return PhoneState.MOBILE
    return PhoneState.OTHER if valid else PhoneState.INVALID


class PhoneCheckPages(GuardedView):
    @expose("/phone-check/", methods=("POST",))
    @needs(READ)
    def phone_check(self) -> ResponseReturnValue:
        """Sent as a form, not in the address: numbers are personal data, and addresses are logged."""
        typed = request.form.get("number", "").strip()[:LONGEST_NUMBER]
        if not typed:
            return jsonify(state="", icon="", tone="", text="")
        columns = phone_columns(typed, secret_of(db.session.connection(), SUPPRESSION_KEY))
        state = _state(valid=bool(columns["is_valid"]), mobile=bool(columns["is_polish_mobile"]))
        mark = MARKS[state]
        return jsonify(state=state.value, icon=mark.icon, tone=mark.tone, text=str(mark.text))
