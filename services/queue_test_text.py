"""A text sent to a number of one's own, to be looked at on a real phone: paid for like any other."""

from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.local_time import WARSAW
from domain.money import in_zloty
from domain.segments import check_parts, segment
from models.contact_checks import phone_columns
from models.message import Message, Origin
from models.setting import SUPPRESSION_KEY, secret_of
from services.choose_account import sms_account_to_send_from
from services.fix_phone_number import LONGEST_NUMBER, NumberNotMobile
from services.ledger import NotEnoughMoney
from services.price_list import price_in_force, tariff_on
from services.quote_texts import EmptyText
from services.record_audit import append_audit
from services.sms_settings import sms_settings


def queue_test_text(
    session: Session, number: str, text: str, *, actor_id: int | None, now: datetime
) -> Message:
    """Queue ``text``, as it leaves, for a Polish mobile number. Commits; whoever called rings.

    The message belongs to no campaign and no client. Raises NumberNotMobile, EmptyText, TooManyParts,
    NoPrice, NotEnoughMoney, NoSmsAccount and SmsAccountOff.
    """
    typed = number.strip()
    checked = phone_columns(typed, secret_of(session.connection(), SUPPRESSION_KEY))
    if len(typed) > LONGEST_NUMBER or not checked["is_polish_mobile"]:
        raise NumberNotMobile(number=typed[:LONGEST_NUMBER])
    account, normalised = sms_account_to_send_from(session), str(checked["normalised"])
    counted = segment(text)
    check_parts(counted, sms_settings(session).most_parts)
    if not text.strip():
        raise EmptyText(number=normalised)
    price = price_in_force(tariff_on(session, now.astimezone(WARSAW).date()), normalised)
    if counted.parts * price > account.available:
        raise NotEnoughMoney(needed=in_zloty(counted.parts * price), available=in_zloty(account.available))
    message = Message(
        idempotency_key=str(uuid4()),
        channel=Channel.SMS,
        origin=Origin.TEST,
        sms_account_id=account.id,
        sender=account.sender,
        address=normalised,
        address_digest=checked["address_digest"],
        recipient_name="",
        body_text=text,
        created_at=now,
        due_at=now,
    )
    session.add(message)
    session.flush()
    append_audit(
        session,
        actor_id=actor_id,
        action="send",
        entity=Message.__tablename__,
        entity_id=message.id,
        values={"channel": Channel.SMS.value, "origin": Origin.TEST.value},
        now=now,
    )
    session.commit()
    return message
