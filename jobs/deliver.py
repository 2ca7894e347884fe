"""The ring "there is mail to send": takes ids, holds no rule, may run twice."""

import os
import socket
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from flask import current_app

from domain.errors import DomainError
from domain.mail_headers import Mailbox, envelope_address
from domain.mail_skeleton import AttachedFile
from domain.return_path import return_path
from extensions.wiring import Wiring, wiring
from gateways.machine import boot_id
from gateways.smtp import SmtpSession
from gateways.smtp_settings import Security, SmtpSettings
from models import db
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.setting import LINK_KEY, secret_of
from services.account_failures import pause_with_reason
from services.claim_deliveries import WorkRange
from services.compose_mail import CampaignComposer, Envelope, Sender
from services.compose_single import SingleComposer
from services.deliver_range import Composer, Workshop, deliver_range
from services.mail_desk import MailDesk
from services.message_content import ContentRenderer, FrozenContent

KEPT_COMPOSERS = 4


def deliver(account_id: int, campaign_id: int | None, first_id: int, last_id: int) -> int:
    """Deliver the due messages of a range; the number tried. An account that cannot be used pauses its
    campaign: nothing but a person can help.
    """
    work = WorkRange(account_id, campaign_id, first_id, last_id)
    try:
        shop = _shop(account_id, campaign_id)
    except DomainError as error:
        if campaign_id is None:
            raise
        db.session.rollback()
        pause_with_reason(db.session(), campaign_id, str(error))
        db.session.remove()
        return 0
    try:
        return deliver_range(db.session(), work, shop)
    finally:
        db.session.remove()


def _shop(account_id: int, campaign_id: int | None) -> Workshop[Envelope]:
    account = db.session.get_one(MailAccount, account_id)
    hands = wiring()
    sender = sender_of(account, hands)
    settings = smtp_settings_of(account, hands)
    envelope_from = _envelope_from(account, sender)
    return Workshop(
        connect=lambda: MailDesk(SmtpSession(settings), envelope_from),
        composer=lambda: _composer(campaign_id, sender, hands),
        policy=hands.policy,
        clock=hands.clock,
        enqueue=hands.doorbell.ring,
        boot=boot_id(),
        worker=f"{socket.gethostname()}:{os.getpid()}",
    )


def _envelope_from(account: MailAccount, sender: Sender) -> Callable[[int], str]:
    """The sender's own address; each message's signed return path where the account has one for bounces."""
    base = envelope_address(account.bounce_address or sender.mailbox.address)
    if account.bounce_address:
        return lambda message_id: return_path(base, message_id, sender.link_key)
    return lambda _message_id: base


def sender_of(account: MailAccount, hands: Wiring) -> Sender:
    """Who the account's messages are from."""
    mailbox = hands.default_sender
    if account.sender_address:
        mailbox = Mailbox(account.sender_name, account.sender_address)
    elif account.sender_name:
        mailbox = Mailbox(account.sender_name, mailbox.address)
    reply_to = Mailbox("", account.reply_to) if account.reply_to else None
    key = secret_of(db.session.connection(), LINK_KEY)
    return Sender(mailbox, reply_to, hands.base_url, key, takes_answers=account.takes_answers)


def smtp_settings_of(account: MailAccount, hands: Wiring) -> SmtpSettings:
    """The account's own server, or the one in the MAIL_* settings."""
    if account.uses_settings:
        return hands.smtp_from_settings
    return SmtpSettings(
        host=account.host,
        port=account.port,
        security=Security(account.security),
        username=account.username,
        password=account.password or "",
        timeout_seconds=hands.smtp_from_settings.timeout_seconds,
        receipt_timeout_seconds=hands.smtp_from_settings.receipt_timeout_seconds,
        local_hostname=hands.smtp_from_settings.local_hostname,
    )


def _composer(campaign_id: int | None, sender: Sender, hands: Wiring) -> Composer[Envelope]:
    if campaign_id is None:
        return SingleComposer(db.session(), sender, hands.files)
    kept: dict[tuple[int, datetime | None, Sender], CampaignComposer]
    kept = current_app.extensions.setdefault("goniec_composers", {})
    approved_at = db.session.scalar(sa.select(Campaign.approved_at).where(Campaign.id == campaign_id))
    key = (campaign_id, approved_at, sender)  # what an approval freezes never changes
    if key not in kept:
        while len(kept) >= KEPT_COMPOSERS:
            kept.pop(next(iter(kept)))
        kept[key] = _campaign_composer(campaign_id, sender, hands)
    return kept[key]


def _campaign_composer(campaign_id: int, sender: Sender, hands: Wiring) -> CampaignComposer:
    campaign = db.session.get_one(Campaign, campaign_id)
    return CampaignComposer(
        sender,
        ContentRenderer(FrozenContent.from_json(campaign.frozen_content or {}), hands.ejs()),
        purpose=campaign.purpose,
        common_values=campaign.frozen_values,
        attachments=[
            AttachedFile(file.filename, file.content_type, hands.files.read(file.uuid))
            for file in campaign.attachments
        ],
    )
