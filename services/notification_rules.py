"""The rule and the text in force for an event and a channel: what somebody set, else the default."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.events import PAIRS, EventKind
from domain.notification_rules import RuleMode, default_mode
from domain.notification_texts import NotificationText, default_text
from models.notification import NotificationRule


@dataclass(frozen=True, slots=True)
class Rule:
    """``consent_definition_id``: what the mode ``consent`` names. ``own_text``: it is not the default.
    ``version``: when it was last saved, and ``saved_by_id`` by whom; none for a rule that nobody has saved.
    """

    event: EventKind
    channel: Channel
    mode: RuleMode
    text: NotificationText | None
    consent_definition_id: int | None = None
    strip_letters: bool | None = None
    own_text: bool = False
    version: datetime | None = None
    saved_by_id: int | None = None


def rule_in_force(session: Session, event: EventKind, channel: Channel) -> Rule:
    """The rule of one pair; of a pair that is not offered, ``never`` without a text."""
    if (event, channel) not in PAIRS:
        return Rule(event, channel, RuleMode.NEVER, None)
    stored = session.scalars(
        sa.select(NotificationRule).where(
            NotificationRule.event == event, NotificationRule.channel == channel
        )
    ).one_or_none()
    return _in_force(event, channel, stored)


def rules_in_force(session: Session) -> list[Rule]:
    """All 19, in the order of `domain.events.PAIRS`."""
    stored = {(rule.event, rule.channel): rule for rule in session.scalars(sa.select(NotificationRule))}
    return [_in_force(event, channel, stored.get((event, channel))) for event, channel in PAIRS]


def _in_force(event: EventKind, channel: Channel, stored: NotificationRule | None) -> Rule:
    default = default_text(event, channel)
    if stored is None:
        return Rule(event, channel, default_mode(event, channel), default)
    own = bool(stored.body)
    return Rule(
        event,
        channel,
        stored.mode,
        NotificationText(stored.subject, stored.body) if own else default,
        stored.consent_definition_id,
        stored.strip_letters,
        own,
        stored.updated_at,
        stored.updated_by_id,
    )
