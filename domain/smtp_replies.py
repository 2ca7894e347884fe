"""What an SMTP reply, or its absence, means for a message and for its address.

Facts: RFC 5321 4.2 (reply codes), RFC 3463 (enhanced codes), RFC 5321 4.2.5 and 6.1 (who is
responsible after the end of DATA).
"""

import re
from enum import StrEnum

from domain.bounce_phrases import MAILBOX_FULL_WORDS, POLICY_WORDS, names_policy
from domain.diagnoses import ConnectionLost, ReceiptLost, SenselessReply
from domain.names import fold
from domain.outcomes import Accepted, AccountRefused, Outcome, Refused, Unavailable, Uncertain

_LONGEST_TEXT = 500


class Stage(StrEnum):
    """How far the conversation had come, in order."""

    CONNECT = "connect"
    GREETING = "greeting"
    HELLO = "hello"
    STARTTLS = "starttls"
    LOGIN = "login"
    MAIL_FROM = "mail_from"
    RCPT_TO = "rcpt_to"
    DATA = "data"
    END_OF_DATA = "end_of_data"
    RESET = "reset"


class BounceVerdict(StrEnum):
    """What a reply says about the recipient's address."""

    BLOCK = "block"
    SOFT = "soft"
    SENDER_FAULT = "sender_fault"
    NONE = "none"


# Enhanced codes, the most specific first; "x" stands for any number. Anything unlisted is soft.
VERDICT_BY_ENHANCED_CODE: tuple[tuple[str, BounceVerdict], ...] = (
    ("2.x.x", BounceVerdict.NONE),
    ("4.x.x", BounceVerdict.SOFT),
    ("5.1.1", BounceVerdict.BLOCK),
    ("5.1.2", BounceVerdict.BLOCK),
    ("5.1.3", BounceVerdict.BLOCK),
    ("5.1.6", BounceVerdict.BLOCK),
    ("5.1.10", BounceVerdict.BLOCK),
    ("5.2.1", BounceVerdict.BLOCK),
    ("5.2.2", BounceVerdict.SOFT),
    ("5.2.3", BounceVerdict.SOFT),
    ("5.3.4", BounceVerdict.SOFT),
    ("5.1.7", BounceVerdict.SENDER_FAULT),
    ("5.1.8", BounceVerdict.SENDER_FAULT),
    ("5.5.x", BounceVerdict.SENDER_FAULT),
    ("5.6.x", BounceVerdict.SENDER_FAULT),
    ("5.7.x", BounceVerdict.SENDER_FAULT),
    ("5.x.x", BounceVerdict.SOFT),
)
# Codes that, without an enhanced code, mean that the mailbox does not exist when they answer RCPT.
NO_SUCH_MAILBOX_CODES = frozenset((550, 551, 553))
COMMAND_ERROR_CODES = frozenset((500, 502, 503, 504))

_UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_ENHANCED_CODE = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_POLICY_CODE = re.compile(r"(?<![\d.])5\.7\.\d{1,3}(?!\.?\d)")
_QUOTED_FROM_US = re.compile(r"[^\s<>]+@[^\s<>]+|https?://\S+")
_QUEUE_IDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"queued (?:mail )?as ([\w.-]+)",
        r"\bInternalId=([\w-]+)",
        r"\bid=([\w.-]+)",
        r"\bOK +\d+ (\S+) - gsmtp",
        r"^(?:2\.\d\.\d )?(\w+) Message accepted for delivery",
        r"^Ok ([0-9a-f-]{20,})$",
    )
)


def readable(reply: bytes | str) -> str:
    """A reply fit to be stored and shown: one line, no control characters, at most 500 characters."""
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return _UNREADABLE.sub(" ", text[: 4 * _LONGEST_TEXT]).strip()[:_LONGEST_TEXT]


def enhanced_code(text: str) -> str | None:
    """The enhanced status code (RFC 2034) a reply's text starts with, such as ``5.1.1``."""
    match = _ENHANCED_CODE.match(text)
    return match[1] if match else None


def queue_id(text: str) -> str:
    """The other side's name for an accepted message, empty when its text gives none."""
    for pattern in _QUEUE_IDS:
        if match := pattern.search(text):
            return match[1].rstrip(".")
    return ""


def outcome_of_reply(stage: Stage, code: int, text: str) -> Outcome:
    """What a reply means that ends a message's, or the session's, progress at ``stage``.

    ``code`` is the three-digit reply code, or anything else for a reply that was not SMTP. Only a
    2xx to the end of DATA is an acceptance; a reply that is neither 2xx, 4xx nor 5xx there leaves the
    message uncertain, and before it the message is surely not sent.
    """
    text = readable(text)
    match code // 100:
        case 4:
            return Unavailable(str(code), text)
        case 5 if stage in (Stage.RCPT_TO, Stage.DATA, Stage.END_OF_DATA):
            return Refused(str(code), text, stage)
        case 5:
            return AccountRefused(str(code), text)
        case 2 if stage is Stage.END_OF_DATA:
            return Accepted(queue_id(text))
    shown = str(code) if code > 0 else ""
    message = str(SenselessReply(stage=stage, reply=f"{shown} {text}".strip()))
    return Uncertain(shown, message) if stage is Stage.END_OF_DATA else Unavailable(shown, message)


def outcome_of_loss(stage: Stage, why: str = "") -> Unavailable | Uncertain:
    """What a lost connection means: at END_OF_DATA every byte was written, and only then it is uncertain."""
    reason = readable(why) or "no reason given"
    if stage is Stage.END_OF_DATA:
        return Uncertain("", str(ReceiptLost(why=reason)))
    return Unavailable("", str(ConnectionLost(stage=stage, why=reason)))


def bounce_verdict(stage: Stage, code: int, enhanced: str | None, text: str) -> BounceVerdict:
    """What a reply says about the recipient's address.

    ``enhanced`` is what ``enhanced_code`` found. Replies before RCPT concern the account and say
    nothing about the address. Soft ones count towards a limit that is applied elsewhere.
    """
    if stage not in (Stage.RCPT_TO, Stage.DATA, Stage.END_OF_DATA) or code // 100 not in (4, 5):
        return BounceVerdict.NONE
    if enhanced:
        return verdict_of_enhanced_code(enhanced)
    words = _QUOTED_FROM_US.sub(" ", text.lower())
    if code // 100 == 4 or _names(words, MAILBOX_FULL_WORDS):  # noqa: PLR2004 - the class of the reply
        return BounceVerdict.SOFT
    if code in COMMAND_ERROR_CODES or _accuses_the_sender(text, words):
        return BounceVerdict.SENDER_FAULT
    no_such_mailbox = stage is Stage.RCPT_TO and code in NO_SUCH_MAILBOX_CODES
    return BounceVerdict.BLOCK if no_such_mailbox else BounceVerdict.SOFT


def verdict_of_enhanced_code(enhanced: str) -> BounceVerdict:
    """The table's verdict for a code such as ``5.1.1``; for delivery status notifications too."""
    digits = enhanced.split(".")
    for pattern, verdict in VERDICT_BY_ENHANCED_CODE:
        if all(want in ("x", have) for want, have in zip(pattern.split("."), digits, strict=False)):
            return verdict
    return BounceVerdict.SOFT


def _accuses_the_sender(text: str, words: str) -> bool:
    """Whether a reply speaks of policy, reputation or content, in words or by a code 5.7.x further on."""
    return bool(_POLICY_CODE.search(text)) or _names(words, POLICY_WORDS) or names_policy(fold(text))


def _names(text: str, words: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}", text) for word in words)
