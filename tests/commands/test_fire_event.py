"""``flask fire-event``: an event of a record, by the same rules as any other."""

import pytest
from flask import Flask

from models import db
from tests.commands.conftest import Run
from tests.service_desk import make_repair, make_told_client


@pytest.fixture
def repair_id(application: Flask) -> int:
    with application.app_context():
        session = db.session()
        repair = make_repair(session, make_told_client(session))
        session.commit()
        return repair.id


def test_it_says_what_went_and_what_did_not(run: Run, repair_id: int) -> None:
    ran = run("fire-event", "repair_received", str(repair_id), "--json")
    assert ran.code == 0
    mail, text = ran.data["notifications"]
    assert (mail["channel"], mail["reason"]) == ("email", None) and mail["message"]
    assert text == {"channel": "sms", "message": None, "reason": "rule_never"}


def test_one_key_fires_once(run: Run, repair_id: int) -> None:
    first, again = (
        run("fire-event", "repair_received", str(repair_id), "--key", "zlecenie 7", "--json").data
        for _time in range(2)
    )
    assert first["new"] and not again["new"] and again["event"] == first["event"]
    assert again["notifications"] == first["notifications"]


def test_a_key_is_for_one_event(run: Run, repair_id: int) -> None:
    run("fire-event", "repair_received", str(repair_id), "--key", "7", "--json")
    assert run("fire-event", "repair_delivered", str(repair_id), "--key", "7").code == 3


def test_what_contradicts_the_record_is_refused_in_one_line(run: Run, repair_id: int) -> None:
    ran = run("fire-event", "repair_ready", str(repair_id))
    assert ran.code == 3 and ran.err.strip().splitlines() == [
        f"The event does not fit: repair no. {repair_id} is in the state “received”."
    ]


def test_a_change_is_told_of_once_whatever_the_key(run: Run, repair_id: int) -> None:
    first, again = (run("fire-event", "repair_received", str(repair_id), "--json").data for _time in range(2))
    assert (first["new"], again["new"]) == (True, False)
    assert again["event"] == first["event"] and again["notifications"] == first["notifications"]


def test_there_is_nothing_to_accept_without_an_offer(run: Run, repair_id: int) -> None:
    ran = run("fire-event", "cost_acceptance", str(repair_id))
    assert ran.code == 3 and "offer" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [("repair_opened", "1"), ("repair_closed", "x"), ("ticket_done", "999"), ("repair_closed", str(2**70))],
)
def test_what_is_not_there_is_bad_input(run: Run, repair_id: int, arguments: tuple[str, str]) -> None:
    ran = run("fire-event", *arguments)
    assert ran.code == 2 and len(ran.err.strip().splitlines()) == 1
