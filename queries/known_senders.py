"""Whose letters in a conversation are its client's word, by the addresses that are on record."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.client import Client, EmailAddress, Membership
from models.conversation import Conversation


def known_senders(session: Session, conversation: Conversation) -> frozenset[str]:
    """The digests of the client's e-mail addresses, of their contact persons' and, where a stranger wrote
    first, of the one they wrote from.

    Whoever was passed a message of ours can answer it, so a letter from elsewhere may belong here; but its
    author is not told what is the client's.
    """
    known: set[str] = set()
    if conversation.client_id is not None:
        known.update(session.scalars(_addresses(conversation.client_id)))
    if (conversation.topic or "").startswith(f"{Channel.EMAIL}:"):
        known.add(conversation.address_digest or "")
    return frozenset(known - {""})


def _addresses(client_id: int) -> sa.Select[str]:
    survivor = sa.select(Client.merged_into_id).where(Client.id == client_id)
    own = sa.select(Client.id).where(sa.or_(Client.id == client_id, Client.id.in_(survivor)))
    persons = sa.select(Membership.person_id).where(Membership.company_id.in_(own))
    return sa.select(EmailAddress.address_digest).where(
        sa.or_(EmailAddress.client_id.in_(own), EmailAddress.client_id.in_(persons))
    )
