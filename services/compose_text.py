"""From a Message row to the SMS that goes out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.message import Message
from services.compose_mail import Outgoing
from services.text_content import TextRenderer

RENDERED_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class TextLetter:
    """A text ready to leave, and where to (E.164)."""

    number: str
    text: str


class CampaignTexts:
    """Renders a campaign's texts from what was frozen."""

    def __init__(self, renderer: TextRenderer, common_values: Mapping[str, str]) -> None:
        self._renderer = renderer
        self._common = dict(common_values)

    def compose(
        self, messages: Iterable[Outgoing], date: datetime
    ) -> Iterator[tuple[Outgoing, TextLetter | DomainError]]:
        """Each message with its text, or with the error that makes it unsendable; in order, lazily."""
        waiting = iter(messages)
        while batch := list(islice(waiting, RENDERED_TOGETHER)):
            yield from zip(batch, self._render(batch), strict=True)

    def _render(self, batch: list[Outgoing]) -> list[TextLetter | DomainError]:
        try:
            texts = self._renderer.render_many([{**self._common, **message.values} for message in batch])
        except DomainError as error:
            if len(batch) == 1:
                return [error]
            return [letter for message in batch for letter in self._render([message])]
        finished = self._renderer.content.finished
        return [
            TextLetter(message.address, finished(text)) for message, text in zip(batch, texts, strict=True)
        ]


class SingleTexts:
    """Composes each message from its own text, stored as it leaves."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def compose(
        self, messages: Iterable[Outgoing], date: datetime
    ) -> Iterator[tuple[Outgoing, TextLetter | DomainError]]:
        """Each message with its text; in order, lazily."""
        for outgoing in messages:
            text = self._session.get_one(Message, outgoing.id).body_text or ""
            self._session.rollback()  # no transaction stays open while the network is used
            yield outgoing, TextLetter(outgoing.address, text)
