"""KSeF out of reach: the invoice waits a while, and then is issued all the same, if it can be checked."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask

from domain.ksef import KsefState
from gateways.ksef_settings import Certificate
from sandbox.ksef_keys import write_certificate
from services.invoice_sheet import sheet_of
from tests.services.ksef_scene import MINUTE, KsefScene, ksef_scene


@pytest.fixture
def scene(database: Flask, now: datetime, tmp_path: Path) -> Iterator[KsefScene]:
    with ksef_scene(now) as made:
        files = Certificate(*write_certificate(tmp_path, "1060000062"))
        made.settings(offline_certificate=files)
        yield made


def test_while_ksef_stays_down_invoices_are_issued_offline(scene: KsefScene) -> None:
    scene.script.is_down = True
    for minutes in (0, 1, 3, 7, 15, 29):
        scene.send(minutes)
        assert scene.states() == ["waiting", "waiting"]
    scene.send(46)
    [first, second] = scene.rows()
    assert (first.state, second.state) == (KsefState.OFFLINE, KsefState.OFFLINE)
    assert first.offline_since == scene.began + 46 * MINUTE and first.error_code == 503
    assert first.down_since == scene.began
    sheet = sheet_of(first.invoice)
    assert sheet.ksef_qr and sheet.certificate_qr and sheet.ksef_number == ""
    digest = first.sha256
    scene.script.is_down = False
    scene.send(120)
    assert scene.states() == ["accepted", "accepted"]
    assert scene.rows()[0].sha256 == digest and scene.rows()[0].down_since is None
    assert all(document.offline for _session, document in scene.there.office.accepted.values())
    sheet = sheet_of(scene.rows()[0].invoice)
    assert sheet.ksef_qr and sheet.ksef_number and not sheet.certificate_qr


def test_an_answer_in_between_begins_the_patience_anew(scene: KsefScene) -> None:
    scene.script.is_down = True
    scene.send()
    scene.script.is_down, scene.script.too_many, scene.script.retry_after = False, 1, 60
    scene.send(20)
    scene.script.is_down = True
    scene.send(40)
    assert scene.states() == ["waiting", "waiting"]
    assert scene.rows()[0].down_since == scene.began + 40 * MINUTE


def test_an_answer_nobody_understands_issues_nothing_offline(scene: KsefScene) -> None:
    for minutes in (0, 40, 120, 240):
        scene.script.senseless = 9
        scene.send(minutes)
    assert scene.states() == ["waiting", "waiting"]
    assert "makes no sense" in scene.rows()[0].error_text
    scene.script.senseless = 0
    scene.send(480)
    assert scene.states() == ["accepted", "accepted"]


@pytest.mark.parametrize("unreadable", [True, False])
def test_without_the_second_code_an_invoice_waits_and_says_why(
    scene: KsefScene, tmp_path: Path, unreadable: bool
) -> None:
    absent = Certificate(tmp_path / "none.pem", tmp_path / "none.key")
    scene.settings(offline_certificate=absent if unreadable else None)
    scene.script.is_down = True
    for minutes in (0, 40, 120):
        scene.send(minutes)
    [row, _other] = scene.rows()
    assert (row.state, row.offline_since, row.error_code) == (KsefState.WAITING, None, 503)
    assert ("certificate for KSeF cannot be used" if unreadable else "type Offline") in row.error_text
