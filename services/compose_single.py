"""Single messages, whose bodies are stored with them: tests, answers, notifications."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.mail_headers import Mailbox, envelope_address
from domain.mail_skeleton import AttachedFile, MailSkeleton
from gateways.files import FileStore
from models.message import Message
from services.compose_mail import Envelope, Outgoing, Sender, one_click


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
            yield message, envelope

    def _compose(self, outgoing: Outgoing, date: datetime) -> Envelope:
        message = self._session.get_one(Message, outgoing.id)
        is_marketing = message.consent_event_id is not None  # as `queries.sending_check` has it
        skeleton = MailSkeleton.build(
            sender=self._sender.mailbox,
            reply_to=self._sender.reply_to,
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
            headers=one_click(self._sender.unsubscribe_url(message.id)) if is_marketing else (),
        )
        self._session.rollback()  # no transaction stays open while the network is used
        return Envelope(envelope_address(outgoing.address), payload)
