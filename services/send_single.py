"""One message to one client, written by hand: checked, quoted, and sent once however often that is asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.eligibility import Reason
from domain.errors import DomainError
from domain.local_time import WARSAW
from domain.money import in_zloty
from gateways.ejs import EjsRuntime
from models.message import Message, Origin
from models.setting import LINK_KEY, secret_of
from queries.one_client import OneClient, one_client
from services.approve_campaign import QuoteChanged
from services.attach_single import files_to_send
from services.choose_account import default_mail_account, sms_account_to_send_from
from services.compose_mail import NO_LINKS, links_in
from services.job_names import Enqueue
from services.ledger import NotEnoughMoney
from services.message_content import Rendered
from services.price_list import tariff_on
from services.queue_once import OfForm, queue_once, sent_before
from services.quote_texts import Quote, quote_one
from services.record_audit import append_audit
from services.topics import conversation_about, topic_of_correspondent
from services.write_single import Known, Written, finished_text, render_mail, render_text


class NoSuchClient(DomainError):
    message = "This client is no longer there."


class MayNotWrite(DomainError):
    """The client may not be written to by this channel for this purpose; ``reason`` says why."""

    message = "Nothing was sent: this client may not be written to by this channel."

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__()


@dataclass(frozen=True, slots=True)
class SinglePreview:
    """What would be sent, and where to. ``quote``, and ``left`` of the money in 1/10000 PLN, are an SMS's."""

    client: OneClient
    rendered: Rendered
    quote: Quote | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class SingleOrder:
    """What a person sends; ``token`` (a UUID) is the same however often the one form is sent.

    ``cost``: what an SMS was shown to cost, in 1/10000 PLN. ``files``: UUIDs of what the sender has attached
    to an e-mail, see `services.attach_single`.
    """

    client_id: int
    written: Written
    token: str
    sent_by_id: int | None
    cost: int | None = None
    files: tuple[str, ...] = ()


def preview_single(
    session: Session, client_id: int, written: Written, runtime: EjsRuntime, now: datetime
) -> SinglePreview:
    """What the client would get, checked as far as one can without sending it.

    Raises NoSuchClient, MayNotWrite, what `services.write_single` raises; for an SMS also NoSmsAccount,
    SmsAccountOff, NotEnoughMoney and what `services.quote_texts` raises.
    """
    client = one_client(session, client_id, written.channel, written.purpose)
    if client is None:
        raise NoSuchClient
    if client.reason is not None:
        raise MayNotWrite(client.reason)
    if written.channel is Channel.EMAIL:
        return SinglePreview(client, render_mail(session, written, client, runtime, links=NO_LINKS))
    renderer, values = render_text(session, written, client, runtime)
    account = sms_account_to_send_from(session)
    quote = quote_one(renderer, client.address, values, tariff_on(session, now.astimezone(WARSAW).date()))
    left = account.available - quote.total
    if left < 0:
        raise NotEnoughMoney(needed=in_zloty(quote.total), available=in_zloty(account.available))
    return SinglePreview(client, Rendered("", "", finished_text(renderer, values)), quote, left)


def send_single(
    session: Session,
    order: SingleOrder,
    runtime: EjsRuntime,
    *,
    base_url: str,
    now: datetime,
    enqueue: Enqueue,
) -> tuple[Message, bool]:
    """Queue the message and audit it; False beside it when this form has sent it before. Commits, then rings.

    Raises what `preview_single` does, QuoteChanged, NoMailAccount, NotAttached, and AnotherMessage for a
    token that belongs to another client's message. Then nothing is stored.
    """
    form = OfForm(order.token, lambda sent: sent.client_id == order.client_id)
    if sent := sent_before(session, form):
        return sent, False
    preview = preview_single(session, order.client_id, order.written, runtime, now)
    cost = preview.quote.total if preview.quote else None
    if cost is not None and order.cost is not None and cost > order.cost:
        raise QuoteChanged(now=in_zloty(cost), before=in_zloty(order.cost))
    message = _message(session, order, preview, now)

    def finish() -> None:
        if order.written.channel is Channel.EMAIL:
            write_mail(session, message, order.written, preview.client, runtime, base_url)
        _audit(session, order, message, now)

    return queue_once(session, message, form, finish, enqueue)


def _message(session: Session, order: SingleOrder, preview: SinglePreview, now: datetime) -> Message:
    client, is_text = preview.client, order.written.channel is Channel.SMS
    account = sms_account_to_send_from(session) if is_text else None
    topic = topic_of_correspondent(client.id, client.address_digest)
    conversation = conversation_about(session, topic, client.id, client.address_digest, now)
    conversation.awaits_answer = False
    return Message(
        idempotency_key=order.token,
        conversation_id=conversation.id,
        channel=order.written.channel,
        origin=Origin.MANUAL,
        account_id=None if account else default_mail_account(session),
        sms_account_id=account.id if account else None,
        sender=account.sender if account else "",
        client_id=client.id,
        consent_event_id=client.consent_event_id,
        address=client.address,
        address_digest=client.address_digest,
        recipient_name=client.name,
        subject=None if is_text else preview.rendered.subject,
        body_text=preview.rendered.text,
        body_html=None if is_text else preview.rendered.html,
        created_at=now,
        due_at=now,
        attachments=[] if is_text else files_to_send(session, order.files, order.sent_by_id),
    )


def write_mail(
    session: Session,
    message: Message,
    written: Written,
    client: Known,
    runtime: EjsRuntime,
    base_url: str,
) -> None:
    """Render a stored e-mail with the links that belong to this very message, where a preview has none."""
    key = secret_of(session.connection(), LINK_KEY)
    links = links_in(message.id, message.client_id, message.created_at, base_url=base_url, key=key)
    rendered = render_mail(session, written, client, runtime, links=links)
    message.subject, message.body_html, message.body_text = rendered.subject, rendered.html, rendered.text


def _audit(session: Session, order: SingleOrder, message: Message, now: datetime) -> None:
    append_audit(
        session,
        actor_id=order.sent_by_id,
        action="send",
        entity=Message.__tablename__,
        entity_id=message.id,
        values={
            "client": order.client_id,
            "channel": order.written.channel.value,
            "purpose": order.written.purpose.value,
        },
        now=now,
    )
