"""The ring "there are texts to send": takes ids, holds no rule, may run twice."""

import os
import socket

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.errors import DomainError
from domain.outcomes import AccountRefused
from extensions.wiring import Wiring, wiring
from gateways.machine import boot_id
from jobs.sms_routes import open_routes
from models import db
from models.campaign import Campaign
from models.sending_lines import SMS
from models.sms_account import SmsAccount
from services.account_failures import pause_with_reason, record_account_failure
from services.claim_deliveries import WorkRange
from services.compose_text import CampaignTexts, SingleTexts, TextLetter
from services.deliver_range import Composer, Workshop, deliver_range
from services.sms_desk import SmsDesk
from services.sms_settings import sms_settings
from services.sms_till import SmsAccountFacts, SmsTill
from services.text_content import FrozenText, TextRenderer


def deliver_sms(account_id: int, campaign_id: int | None, first_id: int, last_id: int) -> int:
    """Deliver the due texts of a range; the number tried. Gateways that cannot be used pause the campaign;
    single texts wait as for an account that is refused.
    """
    work = WorkRange(account_id, campaign_id, first_id, last_id, SMS)
    try:
        shop = _shop(account_id, campaign_id)
    except DomainError as error:
        db.session.rollback()
        _put_off(db.session(), work, str(error))
        db.session.remove()
        return 0
    try:
        return deliver_range(db.session(), work, shop)
    finally:
        db.session.remove()


def _put_off(session: Session, work: WorkRange, why: str) -> None:
    if work.campaign_id is not None:
        pause_with_reason(session, work.campaign_id, why)
        return
    hands = wiring()
    record_account_failure(
        session,
        account_id=work.account_id,
        campaign_id=None,
        failure=AccountRefused("", why),
        policy=hands.policy,
        now=hands.clock(),
        line=work.line,
    )


def _shop(account_id: int, campaign_id: int | None) -> Workshop[TextLetter]:
    session, hands = db.session(), wiring()
    row = session.get_one(SmsAccount, account_id)
    account = SmsAccountFacts(row.id, row.sender, sms_settings(session).most_parts)
    till = SmsTill(session, account, campaign_id, hands.clock)
    routes = open_routes(session, hands, hands.clock())
    return Workshop(
        connect=lambda: SmsDesk(session, till, routes, policy=hands.policy, clock=hands.clock),
        composer=lambda: _composer(session, campaign_id, hands),
        policy=hands.policy,
        clock=hands.clock,
        enqueue=hands.doorbell.ring,
        boot=boot_id(),
        worker=f"{socket.gethostname()}:{os.getpid()}",
        keeps_attempts=True,
    )


def _composer(session: Session, campaign_id: int | None, hands: Wiring) -> Composer[TextLetter]:
    if campaign_id is None:
        return SingleTexts(session)
    campaign = session.scalars(sa.select(Campaign).where(Campaign.id == campaign_id)).one()
    content = FrozenText.from_json(campaign.frozen_content or {})
    return CampaignTexts(TextRenderer(content, hands.ejs()), campaign.frozen_values)
