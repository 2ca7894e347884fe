"""The consent by which a client may be told of an event at the moment of sending."""

from typing import Any

import sqlalchemy as sa

from models.consent import ConsentDefinition, ConsentEvent, ConsentPurpose
from models.message import Message
from models.notification import FiredEvent, Notification, NotificationRule
from queries.given_consents import processing_grant, same_grant


def told_grant(client_id: Any) -> sa.ColumnElement[int | None]:
    """The consent event that a notification relies on now; NULL when it may not be told.

    Today's grant of the consent it was written by. Where that was the consent to data processing, which every
    rule asks for, any other grant of that stands in, unless the rule names that very one.
    """
    frozen = Message.consent_event_id
    of_processing = (
        sa.select(ConsentEvent.id)
        .join(ConsentDefinition, ConsentDefinition.id == ConsentEvent.definition_id)
        .where(ConsentEvent.id == frozen, ConsentDefinition.purpose == ConsentPurpose.DATA_PROCESSING)
        .correlate(Message)
        .exists()
    )
    may_stand_in = sa.or_(frozen.is_(None), sa.and_(of_processing, sa.not_(_named_by_its_rule())))
    return sa.func.coalesce(
        same_grant(client_id, frozen), sa.case((may_stand_in, processing_grant(client_id)))
    )


def _named_by_its_rule() -> sa.ColumnElement[bool]:
    """Whether the rule of its event and channel, as it is now, depends on the consent it was written by."""
    return (
        sa.select(Notification.id)
        .join(FiredEvent, FiredEvent.id == Notification.event_id)
        .join(
            NotificationRule,
            sa.and_(
                NotificationRule.event == FiredEvent.kind, NotificationRule.channel == Notification.channel
            ),
        )
        .join(ConsentEvent, ConsentEvent.definition_id == NotificationRule.consent_definition_id)
        .where(Notification.message_id == Message.id, ConsentEvent.id == Message.consent_event_id)
        .correlate(Message)
        .exists()
    )
