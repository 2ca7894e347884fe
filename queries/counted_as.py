"""Under what the SMS report counts a text that is of no campaign."""

import sqlalchemy as sa

from domain.events import EventKind
from models.message import Message, Origin
from models.notification import FiredEvent, Notification

Event = Origin | EventKind
"""Of a notification the kind of its event; of any other text what it came from."""


def counted_as() -> sa.ColumnElement[str]:
    """The `Event` of a message, for a query on `Message`. In a GROUP BY it needs a subquery of its own:
    PostgreSQL tells two of it apart by their parameters.
    """
    kind = (
        sa.select(sa.type_coerce(FiredEvent.kind, sa.String()))
        .join(Notification, Notification.event_id == FiredEvent.id)
        .where(Notification.message_id == Message.id)
        .correlate(Message)
        .scalar_subquery()
    )
    origin = sa.type_coerce(Message.origin, sa.String())
    return sa.case((Message.origin == Origin.EVENT, sa.func.coalesce(kind, origin)), else_=origin)


def is_counted_as(event: Event) -> sa.ColumnElement[bool]:
    """Whether a message is of no campaign and counted as that."""
    origin = Origin.EVENT if isinstance(event, EventKind) else event
    is_it = sa.and_(Message.origin == origin, Message.campaign_id.is_(None))
    return sa.and_(is_it, counted_as() == event.value) if origin is Origin.EVENT else is_it


def event_called(name: str) -> Event:
    """Raises ValueError for what is neither an event's kind nor an origin."""
    return EventKind(name) if name in set(EventKind) else Origin(name)
