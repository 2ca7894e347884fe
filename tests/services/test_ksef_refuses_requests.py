"""KSeF says no to a request: that is no verdict on a document, and no other invoice suffers for it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask

from domain.ksef import KsefState
from sandbox.ksef_script import Step
from services.issue_invoice import correct_invoice
from services.ksef_records import SENT_IN_VAIN
from services.send_to_ksef import send_to_ksef
from tests.services.ksef_scene import MINUTE, KsefScene, ksef_scene


@pytest.fixture
def scene(database: Flask, now: datetime) -> Iterator[KsefScene]:
    with ksef_scene(now) as made:
        yield made


@pytest.mark.parametrize("status", [400, 403, 429, 503])
@pytest.mark.parametrize("step", list(Step))
def test_a_request_that_is_refused_once_costs_no_invoice_more_than_time(
    sqlite_app: Flask, now: datetime, step: Step, status: int
) -> None:
    with ksef_scene(now) as scene:
        if step in (Step.LIST, Step.READ):  # asked only about what may have arrived
            scene.script.lost = 1
            scene.script.refuse(Step.LIST, 400 if step is Step.READ else status)
        if step is not Step.LIST:
            scene.script.refuse(step, status)
        scene.send()
        assert "refused" not in scene.states() and "offline" not in scene.states()
        for minutes in (2, 8, 20):
            scene.send(minutes)
        assert scene.states() == ["accepted", "accepted"]
        assert all(row.upo and not row.error_text and row.error_code is None for row in scene.rows())
        assert not any(scene.script.refusals.values()) and len(scene.there.office.accepted) == 2


def test_a_session_that_ends_in_the_middle_is_replaced(scene: KsefScene) -> None:
    scene.more_invoices(3)
    scene.script.ends.append(1)
    scene.send()
    assert scene.states() == ["accepted", "waiting", "accepted", "accepted", "accepted"]
    assert scene.rows()[1].error_code == 400 and scene.rows()[1].next_try_at == scene.began + MINUTE
    scene.send(1)
    assert scene.states() == ["accepted"] * 5
    assert all(one.is_closed for one in scene.there.office.sessions.values())


def test_a_document_that_no_session_takes_goes_to_a_person(scene: KsefScene) -> None:
    for minutes in (0, 2, 5, 10, 20):
        scene.script.refuse(Step.SEND, 400)
        scene.send(minutes)
    [first, second] = scene.rows()
    assert (first.state, first.error_code, first.requests_refused) == (KsefState.REFUSED, 400, SENT_IN_VAIN)
    assert second.state is KsefState.ACCEPTED


def test_while_every_request_is_refused_most_invoices_only_wait(scene: KsefScene) -> None:
    scene.more_invoices(8)
    scene.script.refuse(Step.SEND, *[400] * 20)
    scene.send()
    assert scene.states() == ["waiting"] * 10
    assert len(scene.there.office.sessions) == 2
    assert [row.requests_refused for row in scene.rows()] == [1] + [0] * 9
    assert all(row.error_code == 400 and row.leased_until is None for row in scene.rows())


def test_a_session_that_cannot_be_opened_is_tried_later(scene: KsefScene) -> None:
    scene.script.refuse(Step.OPEN, 400)
    scene.send()
    assert scene.states() == ["waiting", "waiting"]
    for row in scene.rows():
        assert (row.error_code, row.attempts, row.leased_until) == (400, 1, None)
        assert row.next_try_at == scene.began + MINUTE and "scenariusz" in row.error_text


def test_after_a_429_on_a_receipt_no_invoice_of_the_environment_is_touched(scene: KsefScene) -> None:
    scene.script.refuse(Step.RECEIPT, 400, 400)
    scene.send()
    assert [row.upo for row in scene.rows()] == ["", ""]
    scene.script.refuse(Step.RECEIPT, 429)
    scene.script.retry_after = 1800
    scene.send(10)
    correct_invoice(scene.session, scene.first_invoice(), 0, "Zwrot", scene.began)
    scene.session.commit()
    assert scene.send(12) == 0 and scene.send(39) == 0
    scene.send(41)
    assert scene.states() == ["accepted"] * 3 and all(row.upo for row in scene.rows())
    assert all(row.error_code is None for row in scene.rows())


def test_the_wait_after_a_429_ends_when_ksef_has_answered(scene: KsefScene) -> None:
    scene.script.delay = 2
    scene.send()
    scene.script.refuse(Step.ASK, 429)
    scene.send(1)
    scene.send(2)
    scene.more_invoices(1)
    assert scene.send(2.1) == 1


def test_a_long_round_counts_its_leases_from_each_step(scene: KsefScene) -> None:
    moments = iter(scene.began + 9 * minute * MINUTE for minute in range(1_000))
    seen: list[datetime] = []

    def clock() -> datetime:
        seen.append(next(moments))
        return seen[-1]

    send_to_ksef(scene.session, scene.gateway, clock)
    [first, second] = scene.rows()
    assert first.sent_at is not None and second.sent_at is not None
    assert second.sent_at - first.sent_at >= timedelta(minutes=18)
    assert first.decided_at is not None and first.decided_at > first.sent_at
    assert scene.began < first.sent_at < seen[-1]
