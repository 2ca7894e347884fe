"""An e-mail somebody wrote to us joins its conversation.

Which one is said by the address it came to, or by the Message-ID it answers: both are signed, so nobody gets
into a conversation by guessing. Mail without either is its author's, where exactly one client has that
address; of everybody else a person says who they are. A subject decides nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.answers import Answer, answer_in
from domain.auto_replies import is_machine_written
from domain.channel import Channel
from domain.incoming_mail import Letter
from domain.links import verify_id
from domain.mail_headers import Mailbox
from domain.quoted_text import pieces_of
from domain.return_path import message_of_answer_address
from models.client import Client, EmailAddress
from models.message import AddressRole, Direction, Message, MessageAddress
from models.setting import LINK_KEY, SUPPRESSION_KEY, secret_of
from services.compose_mail import MESSAGE_ID
from services.join_conversation import Incoming, join_conversation
from services.mark_effect import mark_answer

OLDEST = timedelta(days=30)
"""Mail that answers nothing of ours and is older stays in the mailbox: it was there before the setting."""

MOST_NAMED = 20
"""Message-IDs of a letter that are looked at."""


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What a letter answers and whose it is. ``is_automatic``: a machine wrote it."""

    answered: Message | None = None
    client_id: int | None = None
    digest: str = ""
    is_automatic: bool = False
    is_passed_over: bool = False

    @classmethod
    def none(cls) -> Self:
        return cls()

    @property
    def belongs(self) -> bool:
        """A stranger's newsletter opens no conversation."""
        return bool(self.digest) and not (
            self.is_automatic and self.answered is None and self.client_id is None
        )


def correspondence_of(session: Session, letter: Letter, now: datetime) -> Correspondence:
    answered = _answered(session, letter)
    digest = address_digest(
        normalise_email(letter.author.address), secret_of(session.connection(), SUPPRESSION_KEY)
    )
    moments = [each for each in (letter.written_at, letter.came_at) if each]  # a clock may be years behind
    is_old = bool(moments) and max(moments) < now - OLDEST
    return Correspondence(
        answered=answered,
        client_id=_only_client_of(session, digest),
        digest=digest,
        is_automatic=letter.is_receipt or is_machine_written(letter.headers, letter.author.address),
        is_passed_over=is_old and answered is None,
    )


def receive_mail(
    session: Session, message: Message, letter: Letter, found: Correspondence, now: datetime
) -> None:
    """Put the stored message into its conversation, which is unread then unless a machine wrote it. The
    caller commits.
    """
    message.address, message.address_digest = normalise_email(letter.author.address)[:400], found.digest
    message.subject, message.rfc_message_id = letter.subject[:998], letter.message_id or None
    message.body_text = letter.text.replace("\r\n", "\n").strip()
    message.sent_at = min(letter.written_at or now, now)
    message.is_automatic = found.is_automatic
    message.answers_id = found.answered.id if found.answered else None
    joined = join_conversation(
        session,
        Incoming(
            found.client_id,
            found.digest,
            Channel.EMAIL,
            found.answered,
            is_certain=found.answered is not None,
            waits=not found.is_automatic,
        ),
        now,
    )
    message.conversation_id, message.is_ambiguous = joined.conversation.id, joined.is_ambiguous
    message.client_id = joined.conversation.client_id or found.client_id
    _keep_addresses(session, message, letter)
    if not found.is_automatic:
        mark_answer(session, message, found.answered, _said(message), now)
    session.flush()


def _said(message: Message) -> Answer:
    """By itself an e-mail decides nothing, whatever it says."""
    pieces = pieces_of(message.body_text or "")
    return answer_in("".join(piece.text for piece in pieces if not piece.is_quoted))


def _answered(session: Session, letter: Letter) -> Message | None:
    """The message of ours it answers: by the signed address it came to, else by the signed Message-ID."""
    key = secret_of(session.connection(), LINK_KEY)
    number = message_of_answer_address(letter.sent_to, key)
    for named in letter.answers[:MOST_NAMED]:
        if number is not None:
            break
        number = verify_id(MESSAGE_ID, named.strip("<>").partition("@")[0], key)
    message = None if number is None else session.get(Message, number)
    return message if message and message.direction is Direction.OUTGOING else None


def _only_client_of(session: Session, digest: str) -> int | None:
    """The one client with that address; none when several share it."""
    owners = session.scalars(
        sa.select(Client.id)
        .join(EmailAddress, EmailAddress.client_id == Client.id)
        .where(EmailAddress.address_digest == digest, Client.merged_into_id.is_(None))
        .distinct()
        .limit(2)
    ).all()
    return owners[0] if len(owners) == 1 else None


def _keep_addresses(session: Session, message: Message, letter: Letter) -> None:
    secret = secret_of(session.connection(), SUPPRESSION_KEY)
    roles = (
        (AddressRole.FROM, (letter.sender,)),
        (AddressRole.REPLY_TO, (letter.reply_to,) if letter.reply_to else ()),
        (AddressRole.TO, letter.to),
        (AddressRole.CC, letter.cc),
    )
    for role, boxes in roles:
        message.addresses += [_address(role, box, secret) for box in boxes]


def _address(role: AddressRole, box: Mailbox, secret: bytes) -> MessageAddress:
    digest = address_digest(normalise_email(box.address), secret)
    return MessageAddress(role=role, name=box.name, address=box.address, address_digest=digest)
