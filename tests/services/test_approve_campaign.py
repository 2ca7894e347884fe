"""Freeze, then send (design: idea 3)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Purpose
from domain.contract_types import ContractType
from domain.delivery import CampaignStatus, Status
from domain.eligibility import Reason
from models import db
from models.campaign import Campaign, CampaignClient, CampaignKind, CampaignRecipient
from models.client import Client
from models.investment import Contract
from models.message import Message
from services.approve_campaign import (
    AlreadyApproved,
    Approval,
    AudienceHasErrors,
    DraftChanged,
    NobodyToSendTo,
    SendOrder,
    approve_campaign,
)
from services.choose_account import NoMailAccount
from services.job_names import DELIVER
from tests import factories as make

ORDER = SendOrder(
    content=make.CONTENT, values={"company.name": "Arkada"}, skip_errors=False, approved_by_id=None
)
SKIPPING = SendOrder(content=make.CONTENT, values={}, skip_errors=True, approved_by_id=None)


class Rings:
    """Remembers what was rung."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def __call__(self, *ring: Any, **_options: Any) -> None:
        self.heard.append(ring)


@pytest.fixture
def rings() -> Rings:
    return Rings()


def draft_for(session: Session, *parties: tuple[Client, ...], **values: Any) -> Campaign:
    """A draft to the parties of sale contracts of an investment of their own."""
    investment = make.make_investment(session)
    for party in parties:
        make.make_contract(session, investment, *party)
    campaign = make.make_draft(session, investment, **values)
    session.commit()
    return campaign


def ready(session: Session, *addresses: str) -> list[Client]:
    definition = make.make_definition(session)
    return [make.make_ready_client(session, definition, address) for address in addresses]


def messages(session: Session) -> list[Message]:
    return list(session.scalars(sa.select(Message).order_by(Message.id)))


def recipients(session: Session) -> list[CampaignRecipient]:
    query = sa.select(CampaignRecipient).order_by(CampaignRecipient.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def test_everybody_behind_the_contracts_gets_a_queued_message(
    database: Flask, now: datetime, rings: Rings
) -> None:
    session = db.session()
    clients = ready(session, "a@poczta.example", "b@poczta.example")
    campaign = draft_for(session, *((client,) for client in clients))
    approval = approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)
    assert approval == Approval(campaign.id, queued=2, skipped=0)
    assert [message.idempotency_key for message in messages(session)] == [
        f"campaign:{campaign.id}:email:a@poczta.example",
        f"campaign:{campaign.id}:email:b@poczta.example",
    ]
    for message, client in zip(messages(session), clients, strict=True):
        assert message.status == Status.QUEUED
        assert message.client_id == client.id
        assert message.account_id == make.default_account(session).id
        assert message.due_at == now
        assert message.consent_event_id is not None
        assert message.address_digest == make.digest_of(session, message.address)
    session.refresh(campaign)
    assert campaign.status == CampaignStatus.SENDING
    assert campaign.frozen_values == {"company.name": "Arkada"}


def test_the_queue_is_rung_once_the_audience_is_committed(
    database: Flask, now: datetime, rings: Rings
) -> None:
    campaign = draft_for(db.session(), tuple(ready(db.session(), "a@poczta.example")))
    approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)
    assert [ring[0] for ring in rings.heard] == [DELIVER]


def test_a_shared_address_gets_one_message_with_the_lowest_eligible_client(
    database: Flask, now: datetime, rings: Rings
) -> None:
    session = db.session()
    excluded = make.make_client(session, email="dom@poczta.example")
    first, second = ready(session, "Dom@Poczta.example", "dom@poczta.example")
    campaign = draft_for(session, (second,), (first,), (excluded,), (first,))
    approve_campaign(campaign.id, SKIPPING, now=now, enqueue=rings)
    (message,) = messages(session)
    assert message.client_id == first.id
    of_first = (
        sa.select(sa.func.min(Contract.id))
        .join(Contract.parties)
        .where(sa.text("contract_party.client_id = :client").bindparams(client=first.id))
    )
    assert message.contract_id == session.scalar(of_first)
    behind = [(row.client_id, row.message_id, row.reason) for row in recipients(session)]
    assert behind == [
        (excluded.id, None, Reason.NO_EMAIL_CONSENT),
        (first.id, message.id, None),
        (first.id, message.id, None),
        (second.id, message.id, None),
    ]


def test_errors_refuse_the_whole_send_and_change_nothing(
    database: Flask, now: datetime, rings: Rings
) -> None:
    session = db.session()
    campaign = draft_for(session, tuple(ready(session, "a@poczta.example")), (make.make_client(session),))
    with pytest.raises(AudienceHasErrors) as refusal:
        approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)
    assert refusal.value.report.errors[Reason.MISSING_EMAIL] == 1
    session.refresh(campaign)
    assert campaign.status == CampaignStatus.DRAFT
    assert campaign.frozen_content is None
    assert messages(session) == []
    assert recipients(session) == []
    assert rings.heard == []


def test_skipped_clients_stay_with_the_campaign_with_their_reason(
    database: Flask, now: datetime, rings: Rings
) -> None:
    session = db.session()
    missing = make.make_client(session)
    campaign = draft_for(session, tuple(ready(session, "a@poczta.example")), (missing,), (missing,))
    approval = approve_campaign(campaign.id, SKIPPING, now=now, enqueue=rings)
    assert approval == Approval(campaign.id, queued=1, skipped=1)
    skipped = [(row.client_id, row.reason) for row in recipients(session) if row.reason]
    assert skipped == [(missing.id, Reason.MISSING_EMAIL)] * 2


def test_a_send_to_nobody_is_refused(database: Flask, now: datetime, rings: Rings) -> None:
    session = db.session()
    campaign = draft_for(session, (make.make_client(session),))
    with pytest.raises(NobodyToSendTo):
        approve_campaign(campaign.id, SKIPPING, now=now, enqueue=rings)
    session.refresh(campaign)
    assert campaign.status == CampaignStatus.DRAFT


def test_without_an_active_account_nothing_is_sent(database: Flask, now: datetime, rings: Rings) -> None:
    session = db.session()
    campaign = draft_for(session, tuple(ready(session, "a@poczta.example")))
    make.default_account(session).is_active = False
    session.commit()
    with pytest.raises(NoMailAccount):
        approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)


def test_a_second_approval_is_refused(database: Flask, now: datetime, rings: Rings) -> None:
    session = db.session()
    campaign = draft_for(session, tuple(ready(session, "a@poczta.example")))
    approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)
    with pytest.raises(AlreadyApproved):
        approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)
    assert len(messages(session)) == 1


def test_a_draft_that_changed_since_it_was_read_is_not_approved(
    database: Flask, now: datetime, rings: Rings
) -> None:
    session = db.session()
    campaign = draft_for(session, tuple(ready(session, "a@poczta.example")))
    read = replace(ORDER, draft_of=campaign.updated_at)
    campaign.contract_types = ["reservation"]
    session.commit()
    with pytest.raises(DraftChanged):
        approve_campaign(campaign.id, read, now=now, enqueue=rings)
    assert messages(session) == []


def test_of_many_approvals_at_once_one_wins(database: Flask, now: datetime, rings: Rings) -> None:
    session = db.session()
    addresses = [f"c{number}@poczta.example" for number in range(50)]
    campaign_id = draft_for(session, *((client,) for client in ready(session, *addresses))).id
    session.commit()
    together = Barrier(4)

    def approve(_number: int) -> bool:
        with database.app_context():
            together.wait()
            try:
                approve_campaign(campaign_id, ORDER, now=now, enqueue=rings)
            except AlreadyApproved:
                return False
            return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(approve, range(4)))
    assert sorted(won) == [False, False, False, True]
    assert len(messages(session)) == 50
    assert len(recipients(session)) == 50


def test_a_start_in_the_future_waits_for_its_time(database: Flask, now: datetime, rings: Rings) -> None:
    session = db.session()
    campaign = draft_for(session, tuple(ready(session, "a@poczta.example")))
    later = now + timedelta(days=1)
    order = SendOrder(make.CONTENT, {}, skip_errors=False, approved_by_id=None, starts_at=later)
    approve_campaign(campaign.id, order, now=now, enqueue=rings)
    session.refresh(campaign)
    assert (campaign.status, campaign.starts_at) == (CampaignStatus.SCHEDULED, later)
    assert campaign.started_at is None
    assert [message.due_at for message in messages(session)] == [later]
    assert rings.heard == []


def test_what_changes_after_approval_does_not_change_the_message(
    database: Flask, now: datetime, rings: Rings
) -> None:
    session = db.session()
    (client,) = ready(session, "a@poczta.example")
    client.first_name, client.city = "Żaneta", "Łódź"
    campaign = draft_for(session, (client,))
    approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)
    client.first_name = "Inna"
    client.email_addresses[0].address = "inny@poczta.example"
    session.commit()
    (message,) = messages(session)
    assert message.address == "a@poczta.example"
    assert message.merge_values is not None
    assert message.merge_values["client.name"] == "Żaneta Nowak"
    assert message.merge_values["client.city"] == "Łódź"
    assert message.merge_values["contract.type"] == "Umowa sprzedaży"
    assert message.merge_values["contract.date"] == "30.06.2025"
    assert set(map(type, message.merge_values.values())) == {str}


def test_a_service_message_needs_no_marketing_consent(database: Flask, now: datetime, rings: Rings) -> None:
    session = db.session()
    campaign = draft_for(
        session, (make.make_client(session, email="a@poczta.example"),), purpose=Purpose.SERVICE
    )
    assert approve_campaign(campaign.id, ORDER, now=now, enqueue=rings).queued == 1


def test_only_the_chosen_contract_types_are_written_to(database: Flask, now: datetime, rings: Rings) -> None:
    session = db.session()
    investment = make.make_investment(session)
    sale, other = ready(session, "a@poczta.example", "b@poczta.example")
    make.make_contract(session, investment, sale)
    make.make_contract(session, investment, other, type=ContractType.PRELIMINARY)
    campaign = make.make_draft(session, investment, ContractType.PRELIMINARY)
    session.commit()
    approve_campaign(campaign.id, ORDER, now=now, enqueue=rings)
    assert [message.address for message in messages(session)] == ["b@poczta.example"]


def test_a_selection_from_the_clients_list_is_frozen_by_the_same_engine(
    database: Flask, now: datetime, rings: Rings
) -> None:
    session = db.session()
    first, second = ready(session, "a@poczta.example", "a@poczta.example")
    campaign = Campaign(kind=CampaignKind.CLIENTS, subject="Dzień dobry", body="<p>x</p>")
    session.add(campaign)
    session.flush()
    for client in (second, first, make.make_client(session)):
        session.add(CampaignClient(campaign_id=campaign.id, client_id=client.id))
    session.commit()
    approval = approve_campaign(campaign.id, SKIPPING, now=now, enqueue=rings)
    assert (approval.queued, approval.skipped) == (1, 1)
    (message,) = messages(session)
    assert (message.client_id, message.contract_id) == (first.id, None)
    assert message.merge_values is not None
    assert "contract.number" not in message.merge_values
