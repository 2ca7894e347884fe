"""The page of a campaign that does not move: cancelled, held back, resumed, or moved on meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import CampaignStatus, Status
from domain.outcomes import AccountRefused
from models.audit import AuditEntry
from models.campaign import Campaign
from models.mail_account import MailAccount
from models.message import Message
from models.sms_account import SmsAccount
from models.sms_gateway import GatewayKind, SmsGateway
from queries.campaign_rate import sent_per_second
from queries.campaign_wait import campaign_wait
from services.account_failures import record_account_failure
from services.delivery_policy import DeliveryPolicy
from services.record_audit import append_audit
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


@pytest.fixture
def campaign(stored: Session) -> Campaign:
    """One message uncertain, one queued; its account was never in trouble."""
    made = make.make_campaign(stored, make.make_investment(stored), started_at=make.LONG_AGO)
    for status in (Status.UNCERTAIN, Status.QUEUED):
        client = make.make_person(stored, last_name=status.value)
        message = make.make_message(
            stored, campaign=made, client=client, account_id=made.account_id, status=status
        )
        make.make_recipient(stored, made, client, message, address=f"{status.value}@poczta.example")
    stored.commit()
    return made


def cancel(stored: Session, campaign: Campaign) -> None:
    campaign.status = CampaignStatus.CANCELLED
    stored.execute(sa.update(Message).where(Message.status == Status.QUEUED).values(status=Status.CANCELLED))
    stored.commit()


# --- cancelled ---


def test_what_is_uncertain_in_a_cancelled_campaign_can_count_as_sent_and_is_never_offered_again(
    visit: Visit, stored: Session, campaign: Campaign
) -> None:
    cancel(stored, campaign)
    person = visit("operator")
    rows = person.get(f"/admin/campaign/recipients/{campaign.id}").text
    assert f"/decide/{campaign.id}/sent" in rows and f"/decide/{campaign.id}/again" not in rows
    page = person.get("/admin/campaign/details/", id=str(campaign.id)).text
    assert f'/decide/{campaign.id}/again" data-send-again hidden' in page


@pytest.mark.parametrize("all_of_them", [True, False])
def test_a_person_decides_on_what_a_cancelled_campaign_left_uncertain(
    visit: Visit, stored: Session, campaign: Campaign, all_of_them: bool
) -> None:
    cancel(stored, campaign)
    uncertain = stored.scalars(sa.select(Message).where(Message.status == Status.UNCERTAIN)).one()
    fields = {} if all_of_them else {"message_id": str(uncertain.id)}
    visit("operator").post(f"/admin/campaign/decide/{campaign.id}/sent", **fields)
    stored.expire_all()
    assert uncertain.status == Status.SENT


def test_a_campaign_under_way_offers_both_decisions(visit: Visit, campaign: Campaign) -> None:
    rows = visit("operator").get(f"/admin/campaign/recipients/{campaign.id}").text
    assert f"/decide/{campaign.id}/sent" in rows and f"/decide/{campaign.id}/again" in rows


def test_a_refused_move_leads_back_to_its_campaign(visit: Visit, stored: Session, campaign: Campaign) -> None:
    cancel(stored, campaign)
    answer = visit("operator").post(f"/admin/campaign/steer/{campaign.id}/pause")
    assert answer.location == f"/admin/campaign/details/?id={campaign.id}"


# --- held back ---


def test_a_waiting_campaign_says_why_and_until_when(
    visit: Visit, stored: Session, campaign: Campaign
) -> None:
    now = datetime.now(UTC)
    failure = AccountRefused("421", "try again later")
    assert campaign.account_id is not None
    record_account_failure(
        stored,
        account_id=campaign.account_id,
        campaign_id=campaign.id,
        failure=failure,
        policy=DeliveryPolicy(),
        now=now,
    )
    wait = campaign_wait(stored, campaign, now=now)
    assert wait is not None and wait.until > now
    told = visit("viewer").get(f"/admin/campaign/progress/{campaign.id}").get_json()["wait"]
    assert told.startswith("421 try again later. Next try: ")


def test_a_wait_that_is_over_or_of_a_paused_campaign_is_not_told(
    visit: Visit, stored: Session, campaign: Campaign
) -> None:
    person, path = visit("viewer"), f"/admin/campaign/progress/{campaign.id}"
    account = stored.get_one(MailAccount, campaign.account_id)
    account.held_until, account.last_failure = datetime.now(UTC) - timedelta(seconds=1), "421 x"
    stored.commit()
    assert person.get(path).get_json()["wait"] == ""
    account.held_until, campaign.status = datetime.now(UTC) + timedelta(hours=1), CampaignStatus.PAUSED
    stored.commit()
    assert person.get(path).get_json()["wait"] == ""


def test_texts_wait_for_the_first_gateway_that_is_tried_again(
    stored: Session, campaign: Campaign, now: datetime
) -> None:
    campaign.channel, campaign.account_id = Channel.SMS, None
    campaign.sms_account_id = stored.scalars(sa.select(SmsAccount.id)).first()
    gateways = [
        SmsGateway(
            name=name, kind=GatewayKind.KANNEL, address="http://127.0.0.1:9", callback_secret=name * 43
        )
        for name in "ab"
    ]
    stored.add_all(gateways)
    for hours, gateway in enumerate(gateways, 1):
        assert campaign_wait(stored, campaign, now=now) is None
        gateway.held_until, gateway.last_failure = now + timedelta(hours=hours), f"after {hours}"
        stored.flush()
    wait = campaign_wait(stored, campaign, now=now)
    assert wait is not None and (wait.failure, wait.until) == ("after 1", now + timedelta(hours=1))


# --- resumed ---


def test_the_pace_after_a_pause_does_not_count_the_pause(
    stored: Session, campaign: Campaign, now: datetime
) -> None:
    message = stored.scalars(sa.select(Message).where(Message.status == Status.QUEUED)).one()
    message.status, message.sent_at = Status.SENT, now - timedelta(seconds=1)
    stored.flush()
    assert sent_per_second(stored, campaign, now=now) == pytest.approx(0.1)
    append_audit(
        stored,
        actor_id=None,
        action="resume",
        entity=Campaign.__tablename__,
        entity_id=campaign.id,
        values={},
        now=now - timedelta(seconds=2),
    )
    stored.flush()
    assert stored.scalar(sa.select(sa.func.count(AuditEntry.id))) == 1
    assert sent_per_second(stored, campaign, now=now) == pytest.approx(0.5)
