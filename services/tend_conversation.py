"""What staff do with a conversation beside answering it: read, assign, close, and say whose it is."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.errors import DomainError
from models.client import Client, EmailAddress, PhoneNumber
from models.contact_checks import email_columns, phone_columns
from models.conversation import Conversation, ConversationState
from models.message import Direction, Message
from models.setting import SUPPRESSION_KEY, secret_of
from models.user import User
from queries.inbox import numbers_of
from services.hold_row import hold_row
from services.record_audit import append_audit
from services.send_single import NoSuchClient
from services.topics import stranger_channel


class NoSuchConversation(DomainError):
    message = "This conversation is no longer there."


class NoSuchPerson(DomainError):
    message = "Choose somebody who has an account here."


class NotOfANumber(DomainError):
    message = "This conversation belongs to its client from the start, so it cannot be taken away."


class HasAClient(DomainError):
    message = "This conversation has a client already."


def mark_read(session: Session, conversation_id: int, seen: int) -> None:
    """What came up to the message with the id ``seen`` has been read, what came later has not. Commits."""
    after = (
        sa.select(sa.func.count())
        .where(
            Message.conversation_id == conversation_id,
            Message.direction == Direction.INCOMING,
            Message.is_automatic.is_(False),
            Message.id > seen,
        )
        .scalar_subquery()
    )
    session.execute(
        sa.update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.unread > 0)
        .values(unread=sa.case((after < Conversation.unread, after), else_=Conversation.unread))
        .execution_options(synchronize_session=False)
    )
    session.commit()


def assign(
    session: Session, conversation_id: int, assignee_id: int | None, *, actor_id: int | None, now: datetime
) -> None:
    """Give the conversation to somebody, or to nobody. Commits. Raises NoSuchPerson."""
    conversation = _locked(session, conversation_id)
    if assignee_id is not None:
        person = session.get(User, assignee_id)
        if person is None or not person.active:
            raise NoSuchPerson
    if conversation.assignee_id != assignee_id:
        changes = {"changes": {"assignee_id": [conversation.assignee_id, assignee_id]}}
        conversation.assignee_id = assignee_id
        _audit(session, "assign", conversation, changes, actor_id, now)
    session.commit()


def close(session: Session, conversation_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Nothing more is to be done; the next incoming message opens it again. Commits."""
    conversation = _locked(session, conversation_id)
    if conversation.state is not ConversationState.CLOSED:
        conversation.state = ConversationState.CLOSED
        conversation.unread, conversation.awaits_answer = 0, False
        _audit(session, "close", conversation, {}, actor_id, now)
    session.commit()


def reopen(session: Session, conversation_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Commits."""
    conversation = _locked(session, conversation_id)
    if conversation.state is not ConversationState.OPEN:
        conversation.state = ConversationState.OPEN
        _audit(session, "reopen", conversation, {}, actor_id, now)
    session.commit()


def link_client(
    session: Session,
    conversation_id: int,
    client_id: int,
    *,
    add_number: bool,
    actor_id: int | None,
    now: datetime,
) -> Client:
    """A stranger's conversation, with all its messages, becomes the client's; the number or address becomes
    one of the client's when asked to, the primary one where there is none. Commits.

    Raises NoSuchConversation, HasAClient and NoSuchClient.
    """
    conversation = _locked(session, conversation_id)
    if conversation.client_id is not None:
        raise HasAClient
    client = session.get(Client, client_id)
    if client is None or client.merged_into_id is not None or client.erased_at is not None:
        raise NoSuchClient
    address = numbers_of(session, [conversation.id]).get(conversation.id, "")
    add = _add_address if stranger_channel(conversation) is Channel.EMAIL else _add_number
    added = add(session, client, address) if add_number and address else False
    _belongs_to(session, conversation, client.id)
    _audit(session, "link", conversation, {"client": client.id, "number_added": added}, actor_id, now)
    session.commit()
    return client


def unlink_client(session: Session, conversation_id: int, *, actor_id: int | None, now: datetime) -> None:
    """A stranger's conversation is nobody's again; what was added stays with the client. Commits.

    Raises NotOfANumber for one that was a client's from the start.
    """
    conversation = _locked(session, conversation_id)
    if stranger_channel(conversation) is None:
        raise NotOfANumber
    was = conversation.client_id
    if was is not None:
        _belongs_to(session, conversation, None)
        _audit(session, "unlink", conversation, {"client": was}, actor_id, now)
    session.commit()


def _locked(session: Session, conversation_id: int) -> Conversation:
    hold_row(session, Conversation.updated_at, conversation_id)
    conversation = session.get(Conversation, conversation_id, populate_existing=True)
    if conversation is None:
        raise NoSuchConversation
    return conversation


def _belongs_to(session: Session, conversation: Conversation, client_id: int | None) -> None:
    conversation.client_id = client_id
    session.execute(
        sa.update(Message).where(Message.conversation_id == conversation.id).values(client_id=client_id)
    )


def _add_number(session: Session, client: Client, number: str) -> bool:
    checked = phone_columns(number, secret_of(session.connection(), SUPPRESSION_KEY))
    if any(row.normalised == checked["normalised"] for row in client.phone_numbers):
        return False
    client.phone_numbers.append(PhoneNumber(number=number, is_primary=client.primary_phone is None))
    session.flush()
    return True


def _add_address(session: Session, client: Client, address: str) -> bool:
    checked = email_columns(address, secret_of(session.connection(), SUPPRESSION_KEY))
    if any(row.normalised == checked["normalised"] for row in client.email_addresses):
        return False
    client.email_addresses.append(EmailAddress(address=address, is_primary=client.primary_email is None))
    session.flush()
    return True


def _audit(
    session: Session,
    action: str,
    conversation: Conversation,
    values: dict[str, Any],
    actor_id: int | None,
    now: datetime,
) -> None:
    append_audit(
        session,
        actor_id=actor_id,
        action=action,
        entity=Conversation.__tablename__,
        entity_id=conversation.id,
        values=values,
        now=now,
    )
