"""G: two RQ workers, database included, every acknowledgement recorded before the next message."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, current_app
from rq import Worker

from benchmarks.ground import NotReady, application, database_url
from benchmarks.letter import letter
from benchmarks.population import INVESTMENT, populate
from domain.contract_types import ContractType
from domain.delivery import UNFINISHED, Status
from extensions.wiring import wiring
from jobs.deliver import _campaign_composer, sender_of
from models import db
from models.campaign import Campaign, CampaignKind
from models.mail_account import MailAccount
from models.message import Message
from sandbox import sessions, valkey
from services.approve_campaign import SendOrder, approve_campaign
from services.compose_mail import Envelope, Outgoing
from services.ring_deliveries import ring_campaign

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
PATIENCE = 600.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Messages per second from the ring to the last acknowledgement, and frozen rows per second."""

    rate: float
    frozen: float


class Engine:
    """Two workers that wait on one database. Use `engine_on`."""

    def __init__(self, app: Flask, messages: int) -> None:
        self._app = app
        self._messages = messages

    def send_campaign(self) -> Delivery:
        """Approve a new campaign to everybody and have it delivered."""
        with self._app.app_context():  # another engine's context may lie above this one's
            return self._send_campaign()

    def letters(self) -> list[tuple[str, bytes]]:
        """The last campaign's messages as they go out, address and bytes."""
        with self._app.app_context():
            return self._letters()

    def _send_campaign(self) -> Delivery:
        rings: list[object] = []
        campaign_id = self._draft()
        order = SendOrder(letter().to_json(), {}, skip_errors=False, approved_by_id=None)
        started = time.perf_counter()
        approval = approve_campaign(
            campaign_id, order, now=datetime.now(UTC), enqueue=lambda *_: rings.append(None)
        )
        frozen = 2 * approval.queued / (time.perf_counter() - started)
        assert approval.queued == self._messages
        rung = datetime.now(UTC)
        ring_campaign(db.session(), campaign_id, now=rung, enqueue=wiring().doorbell.ring)
        db.session.rollback()
        self._wait(campaign_id)
        last = db.session.scalar(sa.select(sa.func.max(Message.sent_at)).where(self._of(campaign_id)))
        db.session.rollback()
        assert last is not None
        return Delivery(self._messages / (last - rung).total_seconds(), frozen)

    def _letters(self) -> list[tuple[str, bytes]]:
        campaign_id = db.session.scalar(sa.select(sa.func.max(Campaign.id)))
        assert campaign_id is not None
        account = db.session.scalars(sa.select(MailAccount).where(MailAccount.is_default)).one()
        composer = _campaign_composer(campaign_id, sender_of(account, wiring()), wiring())
        columns = (
            Message.id,
            Message.address,
            Message.recipient_name,
            Message.failures,
            Message.merge_values,
        )
        rows = db.session.execute(sa.select(*columns).where(self._of(campaign_id)).order_by(Message.id))
        composed = composer.compose([Outgoing(*row) for row in rows], datetime.now(UTC))
        letters = [
            (envelope.recipient, envelope.payload)
            for _message, envelope in composed
            if isinstance(envelope, Envelope)
        ]
        db.session.rollback()
        return letters

    def _draft(self) -> int:
        campaign = Campaign(
            kind=CampaignKind.INVESTMENT,
            investment_id=INVESTMENT,
            contract_types=[ContractType.SALE.value],
            subject="x",
        )
        db.session.add(campaign)
        db.session.commit()
        return campaign.id

    def _of(self, campaign_id: int) -> sa.ColumnElement[bool]:
        return Message.campaign_id == campaign_id

    def _wait(self, campaign_id: int) -> None:
        """Look rarely: looking costs the workers time."""

        def done() -> bool:
            left = sa.exists().where(self._of(campaign_id), Message.status.in_(UNFINISHED))
            found = db.session.scalar(sa.select(left))
            db.session.rollback()
            return not found

        if not sessions.wait_until(done, PATIENCE, step=0.25):
            raise NotReady("the campaign did not end")
        not_sent = db.session.scalar(
            sa.select(sa.func.count()).where(self._of(campaign_id), Message.status != Status.SENT)
        )
        assert not_sent == 0, f"{not_sent} messages were not sent"


@contextmanager
def engine_on(kind: str, directory: Path, *, smtp_port: int, messages: int) -> Iterator[Engine]:
    """Workers, queue server and a company of ``messages`` clients on one kind of database."""
    with valkey.running(directory / f"valkey-{kind}", append_only=False) as queue:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(kind, directory, f"engine_{kind}"),
            "REDIS_URL": queue.url,
            "FILES_DIR": str(directory / "files"),
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(smtp_port),
            "MAIL_DEFAULT_SENDER": "biuro@goniec.example",
            "BASE_URL": "https://goniec.example",
        }
        with application(environment) as app:
            populate(db.session(), clients=messages, audience=messages, flawless=True)
            with _workers(environment, directory / f"workers-{kind}.log"):
                yield Engine(app, messages)


@contextmanager
def _workers(environment: dict[str, str], log: Path) -> Iterator[None]:
    running: list[subprocess.Popen[bytes]] = []
    connection = wiring().doorbell.connection
    profile = ["-m", "cProfile", "-o"] if os.environ.get("BENCH_PROFILE") else []
    try:
        for number in range(WORKERS):
            with log.open("ab") as output:
                where = [f"{os.environ['BENCH_PROFILE']}.{number}"] if profile else []
                command = [sys.executable, *profile, *where, "worker.py"]
                running.append(
                    sessions.start(command, environment=environment, directory=ROOT, output=output)
                )
        if not sessions.wait_until(lambda: Worker.count(connection=connection) == WORKERS, 60):
            raise NotReady(f"the workers of {current_app.name} did not start; see {log}")
        yield
    finally:
        for process in running:
            process.terminate()
        for process in running:
            sessions.wait_until(lambda process=process: process.poll() is not None, 10)  # type: ignore[misc]
            sessions.kill(process.pid)
            process.wait()
