"""The link at the end of a message: whoever holds it may withdraw consent, without a log-in.

RODO art. 7 ust. 3 (withdrawing is as easy as giving), RFC 8058 (one click).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.links import verify_id
from models.campaign import CampaignRecipient
from models.client import EmailAddress
from models.consent import ConsentMethod, ConsentState
from models.message import Message
from models.sessions import rows_changed
from models.setting import LINK_KEY, secret_of
from queries.marketing_states import standing_marketing
from services.compose_mail import UNSUBSCRIBE
from services.record_consent import withdraw_consents


@dataclass(frozen=True, slots=True)
class LinkedConsents:
    """What a link stands for: the address written to, and the names of the consents still given."""

    address: str
    consents: tuple[str, ...]


def message_of_link(session: Session, token: str) -> Message | None:
    """The message a token was made for; None for a forged token or a message that is gone."""
    message_id = verify_id(UNSUBSCRIBE, token, secret_of(session.connection(), LINK_KEY))
    return None if message_id is None else session.get(Message, message_id)


def consents_behind(session: Session, message: Message) -> LinkedConsents:
    """What withdrawing would end now. Changes nothing."""
    names = sorted({state.definition.name for state in _active_grants(session, message)})
    return LinkedConsents(message.address, tuple(names))


def withdraw_by_link(
    session: Session, message: Message, *, now: datetime, ip: str, user_agent: str
) -> LinkedConsents:
    """Withdraw every e-mail marketing consent of all clients behind the message; what was withdrawn.

    Behind it are the campaign's recipients who share it, everybody else with that address today, and
    whom any of them was merged into. The second time there is nothing left to withdraw. Commits.
    """
    # A write that changes nothing: two clicks at once take turns, on SQLite too.
    rows_changed(
        session,
        sa.update(Message).where(Message.id == message.id).values(failures=Message.failures),
    )
    grants = _active_grants(session, message)
    names = sorted({state.definition.name for state in grants})
    withdraw_consents(
        session,
        grants,
        method=ConsentMethod.LINK,
        source=f"#{message.id}",
        now=now,
        ip=ip,
        user_agent=user_agent,
    )
    session.commit()
    return LinkedConsents(message.address, tuple(names))


def _active_grants(session: Session, message: Message) -> Sequence[ConsentState]:
    behind = (
        sa.select(CampaignRecipient.client_id)
        .where(CampaignRecipient.message_id == message.id)
        .union(
            sa.select(Message.client_id).where(Message.id == message.id),
            sa.select(EmailAddress.client_id).where(EmailAddress.address_digest == message.address_digest),
        )
    )
    return standing_marketing(session, Channel.EMAIL, behind)
