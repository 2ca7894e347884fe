"""Single messages, whose bodies are stored with them: tests, answers, notifications."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.mail_headers import Mailbox, envelope_address
from domain.mail_skeleton import AttachedFile, MailSkeleton
from domain.mail_threads import message_ids
from gateways.files import FileStore
from models.consent import ConsentPurpose
from models.consent_request import ConsentRequest
from models.message import Direction, Message, Origin
from services.compose_mail import NO_AUTOMATIC_ANSWER, Envelope, Outgoing, Sender, one_click

AUTOMATIC = (Origin.EVENT, Origin.SEQUENCE)
"""What no person sent by hand."""
AUTO_GENERATED = ("Auto-Submitted", "auto-generated")
"""RFC 3834 5: no machine is to answer this."""
LONGEST_THREAD = 20
"""Messages named by References: enough for every reader to find the thread."""


class SingleComposer:
    """Composes each message from its own subject, bodies and attachments."""

    def __init__(self, session: Session, sender: Sender, files: FileStore) -> None:
        self._session = session
        self._sender = sender
        self._files = files

    def compose(
        self, messages: Iterable[Outgoing], date: datetime
    ) -> Iterator[tuple[Outgoing, Envelope | DomainError]]:
        """Each message with its bytes, or with the error that makes it unsendable; in order, lazily."""
        for message in messages:
            try:
                envelope: Envelope | DomainError = self._compose(message, date)
            except DomainError as error:
                envelope = error
            finally:
                self._session.rollback()  # no transaction stays open while the network is used
            yield message, envelope

    def _compose(self, outgoing: Outgoing, date: datetime) -> Envelope:
        message = self._session.get_one(Message, outgoing.id)
        skeleton = MailSkeleton.build(
            sender=self._sender.mailbox,
            reply_to=self._sender.common_reply_to,
            subject=(),
            text=(),
            html=(),
            attachments=[
                AttachedFile(file.filename, file.content_type, self._files.read(file.uuid))
                for file in message.attachments
            ],
        )
        payload = skeleton.splice_whole(
            to=Mailbox(message.recipient_name, message.address),
            message_id=self._sender.rfc_message_id(message.id),
            date=date,
            subject=message.subject or "",
            text=message.body_text or "",
            html=message.body_html or "",
            headers=self._headers(message),
            reply_to=self._sender.reply_to_of(message.id),
        )
        return Envelope(envelope_address(outgoing.address), payload)

    def _headers(self, message: Message) -> tuple[tuple[str, str], ...]:
        by_itself = message.origin in AUTOMATIC or self._was_asked_for(message)
        automatic = (AUTO_GENERATED, NO_AUTOMATIC_ANSWER) if by_itself else ()
        consent = message.consent_event
        by_marketing = consent is not None and consent.definition.purpose is ConsentPurpose.MARKETING
        unsubscribing = one_click(self._sender.unsubscribe_url(message.id)) if by_marketing else ()
        return (*automatic, *unsubscribing, *self._thread(message))

    def _was_asked_for(self, message: Message) -> bool:
        """Whether it is the letter that answers a client's own click at the page of consents."""
        asked = sa.exists().where(
            ConsentRequest.client_id == message.client_id, ConsentRequest.message_id == message.id
        )
        return bool(self._session.scalar(sa.select(asked)))

    def _thread(self, message: Message) -> tuple[tuple[str, str], ...]:
        """What puts an answer below the mail it answers (RFC 5322 3.6.4)."""
        chain: list[str] = []
        before = message.answers
        while before is not None and len(chain) < LONGEST_THREAD:
            chain.append(self._message_id(before))
            before = before.answers
        known = [each for each in reversed(chain) if each]
        if not chain or not chain[0]:
            return ()
        return (("In-Reply-To", chain[0]), ("References", " ".join(known)))

    def _message_id(self, message: Message) -> str:
        """As it came; ours as it is made, unless it left from an account of another host."""
        if message.direction is Direction.OUTGOING:
            return self._sender.rfc_message_id(message.id)
        return next(iter(message_ids(message.rfc_message_id or "")), "")
