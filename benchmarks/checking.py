"""The pre-flight of an investment among many clients, set-based and by ORM; and freezing its audience."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.ground import application, database_url
from benchmarks.letter import letter
from benchmarks.population import INVESTMENT, populate
from benchmarks.preflight_by_orm import preflight_by_orm
from domain.contract_types import ContractType
from models import db
from models.campaign import Campaign, CampaignKind
from queries.audience import AudienceOfInvestment
from queries.preflight import PreflightReport, preflight
from services.approve_campaign import SendOrder, approve_campaign

TYPES = [ContractType.SALE]


@dataclass
class Checking:
    """Seconds of each round, and frozen rows per second."""

    pairs: int
    set_based: list[float] = field(default_factory=list)
    by_orm: list[float] = field(default_factory=list)
    frozen: float = 0.0

    @property
    def ratio(self) -> float:
        return median(orm / ours for orm, ours in zip(self.by_orm, self.set_based, strict=True))


def check(kind: str, directory: Path, *, clients: int, audience: int, rounds: int) -> Checking:
    """Both ways in turn, ``rounds`` times; their reports must be the same."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(kind, directory, f"checking_{kind}"),
        "FILES_DIR": str(directory / "files"),
    }
    with application(environment):
        populate(db.session(), clients=clients, audience=audience)
        checking = Checking(audience)
        wanted = AudienceOfInvestment(INVESTMENT, TYPES)
        for _ in range(rounds):
            ours, seconds = _timed(lambda: preflight(db.session(), wanted))
            checking.set_based.append(seconds)
            theirs, seconds = _timed(lambda: preflight_by_orm(db.session(), INVESTMENT, TYPES))
            checking.by_orm.append(seconds)
            assert (ours.recipients, occurring(ours), ours.skipped_clients) == (
                theirs.recipients,
                occurring(theirs),
                theirs.skipped_clients,
            )
        checking.frozen = _freeze(audience)
    return checking


def occurring(report: PreflightReport) -> dict[str, int]:
    """The errors that occur."""
    return {reason.value: count for reason, count in report.errors.items() if count}


def _timed(run: Callable[[], PreflightReport]) -> tuple[PreflightReport, float]:
    started = time.perf_counter()
    report = run()
    seconds = time.perf_counter() - started
    db.session.rollback()
    db.session.remove()
    return report, seconds


def _freeze(audience: int) -> float:
    """Rows per second of approving: its pre-flight, a Message and a CampaignRecipient for each pair."""
    campaign = Campaign(
        kind=CampaignKind.INVESTMENT,
        investment_id=INVESTMENT,
        contract_types=[kind.value for kind in TYPES],
        subject="x",
    )
    db.session.add(campaign)
    db.session.commit()
    order = SendOrder(letter().to_json(), {}, skip_errors=True, approved_by_id=None)
    started = time.perf_counter()
    approval = approve_campaign(campaign.id, order, now=datetime.now(UTC), enqueue=lambda *_: None)
    return (approval.queued + audience) / (time.perf_counter() - started)
