"""A client's own page of consents and preferences, behind a signed link (RODO art. 7 ust. 3)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.consent_letters import SELF_SERVICE
from domain.errors import DomainError
from domain.links import verify_until
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentMethod, ConsentState
from models.consent_request import ConsentRequest
from models.setting import LINK_KEY, secret_of
from queries.client_card import ConsentLine, consent_lines
from queries.survivor import survivor_of
from services.ask_for_consent import Asking, NothingToAsk, ask_to_confirm
from services.compose_mail import CONSENTS
from services.hold_row import hold_row
from services.job_names import Enqueue
from services.record_audit import append_audit
from services.record_consent import record_consent, standing_grant

PREFERENCES = {Channel.EMAIL: "allow_email", Channel.SMS: "allow_sms"}


class WordingChanged(DomainError):
    message = "The wording of this consent has changed. Nothing was recorded: please read it again."


class Done(StrEnum):
    """What an answer on the page has led to."""

    GRANTED = "granted"
    ASKED = "asked"
    WITHDRAWN = "withdrawn"
    UNCHANGED = "unchanged"
    PREFERRED = "preferred"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands before the page, as far as anybody knows."""

    ip: str
    user_agent: str


def client_of_link(session: Session, token: str, today: date) -> Client | None:
    """Whose page it is, the survivor of a merged client; None for a forged token or a client who is gone.

    Raises LinkExpired.
    """
    number = verify_until(CONSENTS, token, secret_of(session.connection(), LINK_KEY), today)
    return None if number is None else survivor_of(session, number)


def lines_of_page(session: Session, client_id: int) -> list[ConsentLine]:
    """Every definition that has a wording, with what the client has said about it: the active ones, and of
    the others those that were given and can still be withdrawn.
    """
    lines = consent_lines(session, client_id)
    return [
        line
        for line in lines
        if line.definition.wordings and (line.definition.is_active or (line.state and line.state.granted))
    ]


def waiting_requests(session: Session, client_id: int, now: datetime) -> dict[int, ConsentRequest]:
    """What the client has been asked to confirm and still can, by definition; the newest of each."""
    open_ones = (
        sa.select(ConsentRequest)
        .where(
            ConsentRequest.client_id == client_id,
            ConsentRequest.answered_at.is_(None),
            ConsentRequest.expires_at > now,
        )
        .order_by(ConsentRequest.id)
    )
    return {request.definition_id: request for request in session.scalars(open_ones)}


def answer_consent(
    session: Session,
    asking: Asking,
    action: ConsentAction,
    visitor: Visitor,
    *,
    base_url: str,
    now: datetime,
    enqueue: Enqueue,
) -> Done:
    """Record what the client said on the page, or ask for its confirmation. Commits, and rings.

    The second time there is nothing left to do. A yes is one to the words that were read: raises
    WordingChanged where they are no longer the current ones, and what `ask_to_confirm` does.
    """
    definition, wants = session.get(ConsentDefinition, asking.definition_id), action is ConsentAction.GRANTED
    if definition is None or not definition.wordings or (wants and not definition.is_active):
        raise NothingToAsk
    stands = standing_grant(session, asking.client_id, definition) is not None  # and takes turns
    if wants and asking.wording_id != definition.current_wording.id:
        raise WordingChanged
    if stands if wants else not _is_granted(session, asking):
        session.rollback()
        return Done.UNCHANGED
    if wants and definition.confirm_by_email:
        ask_to_confirm(session, asking, base_url=base_url, now=now, enqueue=enqueue)
        return Done.ASKED
    record_consent(
        session,
        client_id=asking.client_id,
        definition=definition,
        action=action,
        method=ConsentMethod.LINK,
        source=SELF_SERVICE,
        actor_id=None,
        now=now,
        ip=visitor.ip,
        user_agent=visitor.user_agent,
    )
    session.commit()
    return Done.GRANTED if wants else Done.WITHDRAWN


def prefer_channel(
    session: Session, client_id: int, channel: Channel, *, wanted: bool, now: datetime
) -> Done:
    """Turn a channel on or off for the client, and audit it. Commits."""
    name = PREFERENCES[channel]
    hold_row(session, Client.updated_at, client_id)
    client = session.get_one(Client, client_id, populate_existing=True)
    if getattr(client, name) == wanted:
        session.rollback()
        return Done.UNCHANGED
    setattr(client, name, wanted)
    session.flush()
    append_audit(
        session,
        actor_id=None,
        action="prefer",
        entity="client",
        entity_id=client_id,
        values={"changes": {name: [not wanted, wanted]}, "source": SELF_SERVICE},
        now=now,
    )
    session.commit()
    return Done.PREFERRED


def _is_granted(session: Session, asking: Asking) -> bool:
    """Under whatever wording: a consent to old words can be withdrawn, too."""
    state = session.get(ConsentState, (asking.client_id, asking.definition_id))
    return state is not None and state.granted
