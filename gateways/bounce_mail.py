"""A message from the bounce mailbox, as raw bytes, read into the facts the classifier judges.

Whoever can send mail can write here: nothing is trusted, everything is bounded, and no input raises.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from email.message import Message
from email.parser import BytesParser
from logging import getLogger

from flufl.bounce import all_failures

from domain.bounces import FeedbackReport, MessageFacts, RecipientFields
from gateways.mail_parts import (
    LONGEST_FIELD,
    LONGEST_REPORT,
    READ_BYTES,
    RECEIPTS,
    REPORTS,
    RETURNED,
    STUMBLES,
    decoded_header,
    headers_of,
    in_charset,
    parsed,
    parts_of,
    readable_text,
    tamed,
    text_of_part,
    type_of,
    unescaped,
)

# A report block is a few lines; a file of blank lines would be a block each.
MOST_BLOCKS = 400
# flufl's patterns run over every line of the body, for each of its 17 detectors.
FLUFL_BYTES = 32 * 1024

# flufl logs a stack trace, with pieces of the message, for what it cannot read.
getLogger("flufl.bounce").disabled = True
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{0,60})[ \t]*:[ \t]*(.*)$")


def read_message(data: bytes) -> MessageFacts:
    """The facts about a message: never raises. What cannot be read is missing from them."""
    head = tamed(data[:READ_BYTES])
    try:
        message = _unwrapped(parsed(head))
        parts = list(parts_of(message))
        returned = _returned_headers(parts)
        fields = [each for part in parts if type_of(part) in REPORTS for each in _recipients(part)]
        feedback = _feedback(parts)
        return MessageFacts(
            headers=headers_of(message),
            text=readable_text(parts),
            recipients=tuple(fields),
            feedback=feedback,
            is_receipt=any(type_of(part) in RECEIPTS for part in parts),
            suspects=() if fields or feedback else _found_by_flufl(head),
            returned_headers=returned,
        )
    except STUMBLES:
        return MessageFacts()


def _unwrapped(message: Message) -> Message:
    """The report itself where a scanner or a forwarder put it, whole, into a message of its own."""
    parts = list(parts_of(message))
    if any(type_of(part) in (*REPORTS, "message/feedback-report") for part in parts):
        return message
    inside = [
        part.get_payload(0) for part in parts if type_of(part) == "message/rfc822" and part.is_multipart()
    ]
    reports = [each for each in inside if isinstance(each, Message) and type_of(each) == "multipart/report"]
    return reports[0] if len(reports) == 1 else message


def _blocks(part: Message) -> list[dict[str, str]]:
    """A report's groups of fields, by lower-case name; an encoded report is decoded first."""
    payload = part.get_payload()
    if isinstance(payload, list):
        text = "\n\n".join(_block_text(each) for each in payload[:MOST_BLOCKS] if isinstance(each, Message))
        encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
        if encoding in ("base64", "quoted-printable"):
            leaf = Message()
            leaf["Content-Transfer-Encoding"] = encoding
            leaf.set_payload(text)
            text = text_of_part(leaf)
    else:
        text = text_of_part(part)
    groups: list[dict[str, str]] = [{}]
    last = ""
    for line in text[:LONGEST_REPORT].splitlines():
        if not line.strip():
            if groups[-1] and len(groups) < MOST_BLOCKS:
                groups.append({})
        elif line[0] in " \t" and last in groups[-1]:
            groups[-1][last] = f"{groups[-1][last]} {line.strip()}"[:LONGEST_FIELD]
        elif match := _FIELD.match(line):
            last = match[1].lower()
            groups[-1].setdefault(last, match[2][:LONGEST_FIELD])
    return groups


def _block_text(block: Message) -> str:
    fields = "\n".join(f"{name}: {value}" for name, value in block.raw_items())
    raw = block.get_payload(decode=True)
    rest = in_charset(raw, None) if isinstance(raw, bytes) else ""
    return f"{unescaped(fields)}\n\n{rest}"


def _recipients(part: Message) -> Iterator[RecipientFields]:
    for group in _blocks(part):
        if {"final-recipient", "original-recipient", "action", "status"} & group.keys():
            field = {name: decoded_header(value) for name, value in group.items()}
            yield RecipientFields(
                final=field.get("final-recipient", "") or field.get("x-actual-recipient", ""),
                original=field.get("original-recipient", ""),
                action=field.get("action", ""),
                status=field.get("status", ""),
                diagnostic=field.get("diagnostic-code", ""),
            )


def _feedback(parts: Iterable[Message]) -> FeedbackReport | None:
    for part in parts:
        if type_of(part) == "message/feedback-report":
            groups = _blocks(part)
            kind = next((group["feedback-type"] for group in groups if "feedback-type" in group), "")
            named = [
                group[name]
                for group in groups
                for name in ("original-rcpt-to", "removal-recipient")
                if name in group
            ]
            return FeedbackReport(kind, tuple(named))
    return None


def _returned_headers(parts: Iterable[Message]) -> Mapping[str, str]:
    """The headers of the message that came back, where it is a part of its own."""
    for part in parts:
        if type_of(part) in RETURNED:
            payload = part.get_payload()
            if isinstance(payload, list):
                return headers_of(payload[0]) if payload and isinstance(payload[0], Message) else {}
            raw = part.get_payload(decode=True)
            if isinstance(raw, bytes):
                return headers_of(BytesParser().parsebytes(raw[:READ_BYTES].lstrip(), headersonly=True))
    return {}


def _found_by_flufl(data: bytes) -> tuple[str, ...]:
    """Addresses flufl.bounce recognises in formats of its own catalogue; it gives no codes."""
    try:
        temporary, permanent = all_failures(parsed(data[:FLUFL_BYTES]))
    except STUMBLES:
        return ()
    found = [each.decode("utf-8", "replace") for each in (*temporary, *permanent) if isinstance(each, bytes)]
    return tuple(sorted(found))
