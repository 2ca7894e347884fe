"""What a message that arrived in the bounce mailbox is, and what it says about whose address.

Facts: RFC 3464 (delivery status notifications), RFC 5965 (feedback reports), RFC 3834 (automatic replies).
The per-recipient fields are read first; free text only where there are none. What cannot be understood blocks
nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.addresses import normalise_email
from domain.auto_replies import announces_absence, is_auto_reply
from domain.bounce_codes import (
    best_code,
    counts_towards_block,
    says_something,
    verdict_of_code,
    verdict_of_words,
)
from domain.bounce_phrases import names_delay, names_failure, names_no_mailbox, names_success
from domain.bounce_text import (
    LONGEST_ADDRESS,
    Section,
    addresses_in,
    is_of_a_service,
    own_words,
    returned_headers_in,
    sections,
)
from domain.mail_systems import is_from_a_mail_system
from domain.names import fold
from domain.smtp_replies import BounceVerdict, readable

# A list of more failed addresses than one message of ours can have is an attack or a mistake.
MOST_RECIPIENTS = 200
# RFC 3464 2.3.3: only "failed" is a failure.
_UNDELIVERED_YET = frozenset({"delayed"})
_DELIVERED = frozenset({"relayed", "delivered", "expanded"})


class BounceKind(StrEnum):
    SMTP = "smtp"
    DSN = "dsn"
    ARF = "arf"
    FREETEXT = "freetext"
    AUTO_REPLY = "auto_reply"
    MANUAL = "manual"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RecipientFields:
    """The fields about one recipient (RFC 3464 2.3), as they were written; absent ones are empty."""

    final: str = ""
    original: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """A report of RFC 5965: its type, and the addresses it says were written to."""

    type: str
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What a gateway read from a message: headers by lower-case name, decoded, the first of each."""

    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    recipients: tuple[RecipientFields, ...] = ()
    feedback: FeedbackReport | None = None
    is_receipt: bool = False
    suspects: tuple[str, ...] = ()
    returned_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One address: its enhanced code or "", the verdict, the words it rests on.

    ``counts`` says that a soft bounce is one of the three in 30 days that block.
    """

    address: str
    status: str
    verdict: BounceVerdict
    diagnostic: str = ""
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Classified:
    """What the message is, and what it says about whom."""

    kind: BounceKind
    recipients: tuple[Finding, ...] = ()


def classify(facts: MessageFacts) -> Classified:
    """The one answer for a message. An automatic reply names no recipients and never counts."""
    if facts.feedback:
        return Classified(BounceKind.ARF, _complaints(facts))
    if facts.recipients:
        return Classified(BounceKind.DSN, _from_fields(facts))
    if facts.is_receipt:
        return Classified(BounceKind.AUTO_REPLY)
    words = own_words(facts.text)
    if is_from_a_mail_system(facts.headers, bool(facts.suspects)) and not announces_absence(facts.headers):
        found = _from_words(facts, words)
        if found:
            return Classified(BounceKind.FREETEXT, found)
    return Classified(BounceKind.AUTO_REPLY if is_auto_reply(facts.headers, words) else BounceKind.OTHER)


def classify_typed(address: str, code: str, said: str) -> Finding:
    """What a person wrote down about one address: ``code`` is an enhanced or basic one, or empty.

    An automatic reply says nothing, and a policy blocks nobody, whatever the code beside it.
    """
    own = own_words(said)
    words = f"{code} {own}".strip()
    if not code and is_auto_reply({}, own):
        return Finding(address, "", BounceVerdict.NONE, readable(words))
    verdict, found = _verdict_and_code(words)
    return _finding(address, found, verdict, words)


def _complaints(facts: MessageFacts) -> tuple[Finding, ...]:
    assert facts.feedback is not None  # noqa: S101 - the caller looked
    kind = facts.feedback.type.strip().lower()
    verdict = BounceVerdict.BLOCK if kind == "abuse" else BounceVerdict.NONE
    named = [_plain_address(each) for each in facts.feedback.recipients]
    if not any(named):
        written_to = _returned_to(facts)
        named = written_to if len(written_to) == 1 else []
    own = _own_addresses(facts)
    kept = (each for each in named if each and normalise_email(each) not in own and not is_of_a_service(each))
    return _once(Finding(address, "", verdict, f"complaint: {kind}"[:100]) for address in kept)


def _from_fields(facts: MessageFacts) -> tuple[Finding, ...]:
    own = _own_addresses(facts)
    single = _returned_to(facts) if len(facts.recipients) == 1 else []
    found = []
    for fields in facts.recipients[:MOST_RECIPIENTS]:
        address = _address_of(fields) or (single[0] if len(single) == 1 else "")
        if address:
            code, verdict, words = _judge(fields, facts.text)
            if normalise_email(address) in own:
                verdict = BounceVerdict.NONE
            found.append(_finding(address, code, verdict, words))
    return _once(found)


def _judge(fields: RecipientFields, text: str) -> tuple[str, BounceVerdict, str]:
    """A recipient's code, verdict and the words both rest on.

    The human part is heard too where the diagnostic does not say that the mailbox is missing.
    """
    words = (
        fields.diagnostic if says_something(fields.diagnostic) else f"{fields.diagnostic} {own_words(text)}"
    )
    code = best_code(fields.status, fields.diagnostic)
    action = fields.action.strip().lower().split(" ")[0]
    if action in _DELIVERED or code.startswith("2"):
        return code, BounceVerdict.NONE, words
    verdict = verdict_of_code(code, words) if code else verdict_of_words(words)
    if verdict is BounceVerdict.BLOCK and code and not names_no_mailbox(fold(words)):
        words = f"{words} {own_words(text)}"
        verdict = verdict_of_code(code, words)
    if action in _UNDELIVERED_YET or verdict is BounceVerdict.NONE:
        return code, BounceVerdict.SOFT, words
    return code, verdict, words


def _from_words(facts: MessageFacts, words: str) -> tuple[Finding, ...]:
    """Addresses with their verdicts from free text; nothing when the text speaks of no failure."""
    overall = _verdict_and_code(words)
    if overall[0] is BounceVerdict.NONE:
        if names_success(fold(words)) or not names_failure(fold(facts.headers.get("subject", ""))):
            return ()
        overall = (BounceVerdict.SOFT, overall[1])
    ignored = _own_addresses(facts) | {normalise_email(each) for each in _addresses_of(facts, "from")}
    told = {normalise_email(each.address): each for each in sections(words, ignored)}
    named = _known(
        [each for each, _at in addresses_in(facts.headers.get("x-failed-recipients", ""))], ignored
    )
    named = named or [each.address for each in told.values() if _is_blamed(each)]
    named = named or _known(facts.suspects, ignored) or _known(_returned_to(facts)[:1], ignored)
    named = named or _known(_addresses_of(facts, "subject")[:1], ignored)
    return _once(_of_words(address, told, len(named) == 1, words, overall) for address in named)


def _of_words(
    address: str,
    told: Mapping[str, Section],
    is_only_one: bool,
    words: str,
    overall: tuple[BounceVerdict, str],
) -> Finding:
    section = told.get(normalise_email(address))
    if not is_only_one and section:
        verdict, code = _verdict_and_code(section.about)
        if verdict is not BounceVerdict.NONE:
            return _finding(address, code, verdict, section.about)
    return _finding(address, overall[1], overall[0], words)


def _is_blamed(section: Section) -> bool:
    """Whether an address is said to have failed: not the one that is only offered for questions."""
    return section.stands_alone or _verdict_and_code(section.about)[0] is not BounceVerdict.NONE


def _verdict_and_code(words: str) -> tuple[BounceVerdict, str]:
    code = best_code("", words)
    verdict = verdict_of_code(code, words) if code else verdict_of_words(words)
    if verdict is BounceVerdict.BLOCK and names_delay(fold(words)):
        return BounceVerdict.SOFT, code
    return verdict, code


def _finding(address: str, code: str, verdict: BounceVerdict, words: str) -> Finding:
    return Finding(address, code, verdict, readable(words), counts_towards_block(code, verdict, words))


def _once(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """The first finding about each address."""
    kept: dict[str, Finding] = {}
    for finding in found:
        kept.setdefault(normalise_email(finding.address), finding)
    return tuple(kept.values())[:MOST_RECIPIENTS]


def _known(addresses: Iterable[str], ignored: set[str]) -> list[str]:
    plain = (_plain_address(each) for each in addresses)
    return [
        each for each in plain if each and normalise_email(each) not in ignored and not is_of_a_service(each)
    ]


def _address_of(fields: RecipientFields) -> str:
    """The address we wrote to: the original one where the message was forwarded to another."""
    return _plain_address(fields.original) or _plain_address(fields.final)


def _plain_address(value: str) -> str:
    """An address out of ``rfc822; <jan@example.com>``, xtext (RFC 3461 4) undone; "" if there is none."""
    written = value.rpartition(";")[2].replace("+2B", "+").replace("+3D", "=")[: 2 * LONGEST_ADDRESS]
    return next((address for address, _at in addresses_in(written) if len(address) <= LONGEST_ADDRESS), "")


def _addresses_of(facts: MessageFacts, name: str) -> list[str]:
    return [address for address, _at in addresses_in(facts.headers.get(name, ""))]


def _returned_to(facts: MessageFacts) -> list[str]:
    returned = facts.returned_headers or returned_headers_in(facts.text)
    return [address for address, _at in addresses_in(returned.get("to", ""))]


def _own_addresses(facts: MessageFacts) -> set[str]:
    """Our addresses: whom the bounce is sent to, and who wrote the returned message."""
    values = [facts.headers.get(name, "") for name in ("to", "delivered-to", "x-original-to", "envelope-to")]
    values.append(returned_headers_in(facts.text).get("from", ""))
    values += [facts.returned_headers.get(name, "") for name in ("from", "sender", "reply-to", "return-path")]
    return {normalise_email(address) for value in values for address, _at in addresses_in(value)}
