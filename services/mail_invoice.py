"""Issued invoices go to the buyer by e-mail, each once."""

from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.channel import Channel
from domain.correspondence import INVOICE_HTML, INVOICE_SUBJECT
from domain.ksef import KsefEnvironment, KsefState
from domain.merge_tags import escape_html
from gateways.invoice_pdf import render_invoice
from models.attachment import Attachment
from models.invoice import Invoice
from models.ksef import KsefSubmission
from models.mail_account import MailAccount
from models.message import Message, Origin
from models.setting import SUPPRESSION_KEY, secret_of
from services.branding import branding_in_force
from services.dress_message import own_letter
from services.invoice_sheet import sheet_of
from services.job_names import DELIVER, Enqueue

MAILED_WITHIN = timedelta(days=30)
AT_ONCE = 20


class Store(Protocol):
    def save(self, content: bytes) -> tuple[str, str]: ...
    def delete(self, name: str) -> None: ...


def mail_waiting_invoices(
    session: Session, *, store: Store, ksef: KsefEnvironment | None, now: datetime, enqueue: Enqueue
) -> int:
    """Queue a message with the PDF for every invoice of the last 30 days that has none; how many.

    ``ksef`` is where invoices are sent now, None while KSeF is off. Without an address of the buyer, or a
    mail account, an invoice waits; so does one that `held_for_ksef` names. May run twice at once: the key of
    the message is the invoice's. Commits each.
    """
    account_id = session.scalar(
        sa.select(MailAccount.id).where(MailAccount.is_default, MailAccount.is_active)
    )
    if account_id is None:
        session.rollback()
        return 0
    mailed = sa.exists().where(Message.idempotency_key == _key(Invoice.id))
    has_address = sa.func.coalesce(Invoice.buyer["email"].as_string(), "") != ""
    waiting = (
        sa.select(Invoice)
        .where(Invoice.created_at >= now - MAILED_WITHIN, has_address, ~mailed, ~held_for_ksef(ksef))
        .order_by(Invoice.id)
        .limit(AT_ONCE)
    )
    invoices = list(session.scalars(waiting))
    return sum(_mail(session, invoice, account_id, store, now, enqueue) for invoice in invoices)


def held_for_ksef(active: KsefEnvironment | None) -> sa.ColumnElement[bool]:
    """Invoices to keep back: on their way for a number, unless nobody sends there any more; issued offline
    without the second code; and refused anywhere, because then they have not been issued.
    """
    going = sa.and_(
        KsefSubmission.environment == active,
        KsefSubmission.state.in_((KsefState.WAITING, KsefState.SENDING, KsefState.SENT)),
    )
    cannot_be_checked = sa.and_(
        KsefSubmission.state == KsefState.OFFLINE, KsefSubmission.certificate_url == ""
    )
    refused = KsefSubmission.state == KsefState.REFUSED
    return sa.exists().where(
        KsefSubmission.invoice_id == Invoice.id,
        sa.or_(refused, cannot_be_checked, *([going] if active else [])),
    )


def _mail(
    session: Session, invoice: Invoice, account_id: int, store: Store, now: datetime, enqueue: Enqueue
) -> bool:
    content = render_invoice(sheet_of(invoice))
    uuid, digest = store.save(content)
    message = _message(session, invoice, account_id, now)
    message.attachments.append(
        Attachment(
            uuid=uuid,
            filename=f"{invoice.number.replace('/', '-')}.pdf",
            content_type="application/pdf",
            size=len(content),
            sha256=digest,
            created_at=now,
        )
    )
    session.add(message)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        store.delete(uuid)
        return False
    enqueue(DELIVER, account_id, None, message.id, message.id)
    return True


def _message(session: Session, invoice: Invoice, account_id: int, now: datetime) -> Message:
    address, number = str(invoice.buyer["email"]), invoice.number
    html, text = own_letter(INVOICE_HTML.format(number=escape_html(number)), branding_in_force(session))
    key = secret_of(session.connection(), SUPPRESSION_KEY)
    return Message(
        idempotency_key=f"event:invoice:{invoice.id}:email",
        channel=Channel.EMAIL,
        origin=Origin.EVENT,
        account_id=account_id,
        address=address,
        address_digest=address_digest(normalise_email(address), key),
        recipient_name=str(invoice.buyer["name"])[:250],
        subject=INVOICE_SUBJECT.format(number=number),
        body_html=html,
        body_text=text,
        created_at=now,
        due_at=now,
    )


def _key(invoice_id: sa.ColumnElement[int] | object) -> sa.ColumnElement[str]:
    return sa.literal("event:invoice:") + sa.cast(invoice_id, sa.String) + sa.literal(":email")
