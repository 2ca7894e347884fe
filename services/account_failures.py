"""Failures that concern no message: the account waits, and a run of them pauses its campaign."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Move, Status, back_off, target
from domain.outcomes import AccountRefused, Failure
from models.campaign import Campaign
from models.message import Message
from models.sending_lines import MAIL, SendingLine
from models.sessions import rows_changed
from services.delivery_policy import DeliveryPolicy
from services.refund_unsent import end_unsent


def record_account_failure(
    session: Session,
    *,
    account_id: int,
    campaign_id: int | None,
    failure: Failure,
    policy: DeliveryPolicy,
    now: datetime,
    line: SendingLine = MAIL,
) -> None:
    """Hold the account back (doubling), give up when that has gone on too long, maybe pause. Commits.

    Only what the server refused on purpose (`AccountRefused`) counts towards the pause: a server that
    is down for a night is no reason to ask a person.
    """
    text = f"{failure.code} {failure.text}".strip()[:600]
    # An UPDATE to begin with: SQLite locks with nothing else, and an approval that locks the table lets a
    # SELECT … FOR UPDATE in, only to wait for it.
    same = sa.update(line.account).where(line.account.id == account_id)
    rows_changed(session, same.values(failures_in_a_row=line.account.failures_in_a_row))
    account = session.get_one(line.account, account_id, with_for_update=True, populate_existing=True)
    if account.held_until is None or account.held_until <= now:
        account.failures_in_a_row += 1
        account.failing_since = account.failing_since or now
        account.held_until = now + back_off(
            account.failures_in_a_row, first=policy.retry_first, longest=policy.retry_longest
        )
        if campaign_id is not None and isinstance(failure, AccountRefused):
            _count_towards_pause(session, campaign_id, text, policy)
    account.last_failure = text
    session.flush()
    given_up = now - policy.retry_give_up
    if account.failing_since is not None and account.failing_since <= given_up:
        _give_up(session, line, account_id, text, given_up, now)
    session.commit()


def clear_account_failures(
    session: Session, *, account_id: int, campaign_id: int | None, line: SendingLine = MAIL
) -> None:
    """A message went out: whatever was wrong with the account is over. Commits."""
    lift_hold(session, account_id, line)
    rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.account_failures > 0)
        .values(account_failures=0),
    )
    session.commit()


def lift_hold(session: Session, account_id: int | None, line: SendingLine = MAIL) -> None:
    """Forget the account's failures, so that it is tried at once. The caller commits."""
    rows_changed(
        session,
        sa.update(line.account)
        .where(line.account.id == account_id, line.account.failures_in_a_row > 0)
        .values(failures_in_a_row=0, held_until=None, failing_since=None, last_failure=""),
    )


def pause_with_reason(session: Session, campaign_id: int, reason: str) -> None:
    """Stop a campaign that cannot go on before a person has put something right. Commits."""
    rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status == CampaignStatus.SENDING)
        .values(status=CampaignStatus.PAUSED, pause_reason=reason[:600]),
    )
    session.commit()


def _count_towards_pause(session: Session, campaign_id: int, text: str, policy: DeliveryPolicy) -> None:
    campaign = session.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    campaign.account_failures += 1
    if campaign.account_failures >= policy.pause_after and campaign.status == CampaignStatus.SENDING:
        campaign.status = CampaignStatus.PAUSED
        campaign.pause_reason = text


def _give_up(
    session: Session, line: SendingLine, account_id: int, text: str, due_before: datetime, now: datetime
) -> None:
    given_up = (
        sa.update(Message)
        .where(
            line.of_message == account_id,
            Message.status == Status.QUEUED,
            Message.due_at <= due_before,
            sa.or_(
                Message.campaign_id.is_(None),
                sa.exists().where(
                    Campaign.id == Message.campaign_id, Campaign.status == CampaignStatus.SENDING
                ),
            ),
        )
        .values(status=target(Move.GIVE_UP), finished_at=now, error_text=text)
    )
    end_unsent(session, given_up, now=now)
