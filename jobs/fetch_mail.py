"""The ring "look into the mailbox": takes an account's id, may run twice."""

import sqlalchemy as sa

from domain.errors import DomainError
from extensions.wiring import wiring
from gateways.imap_mailbox import ImapMailbox, ImapSettings
from gateways.smtp_settings import Security
from models import db
from models.mail_account import MailAccount, MailFolder
from services.take_mail import PlaceOfMail, take_mail
from services.tell_browsers import ring_pushes

FOLDER = "INBOX"
AT_MOST = 500
"""Messages of one ring; the next one goes on from there."""


def fetch_mail(account_id: int) -> int:
    """Take what is new; the number of messages that were. What went wrong is said on the account."""
    hands, session = wiring(), db.session()
    taken, failure = 0, ""
    try:
        account = session.get_one(MailAccount, account_id)
        folder_id = _folder(account).id  # now: asked for later, it would open a transaction over the network
        settings = imap_settings_of(account)
        session.rollback()
        try:
            taken = _take(settings, folder_id)
        except DomainError as error:
            session.rollback()
            failure = str(error)
        session.execute(
            sa.update(MailAccount)
            .where(MailAccount.id == account_id)
            .values(fetched_at=hands.clock(), fetch_failure=failure[:600])
        )
        session.commit()
        ring_pushes(session, now=hands.clock(), enqueue=hands.doorbell.ring)
    finally:
        db.session.remove()
    return taken


def imap_settings_of(account: MailAccount) -> ImapSettings:
    """Where the account's mail is fetched from; its own log-in where it has no other for IMAP."""
    return ImapSettings(
        host=account.imap_host,
        port=account.imap_port,
        security=Security(account.imap_security),
        username=account.imap_username or account.username,
        password=(account.imap_password if account.imap_username else account.password) or "",
    )


def _folder(account: MailAccount) -> MailFolder:
    for folder in account.folders:
        if folder.path == FOLDER:
            return folder
    folder = MailFolder(account_id=account.id, path=FOLDER, name=FOLDER)
    db.session.add(folder)
    db.session.commit()
    return folder


def _take(settings: ImapSettings, folder_id: int) -> int:
    hands, session, taken = wiring(), db.session(), 0
    with ImapMailbox(settings) as mailbox:
        uidvalidity = mailbox.uidvalidity()
        folder = session.get_one(MailFolder, folder_id)
        first = folder.uidnext if folder.uidvalidity == uidvalidity and folder.uidnext else 1
        session.rollback()
        for mail in mailbox.messages(mailbox.uids_from(first)[:AT_MOST]):
            place = PlaceOfMail(session.get_one(MailFolder, folder_id), uidvalidity, mail.uid)
            sender = hands.default_sender.address
            taken += take_mail(session, place, mail.raw, now=hands.clock(), default_sender=sender)
    return taken
