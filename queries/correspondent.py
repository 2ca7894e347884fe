"""Whom an answer in a conversation goes to: the address it was written from, or the client's primary one.

A letter that came from none of the addresses on record is not answered: see `queries.known_senders`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.eligibility import EmailFacts, Reason, SmsFacts, email_reason, sms_reason
from models.client import Client
from models.contact_checks import email_columns, phone_columns
from models.conversation import Conversation
from models.message import Direction, Message
from models.setting import SUPPRESSION_KEY, secret_of
from models.suppression import Suppression
from queries.known_senders import known_senders
from queries.one_client import OneClient, one_client


@dataclass(frozen=True, slots=True)
class Correspondent:
    """``client_id`` is none for a stranger. ``reason``: why nothing may go to the address, if so;
    ``values``: dotted path to text.
    """

    client_id: int | None
    name: str
    address: str
    address_digest: str
    reason: Reason | None
    values: Mapping[str, str] = field(default_factory=dict)


def correspondent(session: Session, conversation: Conversation, channel: Channel) -> Correspondent | None:
    """None for a client who was erased, and by e-mail for a stranger who wrote none."""
    client = _client(session, conversation, channel)
    if client is None and conversation.client_id is not None:
        return None
    known = known_senders(session, conversation) if channel is Channel.EMAIL else None
    written_from = _address_of(session, conversation, channel, known)
    if written_from is None or (client and client.address == written_from):
        return _as_client(client) if client else None
    key = secret_of(session.connection(), SUPPRESSION_KEY)
    checked = (phone_columns if channel is Channel.SMS else email_columns)(written_from, key)
    digest = str(checked["address_digest"])
    return Correspondent(
        client_id=client.id if client else None,
        name=client.name if client else "",
        address=str(checked["normalised"]),
        address_digest=digest,
        reason=_reason(session, channel, checked, digest, client),
        values=client.values if client else {},
    )


def _client(session: Session, conversation: Conversation, channel: Channel) -> OneClient | None:
    """The client, or who they were merged into."""
    if conversation.client_id is None:
        return None
    survivor = sa.select(Client.merged_into_id).where(Client.id == conversation.client_id)
    client_id = session.scalar(survivor) or conversation.client_id
    return one_client(session, client_id, channel, Purpose.SERVICE)


def newest_is_from_elsewhere(session: Session, conversation: Conversation) -> str:
    """The address of the newest letter when it is not on record and so is not answered; else ""."""
    newest = session.execute(
        sa.select(Message.address, Message.address_digest)
        .where(*_written(conversation, Channel.EMAIL), Message.direction == Direction.INCOMING)
        .order_by(Message.id.desc())
        .limit(1)
    ).one_or_none()
    if newest is None or newest.address_digest in known_senders(session, conversation):
        return ""
    return str(newest.address)


def _address_of(
    session: Session, conversation: Conversation, channel: Channel, known: frozenset[str] | None
) -> str | None:
    """What somebody's newest message came from, else what our newest one went to; only ``known`` if given."""
    incoming_first = sa.case((Message.direction == Direction.INCOMING, 0), else_=1)
    among = () if known is None else (Message.address_digest.in_(known),)
    return session.scalar(
        sa.select(Message.address)
        .where(*_written(conversation, channel), *among)
        .order_by(incoming_first, Message.id.desc())
        .limit(1)
    )


def _written(conversation: Conversation, channel: Channel) -> tuple[sa.ColumnElement[bool], ...]:
    """What people wrote here by that channel."""
    return (
        Message.conversation_id == conversation.id,
        Message.channel == channel,
        Message.address != "",
        Message.is_automatic.is_(False),
    )


def _as_client(client: OneClient) -> Correspondent:
    return Correspondent(
        client.id, client.name, client.address, client.address_digest, client.reason, client.values
    )


def _reason(
    session: Session, channel: Channel, checked: Mapping[str, object], digest: str, client: OneClient | None
) -> Reason | None:
    """By the rules of every audience, for an address that is not the client's primary one."""
    blocked = sa.exists().where(
        Suppression.channel == channel,
        Suppression.address_digest == digest,
        Suppression.lifted_at.is_(None),
    )
    is_suppressed = bool(session.scalar(sa.select(blocked)))
    allowed = _preference(session, client, channel)
    address = str(checked["normalised"])
    if channel is Channel.SMS:
        mobile = bool(checked["is_polish_mobile"])
        return sms_reason(SmsFacts(address, mobile, is_suppressed, allowed, ()), Purpose.SERVICE)
    valid = bool(checked["is_valid"])
    return email_reason(EmailFacts(address, valid, is_suppressed, allowed, ()), Purpose.SERVICE)


def _preference(session: Session, client: OneClient | None, channel: Channel) -> bool:
    if client is None:
        return True
    column = Client.allow_sms if channel is Channel.SMS else Client.allow_email
    return bool(session.scalar(sa.select(column).where(Client.id == client.id)))
