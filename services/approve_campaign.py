"""Approving a campaign freezes it: audience, addresses and template (design: idea 3)."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import CampaignStatus
from domain.errors import DomainError
from domain.local_time import WARSAW
from domain.money import in_zloty
from models.campaign import Campaign
from models.sending_lines import line_of
from models.sessions import rows_changed, snapshot_session
from queries.audience import AudienceOfInvestment, audience_of, pairs_once
from queries.preflight import PreflightReport, preflight
from services.choose_account import account_of_campaign, sms_account_to_send_from
from services.draft_look import check_look
from services.freeze_audience import FrozenAudience
from services.job_names import Enqueue
from services.ledger import Stamp, hold_accounts, open_hold
from services.price_list import tariff_on
from services.quote_texts import CountedTexts, count_audience, quote_frozen
from services.record_audit import append_audit, hold_chain
from services.ring_deliveries import ring_campaign
from services.text_content import TextRenderer


class AlreadyApproved(DomainError):
    message = "This message has already been approved for sending."


class DraftChanged(DomainError):
    message = "This draft was changed in another window in the meantime."


class AudienceChanged(DomainError):
    message = "The audience has changed: %(now)s recipients, not %(before)s. Look again before you send."


class TooMuchAtOnce(DomainError):
    message = "Too much is being changed at this moment. Nothing was sent: try again in a while."


class QuoteChanged(DomainError):
    message = "The texts now cost %(now)s PLN, not %(before)s PLN. Look again before you send."


class NobodyToSendTo(DomainError):
    """No address is left to send to. ``report`` says why."""

    message = "There is nobody to send this message to."

    def __init__(self, report: PreflightReport) -> None:
        super().__init__()
        self.report = report


class AudienceHasErrors(DomainError):
    """Some clients cannot be written to; nothing was sent. ``report`` says who and why."""

    message = "Nothing was sent: %(count)s errors in the clients' data."

    def __init__(self, report: PreflightReport) -> None:
        super().__init__(count=sum(report.errors.values()))
        self.report = report


def hold_draft(session: Session, campaign_id: int) -> None:
    """Lock the campaign's row in this transaction, provided it is still a draft; else AlreadyApproved.

    What is done to a draft after this call cannot race its approval.
    """
    held = rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status == CampaignStatus.DRAFT)
        .values(status=Campaign.status, updated_at=Campaign.updated_at),
    )
    if not held:
        session.rollback()
        raise AlreadyApproved


@dataclass(frozen=True, slots=True)
class Approval:
    """``queued``: messages, one per distinct address; ``skipped``: distinct clients left out."""

    campaign_id: int
    queued: int
    skipped: int


@dataclass(frozen=True, slots=True)
class SendOrder:
    """What a person approves.

    ``content`` is the prepared template, ``values`` what all recipients share (dotted path to text).
    A ``starts_at`` in the future schedules it. ``draft_of`` is the moment of the draft that the content
    was made from, ``attachments`` the ids of its files and ``look`` its `services.draft_look.look_of`: what
    has been changed since is not what was approved, nor is an audience that no longer has as many
    ``recipients``, nor texts that cost more than ``cost`` (1/10000 PLN). ``texts`` renders an SMS, whose
    price is held back; ``counted`` are those texts that are rendered already.
    """

    content: Mapping[str, Any]
    values: Mapping[str, str]
    skip_errors: bool
    approved_by_id: int | None
    starts_at: datetime | None = None
    draft_of: datetime | None = None
    attachments: tuple[int, ...] | None = None
    look: str | None = None
    recipients: int | None = None
    texts: TextRenderer | None = None
    cost: int | None = None
    counted: CountedTexts = field(default_factory=dict)


def approve_campaign(campaign_id: int, order: SendOrder, *, now: datetime, enqueue: Enqueue) -> Approval:
    """Freeze a draft, start it and audit both in one transaction, or refuse and change nothing.

    Raises AlreadyApproved, DraftChanged, LookChanged, AudienceChanged, AudienceHasErrors (unless the order
    skips errors), NobodyToSendTo, NoMailAccount and TooMuchAtOnce; for SMS also QuoteChanged,
    NotEnoughMoney, NoSmsAccount, SmsAccountOff and what `services.quote_texts` raises.
    """
    order = replace(order, counted=_count_beforehand(campaign_id, order))
    for attempt in range(ATTEMPTS):
        with snapshot_session() as session:
            try:
                if order.texts is not None:
                    hold_accounts(session)
                # Whatever was audited since the snapshot was taken undoes the first try. The others let
                # nobody audit meanwhile; the first one does not, for a large audience takes seconds.
                if attempt:
                    hold_chain(session)
                approval = _approve(session, campaign_id, order, now)
            except _Crossed:
                session.rollback()
                continue
            ring_campaign(session, campaign_id, now=now, enqueue=enqueue)
            return approval
    raise TooMuchAtOnce


ATTEMPTS = 10
_SERIALIZATION_FAILURE = "40001"
_LOCKED = frozenset({"55P03", "40P01"})  # lock_not_available (see `hold_chain`), deadlock_detected


class _Crossed(Exception):
    """Somebody else's change and this approval got in each other's way; another try may do."""


def _count_beforehand(campaign_id: int, order: SendOrder) -> CountedTexts:
    """Render an SMS campaign's texts while nobody waits for the account; what is wrong is said later."""
    if order.texts is not None:
        with snapshot_session() as session, suppress(DomainError):
            campaign = session.get(Campaign, campaign_id)
            if campaign is not None and campaign.status == CampaignStatus.DRAFT:
                return count_audience(session, campaign, order.texts, order.values)
    return {}


def _approve(session: Session, campaign_id: int, order: SendOrder, now: datetime) -> Approval:
    try:
        approval = _freeze(session, campaign_id, order, now)
    except OperationalError as error:
        if _state(error) in _LOCKED:
            raise _Crossed from error
        if _state(error) != _SERIALIZATION_FAILURE:
            raise
        raise _why_not_taken(session, campaign_id) from error
    try:
        append_audit(
            session,
            actor_id=order.approved_by_id,
            action="approve",
            entity=Campaign.__tablename__,
            entity_id=campaign_id,
            values={
                "queued": approval.queued,
                "skipped": approval.skipped,
                "skip_errors": order.skip_errors,
            },
            now=now,
        )
    except OperationalError as error:
        if _state(error) in _LOCKED | {_SERIALIZATION_FAILURE}:
            raise _Crossed from error
        raise
    session.commit()
    return approval


def _state(error: OperationalError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _freeze(session: Session, campaign_id: int, order: SendOrder, now: datetime) -> Approval:
    starts = max(order.starts_at or now, now)
    _take_draft(session, campaign_id, order, starts, now)
    campaign = session.get_one(Campaign, campaign_id)
    if order.attachments is not None and order.attachments != attachments_of(campaign):
        raise DraftChanged
    check_look(session, campaign, order.look)
    audience = audience_of(campaign)
    report = preflight(session, audience)
    if order.recipients is not None and report.recipients != order.recipients:
        raise AudienceChanged(now=report.recipients, before=order.recipients)
    if not report.is_clean and not order.skip_errors:
        raise AudienceHasErrors(report)
    if not report.recipients:
        raise NobodyToSendTo(report)
    queued = _write_audience(session, campaign, starts, now)
    if order.texts is not None:
        _hold_price(session, campaign, order.texts, order, now)
    return Approval(campaign_id, queued=queued, skipped=report.skipped_clients)


def _write_audience(session: Session, campaign: Campaign, starts: datetime, now: datetime) -> int:
    audience = audience_of(campaign)
    account_id, sender = _account_for(session, campaign)
    frozen = FrozenAudience(
        campaign_id=campaign.id,
        rows=pairs_once(audience),
        with_contract=isinstance(audience, AudienceOfInvestment),
        account_id=account_id,
        due_at=starts,
        now=now,
        line=line_of(campaign.channel),
        sender=sender,
    )
    return frozen.write(session)


def _hold_price(
    session: Session, campaign: Campaign, texts: TextRenderer, order: SendOrder, now: datetime
) -> None:
    """Keep back what the texts just frozen cost, to the part."""
    tariff = tariff_on(session, now.astimezone(WARSAW).date())
    quote = quote_frozen(session, campaign.id, texts, order.values, tariff, order.counted)
    if order.cost is not None and quote.total > order.cost:
        raise QuoteChanged(now=in_zloty(quote.total), before=in_zloty(order.cost))
    account = sms_account_to_send_from(session)
    open_hold(session, account.id, campaign.id, quote.total, Stamp(now, order.approved_by_id))


def attachments_of(campaign: Campaign) -> tuple[int, ...]:
    return tuple(file.id for file in campaign.attachments)


def _take_draft(
    session: Session, campaign_id: int, order: SendOrder, starts: datetime, now: datetime
) -> None:
    unchanged = [Campaign.updated_at == order.draft_of] if order.draft_of else []
    taken = rows_changed(
        session,
        sa.update(Campaign)
        .where(Campaign.id == campaign_id, Campaign.status == CampaignStatus.DRAFT, *unchanged)
        .values(
            status=CampaignStatus.SCHEDULED if starts > now else CampaignStatus.SENDING,
            approved_at=now,
            approved_by_id=order.approved_by_id,
            skip_errors=order.skip_errors,
            starts_at=starts,
            started_at=None if starts > now else now,
            frozen_content=dict(order.content),
            frozen_values=dict(order.values),
        ),
    )
    if taken:
        return
    raise _why_not_taken(session, campaign_id)


def _why_not_taken(session: Session, campaign_id: int) -> DomainError:
    session.rollback()
    status = session.scalar(sa.select(Campaign.status).where(Campaign.id == campaign_id))
    return DraftChanged() if status == CampaignStatus.DRAFT else AlreadyApproved()


def _account_for(session: Session, campaign: Campaign) -> tuple[int, str]:
    """The account's id, and who its texts are from."""
    if campaign.channel == Channel.SMS:
        account = sms_account_to_send_from(session)
        campaign.sms_account_id = account.id
        session.flush()
        return account.id, account.sender
    campaign.account_id = account_of_campaign(session, campaign)
    session.flush()
    return campaign.account_id, ""
