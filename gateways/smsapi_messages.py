"""What is said to SMSAPI and what its answers mean for a text and for its account.

Sources: the official Python client 2.9 (parameters, the form of answers, which codes are the host's own
errors), www.smsapi.pl/statusy-wiadomosci and the list of codes as public clients repeat it (52, 53, 57,
200, 202). Errors come with HTTP 200 too, so the body speaks before the status.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote_plus

from domain.diagnoses import Diagnosis
from domain.outcomes import Accepted, AccountRefused, Failure, Outcome, Refused, Unavailable, Uncertain
from domain.sms_diagnoses import (
    AddressRefused,
    GatewayBusy,
    GatewayFault,
    LoginRefused,
    NoCredits,
    NumberRefused,
    RequestRefused,
    SenderRefused,
    SenselessAnswer,
    ServiceSwitchedOff,
    TextRefused,
)
from domain.smtp_replies import readable
from domain.text_messages import TextMessage

_THEIR_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CODE = re.compile(r"[0-9]{1,6}")
_ENVOY_LOST_IT = b"reset before headers"

DUPLICATE = 53
"""With ``check_idx``: a text with this very idx was taken in the last days."""

# An error code is the whole answer to a request with one recipient: nothing was taken. What is Unavailable
# may go to another gateway at once, which knows nothing of our reference.
_CODES: Mapping[int, tuple[type[Failure], type[Diagnosis]]] = {
    11: (Refused, TextRefused),
    12: (Refused, TextRefused),
    13: (Refused, NumberRefused),
    14: (Refused, SenderRefused),
    32: (Refused, NumberRefused),
    33: (Refused, NumberRefused),
    52: (Refused, NumberRefused),  # too many to this number within a minute: no reason to hold the others
    57: (Refused, NumberRefused),
    200: (Unavailable, GatewayBusy),
    202: (Unavailable, GatewayBusy),
    8: (Unavailable, GatewayFault),
    201: (Unavailable, GatewayFault),
    666: (Unavailable, GatewayFault),
    999: (Unavailable, GatewayFault),
    70: (AccountRefused, RequestRefused),  # our notify_url, which is the same for every text
    74: (AccountRefused, ServiceSwitchedOff),  # outside the hours set on their account
    101: (AccountRefused, LoginRefused),
    102: (AccountRefused, LoginRefused),
    103: (AccountRefused, NoCredits),
    105: (AccountRefused, AddressRefused),
    110: (AccountRefused, ServiceSwitchedOff),
    1000: (AccountRefused, ServiceSwitchedOff),
    1001: (AccountRefused, ServiceSwitchedOff),
}
_BUSY_STATUSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_TEXT_STATUSES = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.REQUEST_URI_TOO_LONG,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


def form(message: TextMessage) -> bytes:
    """What differs from text to text, as a form in UTF-8; the numbers without their +."""
    fields = f"to={message.number[1:]}&idx={message.reference}&max_parts={message.most_parts:d}"
    sender = f"&from={quote_plus(message.sender.removeprefix('+'))}" if message.sender else ""
    return f"{fields}{sender}&message={quote_plus(message.text)}".encode("ascii")


def outcome_of(status: int, body: bytes | None, reference: str) -> Outcome:
    """What an answer means; ``body`` is none when it did not come whole."""
    document = _object(body)
    listed = document.get("list")
    entry = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
    code = _code(document.get("error"))
    if isinstance(entry, dict):
        if code is None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return _outcome_of_entry(entry, body, reference)
    elif code is not None and not listed:
        return _outcome_of_code(code, document.get("message"))
    return _outcome_of_status(status, body)


def trouble_with_account(status: int, body: bytes | None) -> Failure | None:
    """Why the account's own card (``user.do``) was not shown; none when it was, with its points on it."""
    points = _object(body).get("points")
    if status == HTTPStatus.OK and isinstance(points, int | float) and not isinstance(points, bool):
        return None
    outcome = outcome_of(status, body, "")
    return outcome if isinstance(outcome, Failure) else _senseless("", body)


def _outcome_of_entry(entry: Mapping[str, Any], body: bytes | None, reference: str) -> Outcome:
    code = _code(entry.get("error"))
    if code is not None:
        return _outcome_of_code(code, entry.get("message"))
    theirs = entry.get("id")
    # An answer that names another reference belongs to another request: ours has had none.
    ours = entry.get("idx") in (None, "", reference)
    if not ours or not isinstance(theirs, str) or not _THEIR_ID.fullmatch(theirs) or entry.get("error"):
        return _senseless("", body)
    return Accepted(theirs)


def _outcome_of_code(code: int, message: object) -> Outcome:
    if code == DUPLICATE:
        return Accepted()  # an earlier try of this attempt, whose answer was lost, did arrive
    kind, diagnosis = _CODES.get(code, (AccountRefused, RequestRefused))  # unknown: perhaps all will get it
    said = readable(message) if isinstance(message, str) else ""
    failure = kind(str(code), str(diagnosis(said=said or code)))
    assert isinstance(failure, Refused | Unavailable)  # noqa: S101 - the table has no other
    return failure


def _outcome_of_status(status: int, body: bytes | None) -> Outcome:
    """What is left when the body says nothing that can be understood.

    A 4xx, a 429 and a 503 say that the request was not handled (RFC 9110, 15.5 and 15.6.4; RFC 6585, 4).
    A 500, 502 or 504 may come from a server, or from one in front of it, that had handed the text on.
    """
    code = f"HTTP {status}"
    busy = status == HTTPStatus.SERVICE_UNAVAILABLE and _ENVOY_LOST_IT not in (body or b"")
    if busy or status in _BUSY_STATUSES:
        return Unavailable(code, str(GatewayBusy(said=code)))
    if status in _TEXT_STATUSES:
        return Refused(code, str(RequestRefused(said=code)))
    if status == HTTPStatus.UNAUTHORIZED:
        return AccountRefused(code, str(LoginRefused(said=code)))
    redirected = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    # Only a 303 may follow something done; any other redirect means that the address is not SMSAPI's.
    if (redirected and status != HTTPStatus.SEE_OTHER) or status // 100 == 4:  # noqa: PLR2004
        return AccountRefused(code, str(RequestRefused(said=code)))
    return _senseless(code, body)


def _senseless(code: str, body: bytes | None) -> Uncertain:
    answer = readable((body or b"")[:200])
    return Uncertain(code, str(SenselessAnswer(answer=f"{code} {answer}".strip() or "-")))


def _object(body: bytes | None) -> dict[str, Any]:
    """The JSON object in a body; empty for anything else, however deep."""
    try:
        document = json.loads((body or b"").decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _code(value: object) -> int | None:
    if isinstance(value, str) and _CODE.fullmatch(value):
        value = int(value)
    return value if type(value) is int and 0 < value < 10**6 else None
