"""Why a bounce was taken for what it was taken for, said to a person; the rules are in `domain.bounces`."""

from enum import StrEnum

from domain.bounce_codes import counts_towards_block, enhanced_codes
from domain.bounce_phrases import names_full_mailbox, names_policy
from domain.bounces import BounceKind
from domain.names import fold
from domain.smtp_replies import BounceVerdict, verdict_of_enhanced_code

_POLICY_CODES = "5.7."


class BounceReason(StrEnum):
    COMPLAINT = "complaint"
    NO_SUCH_ADDRESS_CODE = "no_such_address_code"
    NO_SUCH_ADDRESS_WORDS = "no_such_address_words"
    POLICY = "policy"
    OUR_MESSAGE = "our_message"
    MAILBOX_FULL = "mailbox_full"
    COUNTED = "counted"
    PASSING = "passing"
    AUTO_REPLY = "auto_reply"
    NO_FAILURE = "no_failure"


def bounce_reason(kind: BounceKind, verdict: BounceVerdict, code: str, words: str) -> BounceReason:
    """What the classifier's verdict rests on. ``code`` is an enhanced or basic one, or empty."""
    match verdict:
        case BounceVerdict.BLOCK:
            return _of_block(kind, code)
        case BounceVerdict.SENDER_FAULT:
            is_policy = code.startswith(_POLICY_CODES) or names_policy(fold(f"{code} {words}"))
            return BounceReason.POLICY if is_policy else BounceReason.OUR_MESSAGE
        case BounceVerdict.SOFT:
            return _of_soft(code, words)
    return BounceReason.AUTO_REPLY if kind is BounceKind.AUTO_REPLY else BounceReason.NO_FAILURE


def _of_block(kind: BounceKind, code: str) -> BounceReason:
    if kind is BounceKind.ARF:
        return BounceReason.COMPLAINT
    listed = enhanced_codes(code) and verdict_of_enhanced_code(code) is BounceVerdict.BLOCK
    return BounceReason.NO_SUCH_ADDRESS_CODE if listed else BounceReason.NO_SUCH_ADDRESS_WORDS


def _of_soft(code: str, words: str) -> BounceReason:
    if code == "5.2.2" or names_full_mailbox(fold(words)):
        return BounceReason.MAILBOX_FULL
    counts = counts_towards_block(code, BounceVerdict.SOFT, words)
    return BounceReason.COUNTED if counts else BounceReason.PASSING
