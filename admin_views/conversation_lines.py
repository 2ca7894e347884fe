"""A conversation's messages as its page shows them."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from admin_views.formatters import tag
from admin_views.labels import label, tone
from admin_views.money import units
from admin_views.topic_words import last_message, topic_text
from domain.channel import Channel
from domain.delivery import Status
from domain.errors import DomainError
from extensions.babel import translate
from extensions.wiring import wiring
from models import db
from models.conversation import Conversation
from models.message import Direction, Message
from models.repair import CostOffer, OfferState
from queries.conversation_thread import decided_by, how_many, newest_messages, others_of_number
from services.read_message import read_message

LONG = 900
"""Characters after which an e-mail is folded."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. ``decided``: what the answer did to an offer, in words."""

    message: Message
    is_ours: bool
    text: str
    status: Any
    price: str
    decided: str

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer begins with: the channel of the last message, and the subject of an e-mail."""

    channel: Channel
    subject: str


def lines_of(conversation: Conversation, limit: int | None) -> tuple[list[Line], int]:
    """The last messages, the oldest first, and how many older ones there are."""
    session = db.session()
    messages = newest_messages(session, conversation.id, limit)
    offers = decided_by(session, messages)
    lines = [_line(message, offers.get(message.id)) for message in messages]
    return lines, how_many(session, conversation.id) - len(lines)


def answer_of(conversation: Conversation) -> Answered:
    last = last_message(conversation)
    if last is None or last.channel is not Channel.EMAIL:
        return Answered(Channel.SMS, "")
    subject = last.subject or ""
    return Answered(Channel.EMAIL, subject if subject.lower().startswith("re:") else f"Re: {subject}".strip())


def others_of(conversation: Conversation) -> list[tuple[str, str]]:
    """(what it is about, address) of each other open conversation with the same number."""
    return [
        (topic_text(other), url_for("conversation.details_view", id=other.id))
        for other in others_of_number(db.session(), conversation)
    ]


def _line(message: Message, offer: CostOffer | None) -> Line:
    is_ours = message.direction is Direction.OUTGOING
    return Line(
        message=message,
        is_ours=is_ours,
        text=_text(message),
        status=_status(message) if is_ours else "",
        price=units(message.cost) if message.cost else "",
        decided=_decided(offer) if offer else "",
    )


def _text(message: Message) -> str:
    try:
        rendered = read_message(message, wiring().ejs())
    except DomainError as error:
        return translate(error)
    return rendered.text.strip() if rendered else ""


def _status(message: Message) -> Any:
    """How far it has come: what became of it where that is known, else whether it went out."""
    if message.status is Status.SENT and message.delivery_state is not None:
        return tag(label(message.delivery_state), tone(message.delivery_state))
    return tag(label(message.status), tone(message.status))


def _decided(offer: CostOffer) -> str:
    values = {"version": offer.version, "amount": units(offer.amount), "number": offer.repair.number}
    if offer.state is OfferState.REJECTED:
        return gettext("Rejected offer %(version)s for repair %(number)s: %(amount)s", **values)
    return gettext("Accepted offer %(version)s for repair %(number)s: %(amount)s", **values)
