"""Double opt-in: a client is asked, at the primary e-mail address, to confirm a consent there.

The letter is a service message: it goes by the same rule book as any other, only the consent it asks for is
not needed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.consent_letters import TO_ASK, TO_CONFIRM, AskedConsent
from domain.eligibility import Reason
from domain.errors import DomainError
from domain.links import sign_id
from domain.local_time import WARSAW
from models.consent import ConsentDefinition, ConsentPurpose
from models.consent_request import ConsentRequest
from models.message import Message, Origin
from models.setting import LINK_KEY, secret_of
from queries.given_consents import processing_consent, processing_grant
from queries.one_client import OneClient, one_client
from services.branding import branding_in_force
from services.choose_account import default_mail_account
from services.company_name import company_name
from services.correct_contact import NoSuchClient
from services.dress_message import own_letter
from services.job_names import DELIVER, Enqueue
from services.record_audit import append_audit
from services.record_consent import standing_grant

CONFIRM = "consent-request"
LIVES = timedelta(days=7)
CLIENT_WAITS = timedelta(days=1)
"""A client who lost the letter tries again tomorrow; whoever holds the link cannot fill the mailbox."""
OFFICE_WAITS = timedelta(days=30)
"""A request for consent is itself close to marketing (PKE art. 398): who did not answer is left in peace."""


class NothingToAsk(DomainError):
    message = "This consent cannot be asked for: it is not active, or it has no wording yet."


class ConsentStands(DomainError):
    message = "This consent is given already, so nothing was sent."


class AskedAlready(DomainError):
    message = "Nothing was sent: there was a request on %(when)s. The next one can be sent from %(after)s."


class NoProcessingConsent(DomainError):
    message = "Nothing was sent: the client has given no consent to the processing of personal data."


class NoAddressToAsk(DomainError):
    message = "Nothing was sent: there is no valid e-mail address to send the request to."


class NoNumberToAskFor(DomainError):
    message = "Nothing was sent: there is no Polish mobile number that this consent could be for."


class AddressIsBlocked(DomainError):
    message = "Nothing was sent: the address or the number is blocked."


class ChannelIsOff(DomainError):
    message = "Nothing was sent: messages by this channel are turned off in the preferences."


_REFUSALS: dict[Reason, type[DomainError]] = {
    Reason.MISSING_EMAIL: NoAddressToAsk,
    Reason.INVALID_EMAIL: NoAddressToAsk,
    Reason.BLOCKED_EMAIL: AddressIsBlocked,
    Reason.MISSING_PHONE: NoNumberToAskFor,
    Reason.NOT_POLISH_MOBILE: NoNumberToAskFor,
    Reason.BLOCKED_PHONE: AddressIsBlocked,
    Reason.OPTED_OUT: ChannelIsOff,
}


@dataclass(frozen=True, slots=True)
class Asking:
    """``asked_by_id``: the person of the office who asks; none when the client does. ``wording_id``: the
    words that the client has read.
    """

    client_id: int
    definition_id: int
    asked_by_id: int | None = None
    wording_id: int | None = None


def ask_to_confirm(
    session: Session, asking: Asking, *, base_url: str, now: datetime, enqueue: Enqueue
) -> ConsentRequest:
    """Send the client, who has just given a consent, the letter that confirms it. Commits, then rings.

    Raises NoSuchClient, NothingToAsk, ConsentStands, AskedAlready, NoMailAccount, and the refusals of the
    rule book.
    """
    client, definition = _checked(session, asking)
    same = ConsentRequest.definition_id == definition.id
    _check_patience(session, client.id, same, CLIENT_WAITS, now)
    request = _ask(session, asking, client, definition, base_url, now)
    return _sent(session, request, enqueue)


def ask_from_office(
    session: Session, asking: Asking, *, base_url: str, now: datetime, enqueue: Enqueue
) -> ConsentRequest:
    """Ask a client for a consent to marketing, and audit it. Commits, then rings.

    Raises what `ask_to_confirm` does, and NoProcessingConsent: who has not agreed to that is not written to.
    """
    client, definition = _checked(session, asking)
    if definition.purpose is not ConsentPurpose.MARKETING:
        raise NothingToAsk
    if not session.scalar(sa.select(processing_consent(client.id))):
        raise NoProcessingConsent
    _check_patience(session, client.id, sa.true(), OFFICE_WAITS, now)
    request = _ask(session, asking, client, definition, base_url, now)
    append_audit(
        session,
        actor_id=asking.asked_by_id,
        action="ask_consent",
        entity="client",
        entity_id=client.id,
        values={"consent": definition.name, "request": request.id},
        now=now,
    )
    return _sent(session, request, enqueue)


def confirm_url(base_url: str, request_id: int, key: bytes) -> str:
    """The link that leads to the button; whose time it is stands in the request."""
    return f"{base_url}/confirm/{sign_id(CONFIRM, request_id, key)}"


def _checked(session: Session, asking: Asking) -> tuple[OneClient, ConsentDefinition]:
    definition = session.get(ConsentDefinition, asking.definition_id)
    if definition is None or not definition.is_active or not definition.wordings:
        raise NothingToAsk
    if standing_grant(session, asking.client_id, definition) is not None:  # takes turns by client, too
        raise ConsentStands
    client = one_client(session, asking.client_id, Channel.EMAIL, Purpose.SERVICE)
    if client is None:
        raise NoSuchClient
    about = client
    if definition.channel is Channel.SMS:
        about = one_client(session, asking.client_id, Channel.SMS, Purpose.SERVICE) or client
    for reason in (client.reason, about.reason):
        if reason is not None:
            raise _REFUSALS[reason]
    return client, definition


def _check_patience(
    session: Session, client_id: int, which: sa.ColumnElement[bool], waits: timedelta, now: datetime
) -> None:
    last = session.scalar(
        sa.select(sa.func.max(ConsentRequest.requested_at)).where(
            ConsentRequest.client_id == client_id, ConsentRequest.requested_at > now - waits, which
        )
    )
    if last is not None:
        raise AskedAlready(when=_said(last), after=_said(last + waits))


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(WARSAW):%d.%m.%Y %H:%M}"


def _ask(
    session: Session,
    asking: Asking,
    client: OneClient,
    definition: ConsentDefinition,
    base_url: str,
    now: datetime,
) -> ConsentRequest:
    request = ConsentRequest(
        client_id=client.id,
        definition_id=definition.id,
        wording_id=definition.current_wording.id,
        channel=Channel.EMAIL,
        address_digest=client.address_digest,
        requested_at=now,
        requested_by_id=asking.asked_by_id,
        expires_at=now + LIVES,
    )
    session.add(request)
    session.flush()
    asked = AskedConsent(
        name=definition.name,
        wording=definition.current_wording.text,
        url=confirm_url(base_url, request.id, secret_of(session.connection(), LINK_KEY)),
        expires_at=request.expires_at,
        company=company_name(session),
    )
    message = _message(session, request, client, asked)
    session.add(message)
    session.flush()
    request.message_id = message.id
    return request


def _message(session: Session, request: ConsentRequest, client: OneClient, asked: AskedConsent) -> Message:
    by_office = request.requested_by_id is not None
    letter = TO_ASK if by_office else TO_CONFIRM
    html, text = own_letter(asked.html(letter), branding_in_force(session))
    return Message(
        idempotency_key=f"consent_request:{request.id}:email",
        channel=Channel.EMAIL,
        # What the office asks needs the consent to data processing at the moment of sending, too, as any
        # notification; an answer to the client's own click does not.
        origin=Origin.EVENT if by_office else Origin.MANUAL,
        account_id=default_mail_account(session),
        client_id=client.id,
        consent_event_id=session.scalar(sa.select(processing_grant(client.id))) if by_office else None,
        address=client.address,
        address_digest=client.address_digest,
        recipient_name=client.name,
        subject=letter.subject,
        body_text=text,
        body_html=html,
        created_at=request.requested_at,
        due_at=request.requested_at,
    )


def _sent(session: Session, request: ConsentRequest, enqueue: Enqueue) -> ConsentRequest:
    message = session.get_one(Message, request.message_id)
    session.commit()
    enqueue(DELIVER, message.account_id, None, message.id, message.id)
    return request
