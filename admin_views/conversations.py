"""Conversations: one inbox across SMS and e-mail."""

from typing import Any

import sqlalchemy as sa
from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.base import RecordView
from admin_views.conversation_moves import ConversationMoves
from admin_views.conversation_page import ConversationPage
from admin_views.filters import PanelFilter, chosen, flag, one_of, since, until
from admin_views.formatters import NOTHING, channel_icon, link, tag
from admin_views.inbox import InboxPages
from admin_views.labels import label
from admin_views.sections import SENDING
from admin_views.topic_words import last_message, number_of, read_ahead, topic_link, topic_text, who
from domain.channel import Channel
from domain.names import fold
from extensions.login import current_user_id
from extensions.wiring import wiring
from models.client import Client
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from queries.choices import staff_choices
from services.read_message import SubjectReader

LONGEST_SEARCH = 200
FEWEST_DIGITS = 3
"""Fewer say nothing about a telephone number."""


def _who(_view: Any, _context: Any, conversation: Conversation, _name: str) -> Markup:
    shown = link(who(conversation), ".details_view", id=conversation.id)
    if not conversation.unread:
        return shown
    badge = tag(gettext("%(count)s unread", count=conversation.unread), "info")
    return Markup("<strong>{}</strong> {}").format(shown, badge)


def _plain_who(_view: Any, _context: Any, conversation: Conversation, _name: str) -> str:
    return who(conversation)


def _topic(_view: Any, _context: Any, conversation: Conversation, _name: str) -> Markup:
    return topic_link(conversation)


def _plain_topic(_view: Any, _context: Any, conversation: Conversation, _name: str) -> str:
    return topic_text(conversation)


def _last(_view: Any, _context: Any, conversation: Conversation, _name: str) -> Markup:
    message = last_message(conversation)
    if message is None:
        return NOTHING
    return Markup('<span class="conversation-last">{}{}{}</span>').format(
        channel_icon(message.channel), _sign_of_ours(message), beginning_of(message)
    )


def _sign_of_ours(message: Message) -> Markup:
    if message.direction is Direction.INCOMING:
        return Markup("")
    return Markup('<i class="bi bi-reply" aria-hidden="true"></i><span class="sr-only">{}</span> ').format(
        gettext("Us:")
    )


def _plain_last(_view: Any, _context: Any, conversation: Conversation, _name: str) -> str:
    message = last_message(conversation)
    return beginning_of(message) if message else ""


def beginning_of(message: Message) -> str:
    """The first words of an SMS, the title of an e-mail."""
    if "subject_reader" not in g:
        g.subject_reader = SubjectReader(wiring().ejs())
    return str(g.subject_reader.subject(message)) or gettext("(no text)")


def _state(_view: Any, _context: Any, conversation: Conversation, _name: str) -> Markup:
    if conversation.awaits_answer and conversation.state is ConversationState.OPEN:
        return tag(gettext("Awaiting us"), "warning")
    return tag(label(conversation.state))


def _by_channel(channel: Channel) -> sa.ColumnElement[bool]:
    return sa.exists().where(Message.conversation_id == Conversation.id, Message.channel == channel)


_MINE = PanelFilter(
    "mine",
    _("Mine"),
    lambda mine: Conversation.assignee_id.is_not_distinct_from(current_user_id()) == mine,
    lambda text: {"1": True, "0": False}[text] if text in {"1", "0"} else int("neither"),
    options=lambda: [("1", gettext("Yes")), ("0", gettext("No"))],
)
_CHANNEL = PanelFilter(
    "channel",
    _("Channel"),
    _by_channel,
    Channel,
    options=lambda: [(each.value, str(label(each))) for each in (Channel.SMS, Channel.EMAIL)],
)
AWAITS_US = sa.and_(Conversation.awaits_answer, Conversation.state == ConversationState.OPEN)


class ConversationView(InboxPages, ConversationPage, ConversationMoves, RecordView):
    record = Conversation
    title = _("Conversations")
    menu_section = SENDING
    icon = "bi-chat-left-text"
    empty_title = _("No conversations yet")
    empty_hint = _("When a client answers a text or an e-mail, their answer is here, and you can write back.")

    column_list = ("client", "topic", "last", "last_message_at", "assignee", "state")
    column_export_list = (
        "client", "number", "topic", "last", "last_message_at", "unread", "awaits_answer", "assignee",
        "state",
    )  # fmt: skip
    column_labels = {
        "client": _("Client"),
        "number": _("Number or address"),
        "topic": _("Subject"),
        "last": _("Last message"),
        "last_message_at": _("Last message at"),
        "unread": _("Unread messages"),
        "awaits_answer": _("Awaiting us"),
        "assignee": _("Assigned to"),
        "state": _("State"),
    }
    column_formatters = {"client": _who, "topic": _topic, "last": _last, "state": _state}
    column_formatters_export = {
        "client": _plain_who,
        "number": lambda _view, _context, conversation, _name: number_of(conversation),
        "topic": _plain_topic,
        "last": _plain_last,
        "assignee": lambda _view, _context, conversation, _name: str(conversation.assignee or ""),
    }
    column_sortable_list = ("last_message_at", "state")
    column_default_sort = ("last_message_at", True)
    column_searchable_list = ("subject",)
    column_filters = (
        flag("unread", _("Unread"), Conversation.unread > 0),
        _MINE,
        flag("awaiting", _("Awaiting us"), AWAITS_US),
        _CHANNEL,
        one_of("state", _("State"), Conversation.state, ConversationState),
        chosen("client", _("Client number"), lambda id_: Conversation.client_id == id_, lambda: []),
        chosen("assignee", _("Assigned to"), lambda id_: Conversation.assignee_id == id_, staff_choices),
        since("last", _("Last message at"), Conversation.last_message_at),
        until("last", _("Last message at"), Conversation.last_message_at),
    )
    list_template = "conversation/list.html"
    details_template = "conversation/details.html"

    def record_title(self, model: Conversation) -> str:
        return who(model)

    def get_list(self, *arguments: Any, **named: Any) -> Any:
        count, rows = super().get_list(*arguments, **named)
        if named.get("execute", True):
            read_ahead(list(rows))
        return count, rows

    def _apply_search(self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str) -> Any:
        for word in search[:LONGEST_SEARCH].split():
            found = _has_word(word)
            query, count_query = query.filter(found), count_query.filter(found)
        return query, count_query, joins, count_joins

    def search_placeholder(self) -> str:
        return gettext("Client, number or address")


def _has_word(word: str) -> sa.ColumnElement[bool]:
    """In the client's name, in the subject, or in an address a message came from or went to."""
    digits = "".join(character for character in word if character.isdigit())
    is_number = len(digits) >= FEWEST_DIGITS and not any(character.isalpha() for character in word)
    address = digits if is_number else word.lower()
    named = sa.select(Client.id).where(Client.search.contains(fold(word), autoescape=True))
    written = sa.exists().where(
        Message.conversation_id == Conversation.id, Message.address.icontains(address, autoescape=True)
    )
    return sa.or_(
        Conversation.client_id.in_(named), Conversation.subject.icontains(word, autoescape=True), written
    )
