"""Whether an event is told to a client by a channel, and if not why.

On top of every rule stand the consent to the processing of personal data and `domain.eligibility`: the
client's preference, a good address, no block (manual 001_f98235051ea960ea.txt).
"""

from dataclasses import dataclass
from enum import StrEnum

from domain.channel import Channel
from domain.eligibility import Reason
from domain.events import PAIRS, SMS_OFF_BY_DEFAULT, EventKind


class RuleMode(StrEnum):
    ALWAYS = "always"
    NEVER = "never"
    CONSENT = "consent"


class Withheld(StrEnum):
    """Why nothing was sent, in the order in which the first one counts; those of `Reason` among them."""

    NOT_OFFERED = "not_offered"
    HELD_BACK = "held_back"
    RULE_NEVER = "rule_never"
    CLIENT_GONE = "client_gone"
    NO_PROCESSING_CONSENT = "no_processing_consent"
    MISSING_EMAIL = "missing_email"
    INVALID_EMAIL = "invalid_email"
    BLOCKED_EMAIL = "blocked_email"
    MISSING_PHONE = "missing_phone"
    NOT_POLISH_MOBILE = "not_polish_mobile"
    BLOCKED_PHONE = "blocked_phone"
    OPTED_OUT = "opted_out"
    NO_NAMED_CONSENT = "no_named_consent"
    NO_ACCOUNT = "no_account"
    TEXT_FAILED = "text_failed"


def default_mode(event: EventKind, channel: Channel) -> RuleMode:
    """What holds until somebody sets something else (the manual's asterisks)."""
    off = channel is Channel.SMS and event in SMS_OFF_BY_DEFAULT
    return RuleMode.NEVER if off else RuleMode.ALWAYS


@dataclass(frozen=True, slots=True)
class NotificationFacts:
    """``held_back``: the person who made the change held this notification back. ``is_gone``: the client is
    erased. ``processing_consent``: the client agrees to the processing of personal data. ``reason``: what
    `domain.eligibility` says of the client for a service message by this channel. ``named_consent``: the
    consent the rule names is given and valid.
    """

    held_back: bool
    is_gone: bool
    processing_consent: bool
    reason: Reason | None
    named_consent: bool


def withheld(event: EventKind, channel: Channel, mode: RuleMode, facts: NotificationFacts) -> Withheld | None:
    """The first reason not to tell the client, or None. Nothing can force what a rule forbids."""
    checks = (
        ((event, channel) not in PAIRS, Withheld.NOT_OFFERED),
        (facts.held_back, Withheld.HELD_BACK),
        (mode is RuleMode.NEVER, Withheld.RULE_NEVER),
        (facts.is_gone, Withheld.CLIENT_GONE),
        (not facts.processing_consent, Withheld.NO_PROCESSING_CONSENT),
        (facts.reason is not None, Withheld(facts.reason.value) if facts.reason else None),
        (mode is RuleMode.CONSENT and not facts.named_consent, Withheld.NO_NAMED_CONSENT),
    )
    return next((reason for applies, reason in checks if applies), None)
