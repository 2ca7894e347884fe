"""The one rule book for "may we send to this client, and if not why" (design: idea 4).

`queries.audience` computes the same reasons set-based in SQL; a property test holds the two equal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domain.channel import Channel, Purpose


class Reason(StrEnum):
    """Why a client gets nothing, in the order in which the first one counts."""

    MISSING_EMAIL = "missing_email"
    INVALID_EMAIL = "invalid_email"
    BLOCKED_EMAIL = "blocked_email"
    MISSING_PHONE = "missing_phone"
    NOT_POLISH_MOBILE = "not_polish_mobile"
    BLOCKED_PHONE = "blocked_phone"
    OPTED_OUT = "opted_out"
    NO_EMAIL_CONSENT = "no_email_consent"
    NO_SMS_CONSENT = "no_sms_consent"
    MISSING_POSTAL_ADDRESS = "missing_postal_address"


EMAIL_REASONS = (
    Reason.MISSING_EMAIL,
    Reason.INVALID_EMAIL,
    Reason.BLOCKED_EMAIL,
    Reason.OPTED_OUT,
    Reason.NO_EMAIL_CONSENT,
)
SMS_REASONS = (
    Reason.MISSING_PHONE,
    Reason.NOT_POLISH_MOBILE,
    Reason.BLOCKED_PHONE,
    Reason.OPTED_OUT,
    Reason.NO_SMS_CONSENT,
)
REASONS = {Channel.EMAIL: EMAIL_REASONS, Channel.SMS: SMS_REASONS}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client's consent events amount to for one definition."""

    channel: Channel | None
    purpose: str
    is_active: bool
    minimum_version: int
    wording_version: int
    granted: bool

    def covers(self, channel: Channel) -> bool:
        """Whether it permits marketing by that channel today (PKE art. 398)."""
        return (
            self.granted
            and self.is_active
            and self.purpose == "marketing"
            and self.channel == channel
            and self.wording_version >= self.minimum_version
        )


@dataclass(frozen=True, slots=True)
class EmailFacts:
    """What is known of a client when an e-mail is to be sent; ``address`` is the primary one."""

    address: str | None
    is_valid: bool
    is_suppressed: bool
    allow_email: bool
    grants: Iterable[Grant]


def email_reason(facts: EmailFacts, purpose: Purpose) -> Reason | None:
    """The first reason not to e-mail this client, or None when one may."""
    if not facts.address:
        return Reason.MISSING_EMAIL
    if not facts.is_valid:
        return Reason.INVALID_EMAIL
    if facts.is_suppressed:
        return Reason.BLOCKED_EMAIL
    if not facts.allow_email:
        return Reason.OPTED_OUT
    if purpose == Purpose.MARKETING and not any(grant.covers(Channel.EMAIL) for grant in facts.grants):
        return Reason.NO_EMAIL_CONSENT
    return None


@dataclass(frozen=True, slots=True)
class SmsFacts:
    """What is known of a client when a text is to be sent; ``number`` is the primary one."""

    number: str | None
    is_polish_mobile: bool
    is_suppressed: bool
    allow_sms: bool
    grants: Iterable[Grant]


def sms_reason(facts: SmsFacts, purpose: Purpose) -> Reason | None:
    """The first reason not to text this client, or None when one may (Polish mobile numbers only: manual
    001_f98235051ea960ea.txt).
    """
    if not facts.number:
        return Reason.MISSING_PHONE
    if not facts.is_polish_mobile:
        return Reason.NOT_POLISH_MOBILE
    if facts.is_suppressed:
        return Reason.BLOCKED_PHONE
    if not facts.allow_sms:
        return Reason.OPTED_OUT
    if purpose == Purpose.MARKETING and not any(grant.covers(Channel.SMS) for grant in facts.grants):
        return Reason.NO_SMS_CONSENT
    return None
