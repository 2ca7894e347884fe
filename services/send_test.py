"""A draft sent to its author alone, to be looked at in a real mailbox or on a real phone."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.channel import Channel
from gateways.ejs import EjsRuntime
from models.campaign import Campaign
from models.message import Message, Origin
from models.setting import SUPPRESSION_KEY, secret_of
from services.choose_account import account_of_campaign
from services.job_names import DELIVER, DELIVERS, Enqueue
from services.preview_message import preview_message
from services.queue_test_text import queue_test_text

LONGEST_SUBJECT = 998


def send_test(
    session: Session,
    campaign: Campaign,
    runtime: EjsRuntime,
    *,
    address: str,
    name: str,
    client_id: int | None,
    now: datetime,
    enqueue: Enqueue,
) -> Message:
    """Queue the draft, as the chosen client would see it, for ``address``. Commits, then rings.

    The message belongs to no campaign and no client: it counts nowhere. Raises what `preview_message`
    does, and NoMailAccount.
    """
    rendered = preview_message(session, campaign, runtime, client_id=client_id)
    account_id = account_of_campaign(session, campaign)
    key = secret_of(session.connection(), SUPPRESSION_KEY)
    message = Message(
        idempotency_key=str(uuid4()),
        channel=Channel.EMAIL,
        origin=Origin.TEST,
        account_id=account_id,
        address=address,
        address_digest=address_digest(normalise_email(address), key),
        recipient_name=name,
        subject=f"[Test] {rendered.subject}"[:LONGEST_SUBJECT],
        body_html=rendered.html,
        body_text=rendered.text,
        created_at=now,
        due_at=now,
        attachments=list(campaign.attachments),
    )
    session.add(message)
    session.commit()
    enqueue(DELIVER, account_id, None, message.id, message.id)
    return message


def send_test_text(
    session: Session,
    campaign: Campaign,
    runtime: EjsRuntime,
    *,
    number: str,
    client_id: int | None,
    actor_id: int | None,
    now: datetime,
    enqueue: Enqueue,
) -> Message:
    """Queue the draft of an SMS, as the chosen client would get it, for ``number``; it is paid for. Commits,
    then rings. Raises what `preview_message` and `queue_test_text` do.
    """
    rendered = preview_message(session, campaign, runtime, client_id=client_id)
    message = queue_test_text(session, number, rendered.text, actor_id=actor_id, now=now)
    enqueue(DELIVERS[Channel.SMS], message.sms_account_id, None, message.id, message.id)
    return message
