"""Failures that concern no message: the account waits, and a run of them pauses its campaign."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Move, Status, back_off, target
from domain.outcomes import AccountRefused, Failure
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.message import Message
from models.sessions import rows_changed
from services.delivery_policy import DeliveryPolicy


def record_account_failure(
    session: Session,
    *,
    account_id: int,
    campaign_id: int | None,
    failure: Failure,
    policy: DeliveryPolicy,
    now: datetime,
) -> None:
    """Hold the account back (doubling), give up on what has waited too long, maybe pause. Commits.

    Only what the server refused on purpose (`AccountRefused`) counts towards the pause: a server that
    is down for a night is no reason to ask a person.
    """
    text = f"{failure.code} {failure.text}".strip()[:600]
    account = session.get_one(MailAccount, account_id, with_for_update=True, populate_existing=True)
    if account.held_until is None or account.held_until <= now:
        account.failures_in_a_row += 1
        account.held_until = now + back_off(
            account.failures_in_a_row, first=policy.retry_first, longest=policy.retry_longest
        )
        if campaign_id is not None and isinstance(failure, AccountRefused):
            _count_towards_pause(session, campaign_id, text, policy)
    account.last_failure = text
    session.flush()
    _give_up(session, account_id, text, now - policy.retry_give_up, now)
    session.commit()


def clear_account_failures(session: Session, *, account_id: int, campaign_id: int | None) -> None:
    """A message went out: whatever was wrong with the account is over. Commits."""
    rows_changed(
        session,
        sa.update(MailAccount)
        .where(MailAccount.id == account_id, MailAccount.failures_in_a_row > 0)
        .values(failures_in_a_row=0, held_until=None, last_failure=""),
    )
    rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.account_failures > 0)
        .values(account_failures=0),
    )
    session.commit()


def _count_towards_pause(session: Session, campaign_id: int, text: str, policy: DeliveryPolicy) -> None:
    campaign = session.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    campaign.account_failures += 1
    if campaign.account_failures >= policy.pause_after and campaign.status == CampaignStatus.SENDING:
        campaign.status = CampaignStatus.PAUSED
        campaign.pause_reason = text


def _give_up(session: Session, account_id: int, text: str, due_before: datetime, now: datetime) -> None:
    rows_changed(
        session,
        sa.update(Message)
        .where(
            Message.account_id == account_id,
            Message.status == Status.QUEUED,
            Message.due_at <= due_before,
        )
        .values(status=target(Move.GIVE_UP), finished_at=now, error_text=text),
    )
