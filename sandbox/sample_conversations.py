"""The sample company's conversations: answers to its past texts, as `services.receive_text` keeps them."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.addresses import address_digest
from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.local_time import WARSAW
from models.canned_answer import CannedAnswer
from models.client import Client, EmailAddress
from models.conversation import Conversation, ConversationState
from models.mail_account import MailAccount
from models.message import AddressRole, Direction, Message, MessageAddress, Origin
from models.setting import SUPPRESSION_KEY, secret_of
from services.join_conversation import Incoming, join_conversation, newest_text_to
from services.topics import conversation_about, topic_of_correspondent

STRANGER = "+48732000417"
QUESTION = "Dzień dobry, czy na dzień otwarty trzeba się wcześniej zapisać?"
AMBIGUOUS = "Pasuje, będę o 10. Dziękuję"
FROM_STRANGER = "Dzień dobry, numer mam od znajomej. Czy są jeszcze wolne mieszkania trzypokojowe?"
OFFICE = "Nadrzecze Development"
LETTER = "Plan mieszkania i harmonogram"
LETTER_ANSWERED = (
    "Dzień dobry,\n\ndziękuję, plan się zgadza. Czy termin odbioru w czerwcu jest już pewny?\n\n"
    "Pozdrawiam serdecznie"
)
DONE = "Proszę o przesłanie planu osiedla na e-mail."
CANNED = (
    (
        "Godziny otwarcia biura",
        "Biuro sprzedaży jest czynne od poniedziałku do piątku w godz. 9-17 oraz w soboty w godz. 10-14.",
    ),
    ("Oddzwonimy", "Dziękujemy za wiadomość. Opiekun zadzwoni do Państwa jeszcze dziś."),
    ("Zapisy", "Nie trzeba się zapisywać, zapraszamy o dowolnej porze w godzinach otwarcia."),
)


def write_conversations(session: Session, *, assignee_id: int, now: datetime) -> None:
    """One unread, one that may be about something else, one of an unknown number, one closed, one by e-mail.
    The caller commits. No text of ours is added: each would have to be paid for.
    """
    asked, unsure, done, lettered = _answering(session)
    _hear(session, asked.address, QUESTION, asked.client_id, now - timedelta(hours=2))
    _write(session, _other(session, unsure, now), unsure, "Termin odbioru kluczy", now - timedelta(days=8))
    _hear(session, unsure.address, AMBIGUOUS, unsure.client_id, now - timedelta(hours=5))
    _hear(session, STRANGER, FROM_STRANGER, None, now - timedelta(minutes=40))
    closed = _hear(session, done.address, DONE, done.client_id, now - timedelta(days=7))
    _write(session, closed, done, "Plan osiedla", now - timedelta(days=6, hours=23))
    closed.state, closed.assignee_id = ConversationState.CLOSED, assignee_id
    closed.unread, closed.awaits_answer = 0, False
    _exchange_letters(session, lettered, now)
    for name, body in CANNED:
        session.add(CannedAnswer(name=name, body=body, created_at=now, updated_at=now))
    session.flush()


def _exchange_letters(session: Session, text: Message, now: datetime) -> None:
    """A letter of ours and the client's answer, with ours quoted below it."""
    conversation = conversation_about(
        session,
        topic_of_correspondent(text.client_id, ""),
        text.client_id,
        text.address_digest or "",
        now - timedelta(days=1),
    )
    ours = _write(session, conversation, text, LETTER, now - timedelta(days=1))
    incoming = Incoming(
        text.client_id, ours.address_digest or "", Channel.EMAIL, answered=ours, is_certain=True
    )
    moment = now - timedelta(minutes=90)
    joined = join_conversation(session, incoming, moment)
    answer = _message(joined.conversation, ours.address, ours.address_digest or "", moment)
    answer.channel, answer.direction, answer.status = Channel.EMAIL, Direction.INCOMING, Status.RECEIVED
    answer.origin, answer.account_id, answer.answers_id = Origin.MAILBOX, ours.account_id, ours.id
    answer.subject, answer.rfc_message_id = f"Odp: {LETTER}", f"<{ours.id}.odp@poczta.example>"
    quoted = "".join(f"> {line}\n" for line in (ours.body_text or "").splitlines())
    answer.body_text = f"{LETTER_ANSWERED}\n\n{_attribution(session, ours)}\n\n{quoted}"
    answer.addresses = [_from(ours)]
    session.add(answer)
    session.flush()


def _from(ours: Message) -> MessageAddress:
    return MessageAddress(
        role=AddressRole.FROM,
        name=ours.recipient_name,
        address=ours.address,
        address_digest=ours.address_digest or "",
    )


def _attribution(session: Session, ours: Message) -> str:
    """As Polish Gmail has it."""
    written = (ours.sent_at or ours.created_at).astimezone(WARSAW)
    account = session.get_one(MailAccount, ours.account_id)
    office = account.sender_address or "biuro@nadrzecze.example"
    return f"W dniu {written:%d.%m.%Y} o {written:%H:%M} {OFFICE} <{office}> napisał(a):"


def _answering(session: Session) -> list[Message]:
    """Four texts that arrived at clients with an address that can be written to."""
    good = sa.select(EmailAddress.client_id).where(EmailAddress.is_primary, EmailAddress.is_valid)
    return list(
        session.scalars(
            sa.select(Message)
            .join(Client, Client.id == Message.client_id)
            .where(
                Message.channel == Channel.SMS,
                Message.delivery_state == DeliveryState.DELIVERED,
                Client.id.in_(good),
                Client.allow_email,
            )
            .order_by(Message.id)
            .limit(4)
        )
    )


def _hear(session: Session, number: str, text: str, client_id: int | None, moment: datetime) -> Conversation:
    digest = address_digest(number, secret_of(session.connection(), SUPPRESSION_KEY))
    newest = newest_text_to(session, digest)
    joined = join_conversation(session, Incoming(client_id, digest, answered=newest), moment)
    message = _message(joined.conversation, number, digest, moment)
    message.channel, message.direction, message.status = Channel.SMS, Direction.INCOMING, Status.RECEIVED
    message.origin, message.sender, message.body_text = Origin.MAILBOX, number[:16], text
    message.is_ambiguous = joined.is_ambiguous
    session.add(message)
    session.flush()
    return joined.conversation


def _other(session: Session, text: Message, now: datetime) -> Conversation:
    """Another open conversation with the number the text went to."""
    conversation = Conversation(
        client_id=text.client_id,
        subject="Odbiór kluczy",
        address_digest=text.address_digest,
        last_message_at=now - timedelta(days=8),
        created_at=now,
        updated_at=now,
    )
    session.add(conversation)
    session.flush()
    return conversation


def _write(
    session: Session, conversation: Conversation, text: Message, subject: str, moment: datetime
) -> Message:
    """An e-mail of ours, sent."""
    client = session.get_one(Client, text.client_id)
    address = client.primary_email
    if address is None:
        raise ValueError("a client without an address was chosen")
    words = f"Dzień dobry,\n\nw załączeniu przesyłamy to, o czym rozmawialiśmy.\n\n{OFFICE}"
    message = _message(conversation, address.address, address.address_digest, moment)
    message.channel, message.origin, message.status = Channel.EMAIL, Origin.MANUAL, Status.SENT
    message.account_id = session.scalars(sa.select(MailAccount.id).where(MailAccount.is_default)).one()
    message.subject, message.body_text, message.recipient_name = subject, words, client.name
    session.add(message)
    conversation.last_message_at = moment
    session.flush()
    return message


def _message(conversation: Conversation, address: str, digest: str, moment: datetime) -> Message:
    return Message(
        idempotency_key=f"sample:{conversation.id}:{moment.isoformat()}",
        conversation_id=conversation.id,
        client_id=conversation.client_id,
        address=address,
        address_digest=digest,
        created_at=moment,
        due_at=moment,
        sent_at=moment,
        finished_at=moment,
    )
