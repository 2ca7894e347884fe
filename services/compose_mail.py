"""From a Message row to the bytes that go out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from domain.channel import Purpose
from domain.errors import DomainError
from domain.links import sign_id, sign_until
from domain.local_time import WARSAW
from domain.mail_headers import Mailbox, envelope_address
from domain.mail_skeleton import AttachedFile, MailSkeleton, Slot
from domain.return_path import answer_address
from services.message_content import ContentRenderer, Rendered

UNSUBSCRIBE, CONSENTS, MESSAGE_ID = "unsubscribe", "consents", "message-id"
"""What links and Message-IDs are signed for, see `domain.links`."""
CONSENTS_LINK_LIVES = timedelta(days=90)
"""The page shows and takes consents, so a message forwarded or left behind must not open it for ever.
Withdrawing stays as easy as giving (RODO art. 7 ust. 3): the unsubscribe link beside it never expires.
"""
NO_LINKS: Mapping[str, str] = {"links.unsubscribe": "#", "links.consents": "#"}
"""What is only looked at is sent to nobody, so its links lead nowhere."""
VALUE_ROOTS = ("client", "contract", "investment", "account_manager", "company", "links", "variables")
RENDERED_TOGETHER = 50
NO_AUTOMATIC_ANSWER = ("X-Auto-Response-Suppress", "OOF, AutoReply")
"""Asks Exchange, which does not look at Auto-Submitted, not to answer by itself."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a message is from. ``link_key`` signs the links in it; ``base_url`` has no trailing slash.

    With ``takes_answers`` each message's answers come to an address of its own, made from ``reply_to``, else
    from the sender's.
    """

    mailbox: Mailbox
    reply_to: Mailbox | None
    base_url: str
    link_key: bytes
    takes_answers: bool = False

    @property
    def common_reply_to(self) -> Mailbox | None:
        """The Reply-To of all messages, where none has one of its own."""
        return None if self.takes_answers else self.reply_to

    def reply_to_of(self, message_id: int) -> Mailbox | None:
        """The signed Reply-To of one message; none where answers do not come to the application."""
        if not self.takes_answers:
            return None
        base = _ascii_address((self.reply_to or self.mailbox).address)
        return Mailbox(self.mailbox.name, answer_address(base, message_id, self.link_key))

    def unsubscribe_url(self, message_id: int) -> str:
        """The link that withdraws consent for everybody behind the message."""
        return unsubscribe_url(self.base_url, message_id, self.link_key)

    def rfc_message_id(self, message_id: int) -> str:
        """Deterministic per row: a message that did go out twice is recognised as one."""
        return f"<{sign_id(MESSAGE_ID, message_id, self.link_key)}@{_ascii_host(self.mailbox.address)}>"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What the composer needs of a Message row; ``values`` is a flat map of dotted path to text."""

    id: int
    address: str
    recipient_name: str
    failures: int
    values: Mapping[str, str]
    client_id: int | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    recipient: str
    payload: bytes


class CampaignComposer:
    """Builds a campaign's skeleton once; ``compose`` splices one recipient's parts in."""

    def __init__(
        self,
        sender: Sender,
        renderer: ContentRenderer,
        *,
        purpose: Purpose,
        common_values: Mapping[str, str],
        attachments: Sequence[AttachedFile],
    ) -> None:
        self._sender = sender
        self._renderer = renderer
        self._marketing = purpose == Purpose.MARKETING
        self._common = dict(common_values)
        self._has_logic = renderer.content.has_logic
        subject, text, html = ((), (), ()) if self._has_logic else _segments(renderer)
        self._skeleton = MailSkeleton.build(
            sender=sender.mailbox,
            reply_to=sender.common_reply_to,
            subject=subject,
            text=text,
            html=html,
            attachments=attachments,
            static_headers=(NO_AUTOMATIC_ANSWER,),
        )

    def compose(
        self, messages: Iterable[Outgoing], date: datetime
    ) -> Iterator[tuple[Outgoing, Envelope | DomainError]]:
        """Each message with its bytes, or with the error that makes it unsendable; in order, lazily."""
        batch: list[Outgoing] = []
        for message in messages:
            batch.append(message)
            if len(batch) == (RENDERED_TOGETHER if self._has_logic else 1):
                yield from self._batch(batch, date)
                batch = []
        yield from self._batch(batch, date)

    def _batch(
        self, batch: Sequence[Outgoing], date: datetime
    ) -> Iterator[tuple[Outgoing, Envelope | DomainError]]:
        if self._has_logic:
            bodies = self._render(batch, date)
        for place, message in enumerate(batch):
            try:
                links = self._links(message, date)
                own: dict[str, Any] = {
                    "to": Mailbox(message.recipient_name, message.address),
                    "message_id": self._sender.rfc_message_id(message.id),
                    "date": date,
                    "headers": self._headers(links["links.unsubscribe"]),
                    "reply_to": self._sender.reply_to_of(message.id),
                }
                if self._has_logic:
                    body = bodies[place]
                    if isinstance(body, DomainError):
                        raise body
                    payload = self._skeleton.splice_whole(
                        **own, subject=body.subject, text=body.text, html=body.html
                    )
                else:
                    payload = self._skeleton.splice(**own, values={**self._common, **message.values, **links})
                yield message, Envelope(envelope_address(message.address), payload)
            except DomainError as error:
                yield message, error

    def _render(self, batch: Sequence[Outgoing], date: datetime) -> list[Rendered | DomainError]:
        nested = [nest({**self._common, **message.values, **self._links(message, date)}) for message in batch]
        try:
            return list(self._renderer.render_many(nested))
        except DomainError as error:
            if len(batch) == 1:
                return [error]
            return [body for message in batch for body in self._render([message], date)]

    def _links(self, message: Outgoing, date: datetime) -> dict[str, str]:
        sender = self._sender
        return links_in(message.id, message.client_id, date, base_url=sender.base_url, key=sender.link_key)

    def _headers(self, unsubscribe: str) -> tuple[tuple[str, str], ...]:
        return one_click(unsubscribe) if self._marketing else ()


def links_in(
    message_id: int, client_id: int | None, date: datetime, *, base_url: str, key: bytes
) -> dict[str, str]:
    """The links of one message of that date, by their dotted paths; that to the consents is its client's."""
    return {
        "links.unsubscribe": unsubscribe_url(base_url, message_id, key),
        "links.consents": consents_url(base_url, client_id or 0, date, key),
    }


def unsubscribe_url(base_url: str, message_id: int, key: bytes) -> str:
    """The link that withdraws consent for everybody behind the message."""
    return f"{base_url}/u/{sign_id(UNSUBSCRIBE, message_id, key)}"


def consents_url(base_url: str, client_id: int, now: datetime, key: bytes) -> str:
    """The link to a client's own page of consents, valid for CONSENTS_LINK_LIVES."""
    return f"{base_url}/c/{sign_until(CONSENTS, client_id, _last_day(now), key)}"


@lru_cache(maxsize=16)
def _last_day(now: datetime) -> date:
    """The same for every message of a claim: a time zone costs as much as a signature."""
    return (now + CONSENTS_LINK_LIVES).astimezone(WARSAW).date()


def one_click(unsubscribe: str) -> tuple[tuple[str, str], ...]:
    """The headers of marketing that let its reader's program unsubscribe (RFC 8058)."""
    return (
        ("List-Unsubscribe", f"<{unsubscribe}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


@lru_cache(maxsize=16)
def _ascii_address(address: str) -> str:
    return envelope_address(address)


@lru_cache(maxsize=16)
def _ascii_host(address: str) -> str:
    return envelope_address("x@" + address.rpartition("@")[2])[2:]


def nest(flat: Mapping[str, str]) -> dict[str, Any]:
    """``{"client.name": "Anna"}`` as EJS reads it: ``{"client": {"name": "Anna"}}``."""
    nested: dict[str, Any] = {root: {} for root in VALUE_ROOTS}
    for path, value in flat.items():
        root, _, name = path.partition(".")
        nested.setdefault(root, {})[name] = value
    return nested


def _segments(renderer: ContentRenderer) -> tuple[tuple[str | Slot, ...], ...]:
    parts = renderer.segments()
    return tuple(
        tuple(Slot(piece, escape) if place % 2 else piece for place, piece in enumerate(pieces))
        for pieces, escape in ((parts.subject, False), (parts.text, False), (parts.html, True))
    )
