"""The sample company's past campaigns: frozen by the engine's own code, then given two weeks' outcomes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Purpose
from domain.contract_types import ContractType
from domain.delivery import CampaignStatus
from models.campaign import Campaign, CampaignKind
from models.investment import Contract, ContractParty
from models.mail_account import MailAccount
from models.message import Message
from models.message_template import MessageTemplate
from queries.audience import audience_of, pairs_once
from sandbox.sample_outcomes import (
    NOTHING_SPECIAL,
    OTHER_REFUSALS,
    Frozen,
    bounce,
    refusal,
    sent,
    unsure,
    withdrawal,
)
from sandbox.sample_plan import FIRST, SECOND
from sandbox.sample_texts import COMPANY
from services.branding import branding_in_force
from services.company_name import COMPANY_NAME
from services.freeze_audience import FrozenAudience
from services.message_content import footer_of, prepare_content


@dataclass(frozen=True, slots=True)
class PastCampaign:
    """Sent in ``days`` daily parts, the first of them ``days_ago``; the rest counts messages."""

    investment_id: int
    types: tuple[ContractType, ...]
    template: str
    purpose: Purpose
    days_ago: int
    days: int
    refusals: int
    unsure: int = 0
    withdrawals: int = 0


PAST = (
    PastCampaign(
        investment_id=SECOND,
        types=tuple(ContractType),
        template="Szablon inwestycji – informacja 1",
        purpose=Purpose.MARKETING,
        days_ago=13,
        days=9,
        refusals=2,
        unsure=2,
        withdrawals=1,
    ),
    PastCampaign(
        investment_id=FIRST,
        types=(ContractType.DEVELOPMENT,),
        template="Harmonogram odbiorów",
        purpose=Purpose.SERVICE,
        days_ago=4,
        days=4,
        refusals=1,
    ),
)


@dataclass(frozen=True, slots=True)
class Exceptions:
    """Places of the messages that were not simply sent."""

    bounced: set[int]
    refused: set[int]
    unsure: set[int]
    withdrawn: set[int]


def write_past_campaigns(
    session: Session, rng: Random, *, bouncing: Sequence[int], actor_id: int, now: datetime
) -> tuple[list[int], int]:
    """Finished campaigns with every final status; their ids and how many messages they have.

    ``bouncing``: clients whose server says that the mailbox does not exist; their addresses are blocked.
    """
    ids: list[int] = []
    total = 0
    for past in PAST:
        campaign = _campaign(session, past, actor_id, now)
        messages = _freeze(session, campaign, past, now)
        _deliver(session, rng, campaign, messages, _exceptions(session, rng, past, messages, bouncing))
        ids.append(campaign.id)
        total += len(messages)
    return ids, total


def _campaign(session: Session, past: PastCampaign, actor_id: int, now: datetime) -> Campaign:
    template = session.scalars(sa.select(MessageTemplate).where(MessageTemplate.name == past.template)).one()
    account = session.scalars(sa.select(MailAccount).where(MailAccount.is_default)).one()
    started = _morning(now - timedelta(days=past.days_ago))
    content = prepare_content(
        template.subject,
        template.body,
        footer_html=footer_of(past.purpose),
        branding=branding_in_force(session),
    )
    campaign = Campaign(
        kind=CampaignKind.INVESTMENT,
        purpose=past.purpose,
        status=CampaignStatus.FINISHED,
        investment_id=past.investment_id,
        template_id=template.id,
        account_id=account.id,
        contract_types=[kind.value for kind in past.types],
        subject=template.subject,
        body=template.body,
        skip_errors=True,
        batch_interval_seconds=int(timedelta(days=1).total_seconds()),
        created_by_id=actor_id,
        approved_by_id=actor_id,
        created_at=started - timedelta(hours=1),
        updated_at=started,
        approved_at=started,
        starts_at=started,
        started_at=started,
        frozen_content=content.to_json(),
        frozen_values={COMPANY_NAME: COMPANY},
    )
    session.add(campaign)
    session.flush()
    return campaign


def _morning(moment: datetime) -> datetime:
    return moment.replace(hour=8, minute=30, second=0, microsecond=0)


def _freeze(session: Session, campaign: Campaign, past: PastCampaign, now: datetime) -> Sequence[Frozen]:
    started = cast("datetime", campaign.started_at)
    frozen = FrozenAudience(
        campaign_id=campaign.id,
        rows=pairs_once(audience_of(campaign)),
        with_contract=True,
        account_id=cast("int", campaign.account_id),
        due_at=started,
        now=started,
    )
    count = frozen.write(session)
    campaign.batch_size = max(1, -(-count // past.days))
    columns = (Message.id, Message.client_id, Message.address, Message.address_digest)
    return session.execute(
        sa.select(*columns).where(Message.campaign_id == campaign.id).order_by(Message.id)
    ).all()


def _deliver(
    session: Session, rng: Random, campaign: Campaign, messages: Sequence[Frozen], exceptions: Exceptions
) -> None:
    started = cast("datetime", campaign.started_at)
    updates: list[dict[str, Any]] = []
    for place, message in enumerate(messages):
        day, second = divmod(place, cast("int", campaign.batch_size))
        moment = started + timedelta(days=day, seconds=second / 4)
        if place in exceptions.bounced:
            outcome = bounce(session, message, moment)
        elif place in exceptions.refused:
            outcome = refusal(message, OTHER_REFUSALS[place % 2], moment)
        elif place in exceptions.unsure:
            outcome = unsure(session, rng, message, moment)
        elif place in exceptions.withdrawn:
            outcome = withdrawal(session, message, moment)
        else:
            outcome = sent(rng, moment)
        updates.append(NOTHING_SPECIAL | outcome | {"of_message": message.id, "finished_at": moment})
        campaign.finished_at = moment
    session.flush()
    table = cast("sa.Table", Message.__table__)
    values: dict[str, Any] = {name: sa.bindparam(name) for name in updates[0] if name != "of_message"}
    statement = sa.update(table).where(table.c.id == sa.bindparam("of_message")).values(values)
    session.connection().execute(statement, updates)


def _exceptions(
    session: Session, rng: Random, past: PastCampaign, messages: Sequence[Frozen], bouncing: Sequence[int]
) -> Exceptions:
    """Who withdraws has nothing in the first investment, whose pre-flight has exact numbers."""
    gone = set(bouncing) if past.investment_id == SECOND else set()
    bounced = {place for place, message in enumerate(messages) if message.client_id in gone}
    in_first = set(
        session.scalars(
            sa.select(ContractParty.client_id)
            .join(Contract, Contract.id == ContractParty.contract_id)
            .where(Contract.investment_id == FIRST)
        )
    )
    free = [place for place in range(len(messages)) if place not in bounced]
    only_here = [place for place in free if messages[place].client_id not in in_first]
    withdrawn = set(rng.sample(only_here, past.withdrawals))
    others = rng.sample([place for place in free if place not in withdrawn], past.refusals + past.unsure)
    return Exceptions(bounced, set(others[: past.refusals]), set(others[past.refusals :]), withdrawn)
