"""A message that a form asks for: queued once, however often that form is sent."""

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.message import Message
from services.job_names import DELIVERS, Enqueue


class AnotherMessage(DomainError):
    message = "This form has been used for another message. Open it again."


@dataclass(frozen=True, slots=True)
class OfForm:
    """``token`` (a UUID) is the form's; ``belongs`` says whether a message of that token is of this form."""

    token: str
    belongs: Callable[[Message], bool]


def sent_before(session: Session, form: OfForm) -> Message | None:
    """What the form has sent before. Raises AnotherMessage for a token that belongs to another one."""
    message = session.scalars(sa.select(Message).where(Message.idempotency_key == form.token)).one_or_none()
    if message is not None and not form.belongs(message):
        raise AnotherMessage
    return message


def queue_once(
    session: Session, message: Message, form: OfForm, finish: Callable[[], None], enqueue: Enqueue
) -> tuple[Message, bool]:
    """Store the message and what ``finish`` does once it has its id. Commits, then rings.

    When the form was sent at the same moment elsewhere, that message, and False beside it.
    """
    try:
        session.add(message)
        session.flush()
        finish()
        session.commit()
    except IntegrityError:
        session.rollback()
        sent = sent_before(session, form)
        if sent is None:
            raise
        return sent, False
    account_id = message.sms_account_id or message.account_id
    enqueue(DELIVERS[message.channel], account_id, None, message.id, message.id)
    return message, True
