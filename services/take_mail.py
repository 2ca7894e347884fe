"""A message fetched from a mailbox: kept once, as what came back or as what somebody wrote.

Whatever it holds, it is stored whole or not at all, and the next one is looked at: what the database refuses
is kept as it came, for a person.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from domain.bounces import BounceKind, Classified, MessageFacts, classify
from domain.channel import Channel
from domain.delivery import Status
from domain.incoming_mail import Letter
from gateways.bounce_mail import read_message
from gateways.incoming_mail import read_letter
from models.mail_account import MailFolder
from models.message import Direction, Message, Origin
from services.own_mail import in_whose_name, is_own_mail, own_addresses, record_own_mail
from services.receive_mail import Correspondence, correspondence_of, receive_mail
from services.take_bounce import KEPT_CHARACTERS, record_bounces

TRIES = 3
CAME_BACK = (BounceKind.DSN, BounceKind.ARF, BounceKind.FREETEXT)


@dataclass(frozen=True, slots=True)
class PlaceOfMail:
    """Where on the server a message lies."""

    folder: MailFolder
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class _Mail:
    """One message, read. ``letter`` is none for what came back and what nobody seems to have written;
    ``is_own``: see `services.own_mail`.
    """

    raw: bytes
    facts: MessageFacts
    classified: Classified
    letter: Letter | None
    is_own: bool = False

    def keys(self, account_id: int) -> tuple[str, ...]:
        """What it may be stored under: its bytes, and the letter, of which other copies may come."""
        own = f"mailbox:{account_id}:{sha256(self.raw).hexdigest()}"
        identity = self.letter.identity() if self.letter else ""
        return (f"letter:{account_id}:{identity}", own) if identity else (own,)


def take_mail(
    session: Session, place: PlaceOfMail, raw: bytes, *, now: datetime, default_sender: str = ""
) -> bool:
    """Keep the message and what it means; False when it is here already, wherever it lay, or is passed over
    as `services.receive_mail` says. Commits.

    ``default_sender``: where an account without an address of its own writes from.
    """
    account_id, folder_id = place.folder.account_id, place.folder.id
    mail = _with_owner(session, _read(raw, place.folder.account.takes_answers), default_sender)
    for _ in range(TRIES):
        try:
            return _take(session, place, mail, now)
        except IntegrityError:
            # Somebody else took it, or deleted what it refers to, at this very moment: look again.
            session.rollback()
        except (DataError, ValueError):
            session.rollback()
            break
    return _keep_unread(session, account_id, folder_id, place, raw, now)


def _read(raw: bytes, takes_answers: bool) -> _Mail:
    facts = read_message(raw)
    classified = classify(facts)
    is_letter = takes_answers and classified.kind not in CAME_BACK
    return _Mail(raw, facts, classified, read_letter(raw) if is_letter else None)


def _with_owner(session: Session, mail: _Mail, default_sender: str) -> _Mail:
    own = own_addresses(session, default_sender)
    letter = in_whose_name(mail.letter, own) if mail.letter else None
    return replace(mail, letter=letter, is_own=is_own_mail(session, mail.facts, mail.classified, letter, own))


def _take(session: Session, place: PlaceOfMail, mail: _Mail, now: datetime) -> bool:
    known, keys = _known(session, place, mail), mail.keys(place.folder.account_id)
    _free_number(session, place, known)
    if known:
        known.folder_id, known.uidvalidity, known.uid = place.folder.id, place.uidvalidity, place.uid
        return _done(session, place, was_new=False)
    found = correspondence_of(session, mail.letter, now) if mail.letter else Correspondence.none()
    if found.is_passed_over:
        return _done(session, place, was_new=False)
    message = _message(keys[0], place, mail.facts, now)
    session.add(message)
    session.flush()
    if mail.is_own:
        record_own_mail(session, mail.raw, now)
    elif mail.letter and found.belongs:
        receive_mail(session, message, mail.letter, found, now)
    else:
        record_bounces(session, mail.classified, mail.facts, mail.raw, now)
    return _done(session, place, was_new=True)


def _known(session: Session, place: PlaceOfMail, mail: _Mail) -> Message | None:
    """A folder whose UIDs began anew shows the same messages again."""
    keys = mail.keys(place.folder.account_id)
    found = sa.select(Message).where(Message.idempotency_key.in_(keys)).order_by(Message.id).limit(1)
    return session.scalars(found).one_or_none()


def _free_number(session: Session, place: PlaceOfMail, known: Message | None) -> None:
    """Whatever was under that number is no longer there: a mailbox brought back from a copy gives its numbers
    away again, against RFC 3501 2.3.1.1.
    """
    session.execute(
        sa.update(Message)
        .where(
            Message.folder_id == place.folder.id,
            Message.uidvalidity == place.uidvalidity,
            Message.uid == place.uid,
            Message.id != (known.id if known else 0),
        )
        .values(folder_id=None, uidvalidity=None, uid=None)
    )


def _done(session: Session, place: PlaceOfMail, *, was_new: bool) -> bool:
    session.execute(
        sa.update(MailFolder)
        .where(MailFolder.id == place.folder.id)
        .values(uidvalidity=place.uidvalidity, uidnext=place.uid + 1)
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return was_new


def _keep_unread(
    session: Session, account_id: int, folder_id: int, place: PlaceOfMail, raw: bytes, now: datetime
) -> bool:
    """As it came, with nothing understood of it."""
    folder = session.get_one(MailFolder, folder_id)
    place = PlaceOfMail(folder, place.uidvalidity, place.uid)
    _free_number(session, place, None)
    mail = _Mail(raw, MessageFacts(), Classified(BounceKind.OTHER), None)
    session.add(_message(mail.keys(account_id)[0], place, mail.facts, now))
    record_bounces(session, mail.classified, mail.facts, raw, now)
    return _done(session, place, was_new=True)


def _message(key: str, place: PlaceOfMail, facts: MessageFacts, now: datetime) -> Message:
    return Message(
        idempotency_key=key,
        channel=Channel.EMAIL,
        direction=Direction.INCOMING,
        origin=Origin.MAILBOX,
        status=Status.RECEIVED,
        account_id=place.folder.account_id,
        folder_id=place.folder.id,
        uidvalidity=place.uidvalidity,
        uid=place.uid,
        address=facts.headers.get("from", "")[:400],
        subject=facts.headers.get("subject", "")[:998],
        rfc_message_id=facts.headers.get("message-id", "")[:400] or None,
        body_text=facts.text[:KEPT_CHARACTERS],
        created_at=now,
        due_at=now,
        finished_at=now,
    )
