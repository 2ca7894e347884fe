"""What Kannel calls back with, read strictly: how texts fared, and texts to us. Both are GET requests.

The addresses are ours: reports come to what ``kannel.dlr_url`` made, texts to what docs/sms-gateways.md
says to write into ``get-url``. Kannel fills its escapes in and quotes them. Anybody can send these requests.
Source: seen from Kannel 1.4.5; "8 accepted" and "1 delivered" come in either order, and the text of a coding
beyond GSM-7 comes as UTF-16 (its name in ``%C``), unless ``mo-recode`` is on.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from domain.delivery import DeliveryState
from domain.text_messages import DeliveryReport, IncomingText
from gateways.sms_callbacks import LONGEST_TEXT, UnreadableCallback

_STATUSES: Mapping[str, tuple[str, DeliveryState | None]] = {
    "1": ("DELIVERED", DeliveryState.DELIVERED),
    "2": ("UNDELIVERED", DeliveryState.UNDELIVERED),
    "4": ("BUFFERED", None),
    "8": ("ACCEPTED", None),
    "16": ("REJECTED", DeliveryState.UNDELIVERED),
    "32": ("INTERMEDIATE", None),
}
_STATUS = re.compile(r"[0-9]{1,3}")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,255}")
_THEIR_ID = re.compile(r"[\x21-\x7e]{0,128}")
_SECONDS = re.compile(r"[0-9]{1,10}")
_INTERNATIONAL = re.compile(r"(?:\+|00)([1-9][0-9]{7,14})")
_POLISH = re.compile(r"(?:48)?([1-9][0-9]{8})")
_SHORT_OR_NAMED = re.compile(r"[\x20-\x7e]{1,15}")
_CHARSETS: Mapping[str, str] = {
    "": "utf-8",
    "UTF-8": "utf-8",
    "UTF-16BE": "utf-16-be",
    "UCS-2BE": "utf-16-be",
    "UCS-2": "utf-16-be",
    "ISO-8859-1": "latin-1",
    "ISO-8859-2": "iso8859-2",
    "WINDOWS-1252": "cp1252",
    "WINDOWS-1250": "cp1250",
}


def delivery_reports(query: Mapping[str, str]) -> list[DeliveryReport]:
    """The one report in the arguments of a GET, already unquoted. Raises UnreadableCallback."""
    reference, status, done = query.get("ref", ""), query.get("status", ""), query.get("at", "")
    theirs = query.get("theirs", "").strip()
    if not _REFERENCE.fullmatch(reference):
        raise UnreadableCallback("ref")
    if not _STATUS.fullmatch(status):
        raise UnreadableCallback("status")
    if done and not _SECONDS.fullmatch(done):
        raise UnreadableCallback("at")
    code, state = _STATUSES.get(status, (status, None))
    return [
        DeliveryReport(
            reference=reference,
            provider_reference=theirs if _THEIR_ID.fullmatch(theirs) else "",
            state=state,
            moment=_moment(done),
            code=code,
        )
    ]


def incoming_text(query: bytes) -> IncomingText:
    """A text to us, from the query string of a GET as it came. Raises UnreadableCallback.

    What no database can hold (NUL, half of a surrogate pair) is taken out of the text.
    """
    fields = _fields(query)
    theirs = _ascii(fields, "id")
    if not _THEIR_ID.fullmatch(theirs):
        raise UnreadableCallback("id")
    done = _ascii(fields, "at")
    return IncomingText(
        provider_reference=theirs,
        sender=_number(_ascii(fields, "from"), "from"),
        recipient=_number(_ascii(fields, "to"), "to") if fields.get("to") else "",
        text=_text(fields),
        moment=_moment(done) if _SECONDS.fullmatch(done) else None,
    )


def _fields(query: bytes) -> dict[str, bytes]:
    """The arguments as bytes: only the text's charset says how to read it."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, encoding="latin-1", max_num_fields=50
        )
    except (UnicodeDecodeError, ValueError):
        raise UnreadableCallback("query") from None
    return {name: value.encode("latin-1") for name, value in pairs}


def _text(fields: Mapping[str, bytes]) -> str:
    """A charset unknown here, or that the bytes are not in, leaves something readable all the same."""
    if "text" not in fields or len(fields["text"]) > 4 * LONGEST_TEXT:
        raise UnreadableCallback("text")
    charset = _CHARSETS.get(_ascii(fields, "charset").upper(), "utf-8")
    text = fields["text"].decode(charset, "replace")
    if len(text) > LONGEST_TEXT:
        raise UnreadableCallback("text")
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _ascii(fields: Mapping[str, bytes], name: str) -> str:
    return fields.get(name, b"").decode("ascii", "replace").strip()


def _number(text: str, name: str) -> str:
    """A telephone number with its +; a short number and a sender's name stay as they are."""
    if found := _INTERNATIONAL.fullmatch(text):
        return f"+{found[1]}"
    if found := _POLISH.fullmatch(text):
        return f"+48{found[1]}"
    if not _SHORT_OR_NAMED.fullmatch(text):
        raise UnreadableCallback(name)
    return text


def _moment(seconds: str) -> datetime | None:
    """A Unix time; none for zero, which stands for a time that was not told."""
    return datetime.fromtimestamp(int(seconds), UTC) if seconds and int(seconds) else None
