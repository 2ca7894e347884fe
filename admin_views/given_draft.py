"""What the composer's script sends to be saved, read strictly: a draft that was only half understood would be
emptied.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from flask_babel import gettext

from admin_views.errors import NotUnderstood
from admin_views.numbers import whole_number
from domain.channel import Channel
from domain.contract_types import ContractType
from services.draft_campaign import LONGEST_BODY, Draft
from services.preview_text import TypedText

LONGEST_NAME = 80
LONGEST_VALUE = 2000


def version_seen(given: Mapping[str, object]) -> datetime | None:
    """The version that the words are based on; None for the empty text, which means: write over whatever is
    there. Raises NotUnderstood, also when it is not named at all.
    """
    version = _text(given, "version")
    if not version:
        return None
    try:
        return datetime.fromisoformat(version).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _refusal(name="version") from error


def given_draft(given: Mapping[str, object], channel: Channel = Channel.EMAIL) -> Draft:
    """The whole draft; contract types that nobody knows are left out. Raises NotUnderstood for a field that
    is missing or of another type.
    """
    chosen = given.get("contract_types")
    if not isinstance(chosen, list):
        raise _refusal(name="contract_types")
    return Draft(
        subject=_text(given, "subject").strip(),
        body=_text(given, "body"),
        contract_types=[kind for kind in ContractType if kind.value in chosen],
        variables=_variables(given.get("variables")),
        template_id=_template_id(given),
        strip_letters=three_states(given, "strip_letters") if channel == Channel.SMS else None,
    )


def three_states(given: Mapping[str, object], name: str) -> bool | None:
    """A switch that may also say nothing, as "yes", "no" or "". Raises NotUnderstood."""
    states = {"": None, "yes": True, "no": False}
    value = _text(given, name)
    if value not in states:
        raise _refusal(name=name)
    return states[value]


def given_text(given: Mapping[str, object]) -> TypedText:
    """An SMS that is only to be counted or shown. Raises NotUnderstood."""
    return TypedText(
        body=_text(given, "body")[: LONGEST_BODY + 1],
        strip_letters=three_states(given, "strip_letters"),
        variables=_variables(given.get("variables")),
    )


def _variables(given: object) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise _refusal(name="variables")
    return {_storable(name)[:LONGEST_NAME]: _storable(value)[:LONGEST_VALUE] for name, value in given.items()}


def _template_id(given: Mapping[str, object]) -> int | None:
    value = given.get("template_id", False)
    if value is None or value == "":
        return None
    number = whole_number(value) if isinstance(value, str | int) else None
    if number is None:
        raise _refusal(name="template_id")
    return number


def _text(given: Mapping[str, object], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise _refusal(name=name)
    return _storable(value)


def _storable(text: str) -> str:
    # PostgreSQL stores no NUL.
    return text.replace("\x00", "")


def _refusal(*, name: str) -> NotUnderstood:
    return NotUnderstood(
        gettext("The draft was not saved: “%(name)s” is missing or is not what it should be.", name=name)
    )
