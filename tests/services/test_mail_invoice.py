"""An invoice goes to the buyer once: with its number where KSeF is in use, and never stuck behind another."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.ksef import KsefEnvironment, KsefState
from gateways.files import FileStore
from gateways.ksef_settings import Certificate
from models.ksef import KsefSubmission
from models.message import Message
from sandbox.ksef_keys import write_certificate
from sandbox.ksef_script import Step
from services.invoice_settings import BUYER, invoice_settings, save_settings
from services.ksef_submissions import enrol_invoices
from services.mail_invoice import AT_ONCE, mail_waiting_invoices
from tests import factories as make
from tests.services.ksef_scene import KsefScene, ksef_scene

SANDBOX, TEST, PRODUCTION = KsefEnvironment.SANDBOX, KsefEnvironment.TEST, KsefEnvironment.PRODUCTION


class MailScene:
    """One invoice more, whose buyer has an address."""

    def __init__(self, ksef: KsefScene, files: Path) -> None:
        self.ksef, self._files = ksef, files
        make.default_account(ksef.session)
        self.name_buyer("ksiegowosc@nadrzecze.example")
        ksef.more_invoices(1)

    def name_buyer(self, address: str) -> None:
        buyer = replace(invoice_settings(self.ksef.session).buyer, email=address)
        save_settings(self.ksef.session, {BUYER: buyer.to_json()}, actor_id=None, now=self.ksef.began)

    def mailed(self, active: KsefEnvironment | None = SANDBOX) -> int:
        return mail_waiting_invoices(
            self.ksef.session,
            store=FileStore(self._files),
            ksef=active,
            now=self.ksef.began + timedelta(hours=2),
            enqueue=lambda *_job: None,
        )

    def put(self, **values: object) -> None:
        self.ksef.session.execute(sa.update(KsefSubmission).values(**values))
        self.ksef.session.commit()


@pytest.fixture
def scene(database: Flask, now: datetime, tmp_path: Path) -> Iterator[MailScene]:
    with ksef_scene(now) as ksef:
        yield MailScene(ksef, tmp_path)


def test_the_mail_waits_for_the_number_and_goes_once(scene: MailScene) -> None:
    enrol_invoices(scene.ksef.session, scene.ksef.gateway.settings, scene.ksef.began)
    assert scene.mailed() == 0
    scene.ksef.send()
    assert scene.mailed() == 1 and scene.mailed() == 0


def test_the_mail_of_what_was_issued_offline_goes_at_once(scene: MailScene, tmp_path: Path) -> None:
    files = Certificate(*write_certificate(tmp_path, "1060000062"))
    scene.ksef.settings(offline_certificate=files)
    scene.ksef.script.is_down = True
    scene.ksef.send()
    assert scene.mailed() == 0
    scene.ksef.send(31)
    assert scene.mailed() == 1


def test_without_the_second_code_nothing_issued_offline_is_mailed(scene: MailScene) -> None:
    scene.ksef.send()
    scene.put(state=KsefState.OFFLINE, ksef_number="", offline_since=scene.ksef.began, certificate_url="")
    assert scene.mailed() == 0 and scene.mailed(None) == 0


def test_ksef_out_of_service_holds_no_mail_back(scene: MailScene) -> None:
    scene.ksef.script.refuse(Step.LOG_IN, 429)
    scene.ksef.send()
    assert scene.mailed() == 0
    assert scene.mailed(None) == 1


def test_a_refused_invoice_is_not_mailed_whatever_is_set(scene: MailScene) -> None:
    scene.ksef.script.verdicts.extend([450] * 3)
    scene.ksef.send()
    assert scene.mailed() == 0 and scene.mailed(None) == 0


def test_invoices_without_an_address_starve_no_others(scene: MailScene) -> None:
    scene.name_buyer("")
    scene.ksef.more_invoices(AT_ONCE)
    scene.name_buyer("faktury@nadrzecze.example")
    scene.ksef.more_invoices(1)
    assert scene.mailed(None) == 2
    found = scene.ksef.session.scalars(sa.select(Message.address).order_by(Message.id))
    assert list(found) == ["ksiegowosc@nadrzecze.example", "faktury@nadrzecze.example"]


@pytest.mark.parametrize(
    ("state", "active", "moves"),
    [
        (KsefState.WAITING, TEST, True),
        (KsefState.REFUSED, TEST, True),
        (KsefState.ACCEPTED, TEST, False),
        (KsefState.ACCEPTED, PRODUCTION, True),
    ],
)
def test_rows_of_a_test_begin_anew_in_another_environment(
    scene: MailScene, state: KsefState, active: KsefEnvironment, moves: bool
) -> None:
    scene.ksef.send()
    if state is not KsefState.ACCEPTED:
        scene.put(state=state, ksef_number="")
    settings = replace(scene.ksef.gateway.settings, environment=active, sandbox_url="")
    assert enrol_invoices(scene.ksef.session, settings, scene.ksef.began) == (3 if moves else 0)
    for row in scene.ksef.rows():
        assert row.environment is (active if moves else SANDBOX)
        assert (row.state is KsefState.WAITING and row.xml == "" == row.upo) is moves
    assert enrol_invoices(scene.ksef.session, settings, scene.ksef.began) == 0


def test_rows_of_production_stay_there(scene: MailScene) -> None:
    enrol_invoices(scene.ksef.session, scene.ksef.gateway.settings, scene.ksef.began)
    scene.put(environment=PRODUCTION)
    assert enrol_invoices(scene.ksef.session, scene.ksef.gateway.settings, scene.ksef.began) == 0
    assert {row.environment for row in scene.ksef.rows()} == {PRODUCTION}
    assert scene.mailed() == 1
