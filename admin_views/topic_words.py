"""What a conversation is about and with whom, in words; the one place that knows a record's screen."""

from typing import Any

from flask import current_app, g, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape

from models import db
from models.conversation import Conversation
from models.message import Message
from queries.inbox import last_messages, numbers_of
from queries.topic_names import TopicName, topic_names

_RECORDS: dict[str, Any] = {
    "repair": _("Repair %(number)s"),
    "ticket": _("Ticket %(number)s"),
    "payment_due": _("Payment %(number)s"),
    "shipment": _("Shipment %(number)s"),
}
_TOPICS, _NUMBERS, _LAST = "conversation_topics", "conversation_numbers", "conversation_last"


def read_ahead(conversations: list[Conversation]) -> None:
    """Fetch at once what `topic_text`, `who` and `last_message` say of these conversations."""
    ids = [conversation.id for conversation in conversations]
    _kept(_TOPICS).update(topic_names(db.session, [one.topic for one in conversations]))
    _kept(_NUMBERS).update({**dict.fromkeys(ids, ""), **numbers_of(db.session, ids)})
    _kept(_LAST).update({**dict.fromkeys(ids, None), **last_messages(db.session, ids)})


def topic_text(conversation: Conversation) -> str:
    """The record by its number, else the subject, else that it is about nothing in particular."""
    if name := _name(conversation):
        return str(_RECORDS[name.kind] % {"number": name.number})
    if conversation.subject:
        return conversation.subject
    return gettext("General matters") if conversation.client_id else gettext("Unknown sender")


def topic_link(conversation: Conversation) -> Markup:
    """The same, leading to the record where it has a screen."""
    name = _name(conversation)
    endpoint = f"{name.kind}.details_view" if name else ""
    if name is None or endpoint not in current_app.view_functions:
        return escape(topic_text(conversation))
    place = url_for(endpoint, id=name.record_id)
    return Markup('<a href="{}">{}</a>').format(place, topic_text(conversation))


def who(conversation: Conversation) -> str:
    """The client, else the number or address."""
    if conversation.client:
        return conversation.client.name
    return number_of(conversation) or gettext("Unknown sender")


def number_of(conversation: Conversation) -> str:
    if conversation.id not in _kept(_NUMBERS):
        read_ahead([conversation])
    return str(_kept(_NUMBERS)[conversation.id])


def last_message(conversation: Conversation) -> Message | None:
    if conversation.id not in _kept(_LAST):
        read_ahead([conversation])
    found: Message | None = _kept(_LAST)[conversation.id]
    return found


def _name(conversation: Conversation) -> TopicName | None:
    if conversation.topic not in _kept(_TOPICS):
        _kept(_TOPICS).update(topic_names(db.session, [conversation.topic]))
    found: TopicName | None = _kept(_TOPICS).get(conversation.topic)
    return found


def _kept(name: str) -> dict[Any, Any]:
    """What was read for this request."""
    kept: dict[Any, Any] = g.setdefault(name, {})
    return kept
