"""What speaks against a notification rule, as the list and the page of a rule say it."""

from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _

from domain.channel import Channel
from domain.marketing_words import marketing_words
from domain.notification_rules import RuleMode
from domain.notification_texts import NotificationText
from models import db
from models.consent import ConsentDefinition
from services.doubt_rule import RuleDoubt, doubt_rule

_TITLES: dict[RuleDoubt, Any] = {RuleDoubt.NO_CONSENT: _("Marketing without a consent")}
_OTHER_TITLE = _("The consent does not fit")
_TAGS: dict[RuleDoubt, Any] = {RuleDoubt.NO_CONSENT: _("marketing words")}
_OTHER_TAG = _("check the consent")
_TEXTS: dict[RuleDoubt, Any] = {
    RuleDoubt.NO_CONSENT: _(
        "The text reads like marketing (%(words)s). Marketing by e-mail or SMS needs a consent given "
        "beforehand (PKE, art. 398): let the rule depend on a marketing consent, or leave these words out."
    ),
    RuleDoubt.NOT_MARKETING: _(
        "The text reads like marketing (%(words)s), and “%(consent)s” is no consent to marketing "
        "(PKE, art. 398): name a marketing consent for this channel, or leave these words out."
    ),
    RuleDoubt.OTHER_CHANNEL: _(
        "“%(consent)s” is a consent for the other channel: whoever gave it has not agreed to this one."
    ),
    RuleDoubt.ALWAYS_ASKED: _(
        "“%(consent)s” is asked for by every rule anyway: this one does the same as “Always” would."
    ),
    RuleDoubt.RETIRED: _(
        "“%(consent)s” is no longer in use: clients who come now cannot give it and will not be told."
    ),
}


@dataclass(frozen=True, slots=True)
class RuleWarning:
    """``title`` of the notice, its ``text``, and the ``tag`` in the list."""

    title: str
    text: str
    tag: str


def rule_warning(
    channel: Channel, mode: RuleMode | None, consent_id: int | None, text: NotificationText | None
) -> RuleWarning | None:
    """What to warn of, None where nothing is amiss."""
    if text is None:
        return None
    consent = db.session.get(ConsentDefinition, consent_id) if consent_id else None
    words = marketing_words(text.subject, text.body)
    doubt = doubt_rule(channel, mode, consent, bool(words))
    if doubt is None:
        return None
    said = str(_TEXTS[doubt]) % {"words": ", ".join(words), "consent": consent.name if consent else ""}
    return RuleWarning(str(_TITLES.get(doubt, _OTHER_TITLE)), said, str(_TAGS.get(doubt, _OTHER_TAG)))
