"""A conversation's messages as its page shows them."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from admin_views.effect_words import Mark, marks_of
from admin_views.formatters import tag
from admin_views.labels import label, tone
from admin_views.money import units
from admin_views.topic_words import last_message, topic_text
from domain.channel import Channel
from domain.delivery import Status
from domain.errors import DomainError
from domain.mail_threads import answer_subject
from domain.quoted_text import Piece, pieces_of
from extensions.babel import translate
from extensions.wiring import wiring
from models import db
from models.conversation import Conversation
from models.message import Direction, Message
from models.repair import CostOffer, OfferState
from queries.conversation_thread import (
    decided_by,
    from_elsewhere,
    how_many,
    newest_messages,
    newest_subject,
    others_of_number,
)
from services.read_message import read_message

LONG = 900
"""Characters after which an e-mail is folded."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message. ``decided``: what the answer did to an offer, in words; ``mark``: what else it did or did
    not do. ``pieces``: what was written and
    what was only quoted, which is folded. ``is_from_elsewhere``: see `queries.conversation_thread`.
    """

    message: Message
    is_ours: bool
    pieces: tuple[Piece, ...]
    status: Any
    price: str
    decided: str
    mark: Mark | None
    is_from_elsewhere: bool

    @property
    def text(self) -> str:
        """What was written; where only a quotation came, that."""
        said = "".join(piece.text for piece in self.pieces if not piece.is_quoted)
        return (said if said.strip() else "".join(piece.text for piece in self.pieces)).strip()

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG

    @property
    def quotes(self) -> bool:
        """Whether there is a quotation beside what was written."""
        return len(self.pieces) > 1


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer begins with: the channel of the last message, and the subject of the last e-mail."""

    channel: Channel
    subject: str


def lines_of(conversation: Conversation, limit: int | None) -> tuple[list[Line], int]:
    """The last messages, the oldest first, and how many older ones there are."""
    session = db.session()
    messages = newest_messages(session, conversation.id, limit)
    offers, marks = decided_by(session, messages), marks_of(session, messages)
    foreign = from_elsewhere(session, conversation, messages)
    lines = [_line(each, offers.get(each.id), marks.get(each.id), each.id in foreign) for each in messages]
    return lines, how_many(session, conversation.id) - len(lines)


def answer_of(conversation: Conversation) -> Answered:
    last = last_message(conversation)
    by_mail = last is not None and last.channel is Channel.EMAIL
    subject = newest_subject(db.session(), conversation)
    return Answered(Channel.EMAIL if by_mail else Channel.SMS, answer_subject(subject) if subject else "")


def others_of(conversation: Conversation) -> list[tuple[str, str]]:
    """(what it is about, address) of each other open conversation with the same number."""
    return [
        (topic_text(other), url_for("conversation.details_view", id=other.id))
        for other in others_of_number(db.session(), conversation)
    ]


def _line(message: Message, offer: CostOffer | None, mark: Mark | None, is_from_elsewhere: bool) -> Line:
    is_ours = message.direction is Direction.OUTGOING
    return Line(
        message=message,
        is_ours=is_ours,
        pieces=_pieces(message),
        status=_status(message) if is_ours else "",
        price=units(message.cost) if message.cost else "",
        decided=_decided(offer) if offer else "",
        mark=mark,
        is_from_elsewhere=is_from_elsewhere,
    )


def _pieces(message: Message) -> tuple[Piece, ...]:
    text = _text(message)
    if message.channel is Channel.EMAIL and message.direction is Direction.INCOMING:
        return pieces_of(text)
    return (Piece(text, is_quoted=False),)


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
