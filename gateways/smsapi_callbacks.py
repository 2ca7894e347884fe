"""What SMSAPI calls back with, read strictly: how texts fared, and texts to us.

Sources: www.smsapi.pl/docs, chapters 9 (raporty callback: GET, up to five texts at once in parallel lists
separated by commas) and 10 (odbiory wiadomości: POST). That ``idx`` is among the lists, and the fields of an
incoming text, are from memory: what does not come is therefore none or empty, never an error. Whoever calls
expects ``OK`` as the body of the answer. Anybody can send these requests.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from domain.delivery import DeliveryState
from domain.text_messages import DeliveryReport, IncomingText
from gateways.sms_callbacks import LONGEST_TEXT, UnreadableCallback

MOST_REPORTS = 5
_LONGEST_LIST = 2000
_NOT_FOUND = "NOT_FOUND"
_STATUSES: Mapping[str, tuple[str, DeliveryState | None]] = {
    "401": (_NOT_FOUND, None),
    "402": ("EXPIRED", DeliveryState.UNDELIVERED),
    "403": ("SENT", None),
    "404": ("DELIVERED", DeliveryState.DELIVERED),
    "405": ("UNDELIVERED", DeliveryState.UNDELIVERED),
    "406": ("FAILED", DeliveryState.UNDELIVERED),
    "407": ("REJECTED", DeliveryState.UNDELIVERED),
    "408": ("UNKNOWN", None),  # the operator tells nothing, which is no news of the text
    "409": ("QUEUE", None),
    "410": ("ACCEPTED", None),
    "411": ("RENEWAL", None),
}
_STATUS = re.compile(r"[0-9]{1,6}")
_THEIR_ID = re.compile(r"[A-Za-z0-9._-]{0,64}")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,255}")
_SECONDS = re.compile(r"[0-9]{1,10}")
_INTERNATIONAL = re.compile(r"(?:\+|00)?([1-9][0-9]{9,14})")
_POLISH = re.compile(r"[1-9][0-9]{8}")
_SHORT_OR_NAMED = re.compile(r"[\x20-\x7e]{1,15}")


def delivery_reports(query: Mapping[str, str]) -> list[DeliveryReport]:
    """One to five reports from the arguments of a GET, already unquoted. Raises UnreadableCallback.

    A reference that cannot be ours is left out: the account may send for others too.
    """
    statuses = _listed(query, "status")
    if not statuses or len(statuses) > MOST_REPORTS:
        raise UnreadableCallback("status")
    count = len(statuses)
    columns = [_parallel(query, name, count) for name in ("MsgId", "idx", "donedate")]
    return [_report(*row) for row in zip(statuses, *columns, strict=True)]


def incoming_text(form: Mapping[str, str]) -> IncomingText:
    """A text to us, from the form of a POST. Raises UnreadableCallback.

    A telephone number gets its +; a short number and a sender's name, which nobody can answer, stay as they
    are. What no database can hold (NUL, half of a surrogate pair) is taken out of the text.
    """
    theirs = form.get("MsgId", "")
    if not _THEIR_ID.fullmatch(theirs):
        raise UnreadableCallback("MsgId")
    text = form.get("sms_text")
    if text is None or len(text) > LONGEST_TEXT:
        raise UnreadableCallback("sms_text")
    date = form.get("sms_date", "")
    return IncomingText(
        provider_reference=theirs,
        sender=_number(form.get("sms_from", ""), "sms_from"),
        recipient=_number(form["sms_to"], "sms_to") if form.get("sms_to") else "",
        text=text.replace("\0", "").encode("utf-8", "replace").decode("utf-8"),
        moment=_moment(date) if _SECONDS.fullmatch(date) else None,
    )


def _report(status: str, theirs: str, ours: str, done: str) -> DeliveryReport:
    if not _STATUS.fullmatch(status):
        raise UnreadableCallback("status")
    if not _THEIR_ID.fullmatch(theirs):
        raise UnreadableCallback("MsgId")
    if done and not _SECONDS.fullmatch(done):
        raise UnreadableCallback("donedate")
    reference = ours if _REFERENCE.fullmatch(ours) else ""
    if not (theirs or reference):
        raise UnreadableCallback("MsgId")
    code, state = _STATUSES.get(status, (status, None))
    proves_taken = status in _STATUSES and code != _NOT_FOUND
    return DeliveryReport(reference, theirs, state, _moment(done) if done else None, code, proves_taken)


def _parallel(query: Mapping[str, str], name: str, count: int) -> list[str]:
    """A list as long as the others; what does not come at all is empty for each."""
    values = _listed(query, name)
    if values and len(values) != count:
        raise UnreadableCallback(name)
    return values or [""] * count


def _listed(query: Mapping[str, str], name: str) -> list[str]:
    value = query.get(name, "")
    if len(value) > _LONGEST_LIST:
        raise UnreadableCallback(name)
    return [part.strip() for part in value.split(",")] if value else []


def _number(text: str, name: str) -> str:
    text = text.strip()
    if _POLISH.fullmatch(text):
        return f"+48{text}"
    if found := _INTERNATIONAL.fullmatch(text):
        return f"+{found[1]}"
    if not _SHORT_OR_NAMED.fullmatch(text):
        raise UnreadableCallback(name)
    return text


def _moment(seconds: str) -> datetime | None:
    """A Unix time; none for zero, which stands for a time that was not told."""
    return datetime.fromtimestamp(int(seconds), UTC) if int(seconds) else None
