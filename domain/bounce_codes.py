"""What codes and words say together about a recipient's address.

Facts: RFC 3463 (enhanced codes), RFC 3464 2.3 (the fields of a delivery status notification); the table is
``domain.smtp_replies.VERDICT_BY_ENHANCED_CODE``.
"""

import re

from domain.bounce_phrases import (
    names_delay,
    names_failure,
    names_full_mailbox,
    names_no_mailbox,
    names_policy,
    names_success,
    names_temporary,
)
from domain.names import fold
from domain.smtp_replies import BounceVerdict, Stage, bounce_verdict, enhanced_code, verdict_of_enhanced_code

# Subjects are 0 to 7 (RFC 3463 3.1 to 3.8): "Exim 4.94.2" and "10.5.1.1" are no codes.
_ENHANCED = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?!\.?\d)")
# Not the beginning of a telephone number: "512 345 678".
_BASIC = re.compile(r"(?<![\w.:/+-])(?<!\d )([45][0-5]\d)(?=[ \-:]+[^\d\s]|\s*$|\s*\n)")
_CODES_AND_NUMBERS = re.compile(r"[\W\d_]+|\bsmtp\b|\brfc822\b")
# Codes that are soft and never add up to a block: full mailboxes and messages that are too large.
_NEVER_COUNTED = frozenset({"5.2.2", "5.2.3", "5.3.4"})


def enhanced_codes(text: str) -> list[str]:
    """Every enhanced code a text names, in order."""
    return _ENHANCED.findall(text)


def is_generic(code: str) -> bool:
    """Whether a code only says "other or undefined" (RFC 3463 3.1): 5.0.0, 5.1.0, 5.0.350."""
    return code[2] == "0" or code.endswith(".0")


def best_code(status: str, diagnostic: str) -> str:
    """The code that decides: the Status field's, or the diagnostic's where the field is absent or generic.

    Status 5.1.0 gives way to 5.1.1 but not to 5.4.4: what is no more specific than the field changes nothing.
    """
    named = enhanced_codes(status)[:1]
    quoted = [code for code in enhanced_codes(diagnostic) if code[0] != "2"]
    if not named:
        specific = [code for code in quoted if not is_generic(code)]
        return (specific or quoted or [""])[0]
    [code] = named
    if is_generic(code):
        subject = ("4.", "5.") if code[2] == "0" else code.removesuffix("0")
        finer = [other for other in quoted if not is_generic(other) and other.startswith(subject)]
        return (finer or named)[0]
    return code


def verdict_of_code(code: str, text: str) -> BounceVerdict:
    """The table's verdict for ``code``, unless ``text`` speaks of the sender, the message or a full mailbox.

    A refusal for such a cause says nothing against the address, whatever code it was given; a code 5.7.x
    anywhere in the text is such a cause too.
    """
    verdict = verdict_of_enhanced_code(code)
    if not code.startswith("5") or code in _NEVER_COUNTED or verdict is BounceVerdict.SENDER_FAULT:
        return verdict
    folded = fold(text)
    if names_full_mailbox(folded):
        return BounceVerdict.SOFT
    if names_policy(folded) or any(other.startswith("5.7.") for other in enhanced_codes(text)):
        return BounceVerdict.SENDER_FAULT
    return verdict


def verdict_of_reply(stage: Stage, code: int, text: str) -> BounceVerdict:
    """What an SMTP reply says about the recipient's address, its words heard as those of a bounce are."""
    enhanced = enhanced_code(text)
    verdict = bounce_verdict(stage, code, enhanced, text)
    by_code = enhanced and verdict in (BounceVerdict.BLOCK, BounceVerdict.SOFT)
    return verdict_of_code(enhanced, text) if enhanced and by_code else verdict


def verdict_of_words(text: str) -> BounceVerdict:
    """What a text without an enhanced code says; NONE when it speaks of no failure at all."""
    folded = fold(text)
    basic = _BASIC.findall(text)
    is_transient = bool(basic) and all(code.startswith("4") for code in basic)
    for holds, verdict in (
        (is_transient or names_full_mailbox(folded), BounceVerdict.SOFT),
        (names_policy(folded), BounceVerdict.SENDER_FAULT),
        (names_delay(folded), BounceVerdict.SOFT),
        (names_no_mailbox(folded), BounceVerdict.BLOCK),
        (names_success(folded), BounceVerdict.NONE),
        (bool(basic) or names_temporary(folded) or names_failure(folded), BounceVerdict.SOFT),
    ):
        if holds:
            return verdict
    return BounceVerdict.NONE


def says_something(diagnostic: str) -> bool:
    """Whether a diagnostic holds words beside codes and punctuation."""
    return bool(_CODES_AND_NUMBERS.sub("", diagnostic.lower()))


def counts_towards_block(code: str, verdict: BounceVerdict, text: str) -> bool:
    """Whether a soft bounce is one of the three in 30 days that block: 5.0.0, 5.4.x and unlisted 5.x.x.

    A full mailbox never counts, whatever code it came with.
    """
    if verdict is not BounceVerdict.SOFT or not code.startswith("5") or code in _NEVER_COUNTED:
        return False
    return not names_full_mailbox(fold(text))
