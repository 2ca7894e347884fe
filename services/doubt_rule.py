"""What speaks against a rule: marketing that no consent covers, or a consent that does not fit.

Marketing by e-mail or SMS needs a consent given beforehand, for that channel (PKE art. 398; manual
001_f98235051ea960ea.txt, RODO). Nothing here is refused: a person decides what a text is.
"""

from enum import StrEnum

from domain.channel import Channel
from domain.notification_rules import RuleMode
from models.consent import ConsentDefinition, ConsentPurpose


class RuleDoubt(StrEnum):
    """``NO_CONSENT``: it reads like marketing and asks for none. ``NOT_MARKETING``: it asks for one that is
    not for marketing. ``OTHER_CHANNEL``: the consent is for the other channel. ``ALWAYS_ASKED``: every rule
    asks for the consent to data processing, so that naming it adds nothing. ``RETIRED``: the consent is no
    longer asked for, so fewer and fewer have it.
    """

    NO_CONSENT = "no_consent"
    NOT_MARKETING = "not_marketing"
    OTHER_CHANNEL = "other_channel"
    ALWAYS_ASKED = "always_asked"
    RETIRED = "retired"


def doubt_rule(
    channel: Channel, mode: RuleMode | None, consent: ConsentDefinition | None, promotes: bool
) -> RuleDoubt | None:
    """The first that applies, or None. ``promotes``: the text has marketing words."""
    if mode is not RuleMode.CONSENT:
        return RuleDoubt.NO_CONSENT if promotes else None
    if consent is None:
        return None
    checks = (
        (consent.channel not in (None, channel), RuleDoubt.OTHER_CHANNEL),
        (promotes and consent.purpose is not ConsentPurpose.MARKETING, RuleDoubt.NOT_MARKETING),
        (consent.purpose is ConsentPurpose.DATA_PROCESSING, RuleDoubt.ALWAYS_ASKED),
        (not consent.is_active, RuleDoubt.RETIRED),
    )
    return next((doubt for applies, doubt in checks if applies), None)
