"""Invoices on their way into KSeF: each arrives once, whatever is killed."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.ksef import KsefState
from gateways.ksef import KsefGateway
from models import db
from models.ksef import KsefSubmission
from sandbox import ksef
from services.ksef_submissions import (
    LEASE,
    claim_submission,
    due_submissions,
    enrol_invoices,
)
from tests.services.ksef_scene import MINUTE, prompt_ksef, rows, send, states, two_invoices


@pytest.fixture
def there() -> Iterator[ksef.Ksef]:
    with prompt_ksef() as running:
        yield running


@pytest.fixture
def session(database: Flask, now: datetime) -> Session:
    return two_invoices(db.session(), now)


@pytest.fixture
def gateway(there: ksef.Ksef) -> KsefGateway:
    return KsefGateway(ksef.settings_for(there.url))


# --- the way in ---


def test_an_invoice_is_sent_numbered_and_receipted(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.delay = 2
    assert send(session, gateway, now) == 2
    assert states(session) == ["sent", "sent"]
    send(session, gateway, now + MINUTE)
    assert states(session) == ["sent", "sent"]
    send(session, gateway, now + 2 * MINUTE)
    assert states(session) == ["accepted", "accepted"]
    for row in rows(session):
        assert row.sha256 == hashlib.sha256(row.xml.encode()).hexdigest()
        assert there.office.accepted[row.ksef_number][1].content == row.xml.encode()
        assert row.ksef_number in row.upo and row.error_text == "" and row.leased_until is None
    assert len(there.office.sessions) == 1 and all(one.is_closed for one in there.office.sessions.values())
    assert send(session, gateway, now + 3 * MINUTE) == 0


def test_what_was_issued_before_the_day_is_left_alone(
    session: Session, there: ksef.Ksef, now: datetime
) -> None:
    later = replace(ksef.settings_for(there.url), since=now.date() + timedelta(days=1))
    assert send(session, KsefGateway(later), now) == 0
    assert rows(session) == []


def test_one_run_works_on_a_row(session: Session, gateway: KsefGateway, now: datetime) -> None:
    enrol_invoices(session, gateway.settings, now)
    assert enrol_invoices(session, gateway.settings, now) == 0
    [first, second] = due_submissions(session, gateway.settings, now)
    assert claim_submission(session, first, now) is not None
    assert claim_submission(session, first, now) is None
    assert list(due_submissions(session, gateway.settings, now)) == [second]
    assert claim_submission(session, first, now + LEASE + MINUTE) is not None


# --- killed ---


class Killed(BaseException):
    """As if the process were gone: nothing in the application catches it."""


class Dying(KsefGateway):
    """Is killed at its n-th call, before it leaves or after it has arrived."""

    def __init__(self, settings: object, calls: int, *, after: bool) -> None:
        super().__init__(settings)  # type: ignore[arg-type]
        self._left, self._after, self._dead = calls, after, False

    def _ask(self, call, *, sending=False):  # type: ignore[no-untyped-def]
        if self._dead:
            raise Killed
        self._left -= 1
        self._dead = self._left == 0
        if self._dead and not self._after:
            raise Killed
        answer = super()._ask(call, sending=sending)
        if self._dead:
            raise Killed
        return answer


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("calls", range(1, 9))
def test_killed_at_any_call_an_invoice_arrives_once(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime, calls: int, after: bool
) -> None:
    with pytest.raises(Killed):
        send(session, Dying(gateway.settings, calls, after=after), now)
    session.rollback()
    for minutes in range(20, 60, 5):
        send(session, gateway, now + minutes * MINUTE)
    assert states(session) == ["accepted", "accepted"]
    assert sorted(row.ksef_number for row in rows(session)) == sorted(there.office.accepted)
    assert all(row.upo for row in rows(session))


def test_a_lost_answer_does_not_send_twice(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.lost = 1
    send(session, gateway, now)
    assert states(session) == ["sending", "waiting"]
    send(session, gateway, now + 2 * MINUTE)
    assert states(session) == ["accepted", "accepted"]
    assert sum(len(one.documents) for one in there.office.sessions.values()) == 2


def test_a_session_that_ksef_has_forgotten_is_given_up(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    there.office.script.delay = 1
    send(session, gateway, now)
    there.office.sessions.clear()
    there.office.accepted.clear()
    for minutes in (1, 3, 6, 15, 20):
        send(session, gateway, now + minutes * MINUTE)
    assert states(session) == ["accepted", "accepted"]


def test_a_duplicate_of_our_own_document_is_accepted(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    """What a lost session leaves: KSeF has the document, and nobody here knows."""
    send(session, gateway, now)
    numbers = [row.ksef_number for row in rows(session)]
    session.execute(
        sa.update(KsefSubmission).values(
            state=KsefState.WAITING, ksef_number="", upo="", session_reference="", invoice_reference=""
        )
    )
    session.commit()
    send(session, gateway, now + MINUTE)
    assert [row.ksef_number for row in rows(session)] == numbers
    assert all(row.upo for row in rows(session)) and len(there.office.accepted) == 2


def test_a_duplicate_of_another_document_is_refused(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    send(session, gateway, now)
    [number, _other] = [row.ksef_number for row in rows(session)]
    there.office.accepted[number][1].content += b" "
    changes = {"state": KsefState.WAITING, "ksef_number": "", "upo": "", "invoice_reference": ""}
    session.execute(sa.update(KsefSubmission).where(KsefSubmission.ksef_number == number).values(**changes))
    session.commit()
    send(session, gateway, now + MINUTE)
    refused = rows(session)[0]
    assert (refused.state, refused.error_code) == (KsefState.REFUSED, 440)
    assert number in refused.error_text


def test_many_runs_at_once_send_each_invoice_once(
    session: Session, there: ksef.Ksef, gateway: KsefGateway, now: datetime
) -> None:
    engine = session.get_bind().engine

    def run(_number: int) -> None:
        with Session(engine) as own:
            send(own, KsefGateway(gateway.settings), now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, range(4)))
    send(session, gateway, now + MINUTE)
    assert states(session) == ["accepted", "accepted"]
    assert sum(len(one.documents) for one in there.office.sessions.values()) == 2
