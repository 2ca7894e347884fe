"""Mail of our own that comes back into the mailbox: a copy to ourselves, or a loop. It is nobody's answer.

It is known by the signed Message-ID that all our mail has, or by an address of ours that it is from. A form
on the company's page writes from such an address too, and says by Reply-To whom to answer: that is no mail
of ours.
"""

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.addresses import normalise_email
from domain.bounce_text import addresses_in
from domain.bounces import BounceKind, Classified, MessageFacts
from domain.incoming_mail import Letter
from domain.links import verify_id
from domain.return_path import without_token
from domain.smtp_replies import BounceVerdict
from domain.stored_mail import kept_text
from models.bounce import Bounce
from models.mail_account import MailAccount
from models.setting import LINK_KEY, secret_of
from services.compose_mail import MESSAGE_ID
from services.take_bounce import KEPT_CHARACTERS

REPORTS = (BounceKind.DSN, BounceKind.ARF)
"""Written by a server, whatever address it writes from."""


def own_addresses(session: Session, default_sender: str) -> frozenset[str]:
    """Where our accounts write from, and where what comes back and what is answered comes to."""
    rows = session.execute(
        sa.select(MailAccount.sender_address, MailAccount.bounce_address, MailAccount.reply_to)
    )
    named = {normalise_email(each) for row in rows for each in row if each}
    return frozenset(named | ({normalise_email(default_sender)} if default_sender else set()))


def is_own_mail(
    session: Session, facts: MessageFacts, classified: Classified, letter: Letter | None, own: frozenset[str]
) -> bool:
    """``letter`` has been through `in_whose_name`. What speaks of a failure is ours by both signs only: a
    server may use either in its report.
    """
    if classified.kind in REPORTS:
        return False
    token = facts.headers.get("message-id", "").strip().strip("<>").partition("@")[0]
    is_signed = verify_id(MESSAGE_ID, token, secret_of(session.connection(), LINK_KEY)) is not None
    if classified.kind is BounceKind.FREETEXT:
        senders = [each for each, _at in addresses_in(facts.headers.get("from", ""))]
        return is_signed and any(_is_ours(each, own) for each in senders)
    return is_signed or (letter is not None and _is_ours(letter.author.address, own))


def in_whose_name(letter: Letter, own: frozenset[str]) -> Letter:
    """The letter, known for one that was sent from an address of ours for somebody else, if so."""
    other = letter.reply_to
    if other is None or _is_ours(other.address, own) or not _is_ours(letter.sender.address, own):
        return letter
    return replace(letter, is_from_our_address=True)


def record_own_mail(session: Session, raw: bytes, now: datetime) -> None:
    """Keep it among what came back, decided: nobody is to look at it. The caller commits."""
    text = kept_text(raw[:KEPT_CHARACTERS])
    none = BounceVerdict.NONE
    session.add(Bounce(kind=BounceKind.OTHER, verdict=none, raw=text, received_at=now, handled_at=now))
    session.flush()


def _is_ours(address: str, own: frozenset[str]) -> bool:
    return normalise_email(without_token(address)) in own
