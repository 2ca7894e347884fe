"""The answer to a request for consent: a signed link, good once and for some days."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.consent_letters import CONFIRMED
from domain.links import verify_id
from models.client import Client, EmailAddress
from models.consent import ConsentAction, ConsentMethod, ConsentState
from models.consent_request import ConsentRequest
from models.sessions import rows_changed
from models.setting import LINK_KEY, secret_of
from queries.survivor import survivor_of
from services.ask_for_consent import CONFIRM
from services.record_consent import record_consent


class Standing(StrEnum):
    """What a request's link is still good for."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    VOID = "void"


def request_of_link(session: Session, token: str) -> ConsentRequest | None:
    """The request a token was made for; None for a forged token."""
    number = verify_id(CONFIRM, token, secret_of(session.connection(), LINK_KEY))
    return None if number is None else session.get(ConsentRequest, number)


def standing_of(session: Session, request: ConsentRequest, now: datetime) -> Standing:
    """Void: the words have changed since, or the address is no longer the client's, or the client withdrew
    the consent later; then somebody else's yes would count, or a yes to something else, or one taken back.
    """
    if request.answered_at is not None:
        return Standing.ANSWERED
    if now >= request.expires_at:
        return Standing.EXPIRED
    definition, client = request.definition, survivor_of(session, request.client_id)
    same_words = definition.is_active and definition.current_wording.id == request.wording_id
    if client is None or not same_words or not _is_theirs(session, client, request):
        return Standing.VOID
    return Standing.VOID if _is_withdrawn_since(session, client, request) else Standing.OPEN


def confirm_consent(
    session: Session, request: ConsentRequest, *, now: datetime, ip: str, user_agent: str
) -> Standing:
    """Grant what was asked for and return OPEN; any other standing means that nothing was recorded. Commits.

    A client merged since is granted it under the survivor.
    """
    # A write that changes nothing: two clicks at once take turns, on SQLite too.
    rows_changed(
        session,
        sa.update(ConsentRequest)
        .where(ConsentRequest.id == request.id)
        .values(requested_at=ConsentRequest.requested_at),
    )
    session.refresh(request)
    standing = standing_of(session, request, now)
    client = survivor_of(session, request.client_id)
    if standing is not Standing.OPEN or client is None:
        session.rollback()
        return standing
    event = record_consent(
        session,
        client_id=client.id,
        definition=request.definition,
        action=ConsentAction.GRANTED,
        method=ConsentMethod.LINK,
        source=f"{CONFIRMED} #{request.message_id}",
        actor_id=None,
        now=now,
        ip=ip,
        user_agent=user_agent,
    )
    request.answered_at, request.event_id = now, event.id
    session.commit()
    return Standing.OPEN


def _is_withdrawn_since(session: Session, client: Client, request: ConsentRequest) -> bool:
    """An older question may lie about beside the one that was answered."""
    state = session.get(ConsentState, (client.id, request.definition_id), populate_existing=True)
    return state is not None and not state.granted and state.event.recorded_at > request.requested_at


def _is_theirs(session: Session, client: Client, request: ConsentRequest) -> bool:
    theirs = sa.exists().where(
        EmailAddress.client_id.in_({client.id, request.client_id}),
        EmailAddress.address_digest == request.address_digest,
    )
    return bool(session.scalar(sa.select(theirs)))
