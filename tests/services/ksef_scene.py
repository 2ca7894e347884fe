"""The sample company's two invoices, a KSeF of its own, and a clock that a test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gateways.ksef import KsefGateway
from gateways.ksef_settings import KsefSettings
from models import db
from models.invoice import Invoice
from models.ksef import KsefSubmission
from sandbox import ksef
from sandbox.ksef_script import Script
from sandbox.sample_account import write_account
from services.send_to_ksef import send_to_ksef
from tests import factories as make
from tests.services.sms_scene import top_up

MINUTE = timedelta(minutes=1)


class KsefScene:
    """``send`` is one round so many minutes after the beginning."""

    def __init__(self, there: ksef.Ksef, now: datetime) -> None:
        self.there, self.began = there, now
        self.session = db.session()
        self.gateway = KsefGateway(ksef.settings_for(there.url))
        two_invoices(self.session, now)

    @property
    def script(self) -> Script:
        return self.there.office.script

    def settings(self, **changes: Any) -> KsefSettings:
        """Send with other settings from now on."""
        self.gateway = KsefGateway(replace(self.gateway.settings, **changes))
        return self.gateway.settings

    def more_invoices(self, number: int) -> None:
        for _ in range(number):
            top_up(self.session, 5_000, self.began)
        self.session.commit()

    def send(self, minutes: float = 0) -> int:
        return send(self.session, self.gateway, self.began + minutes * MINUTE)

    def rows(self) -> list[KsefSubmission]:
        return rows(self.session)

    def states(self) -> list[str]:
        return states(self.session)

    def first_invoice(self) -> Invoice:
        return self.session.scalars(sa.select(Invoice).order_by(Invoice.id).limit(1)).one()


@contextmanager
def prompt_ksef() -> Iterator[ksef.Ksef]:
    """A KSeF that decides at once."""
    with ksef.running() as there:
        there.office.script.delay = 0
        yield there


@contextmanager
def ksef_scene(now: datetime) -> Iterator[KsefScene]:
    """The database is the test's; KSeF decides at once."""
    with prompt_ksef() as there:
        yield KsefScene(there, now)


def two_invoices(session: Session, now: datetime) -> Session:
    """The sample company's account: two invoices of one seller."""
    write_account(session, actor_id=make.make_user(session).id, now=now)
    session.commit()
    return session


def rows(session: Session) -> list[KsefSubmission]:
    session.rollback()
    query = sa.select(KsefSubmission).order_by(KsefSubmission.invoice_id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def states(session: Session) -> list[str]:
    return [row.state.value for row in rows(session)]


def send(session: Session, gateway: KsefGateway, at: datetime) -> int:
    """One round, which takes no time."""
    return send_to_ksef(session, gateway, lambda: at)
