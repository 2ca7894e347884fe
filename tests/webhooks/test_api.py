"""``POST /api/v1/events``: who may, what is taken, and that one key fires once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import schemathesis
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from werkzeug.test import TestResponse

from domain.repairs import RepairState
from models import db
from models.audit import AuditEntry
from models.notification import FiredEvent
from models.repair import CostOffer, OfferState, Repair
from services.api_tokens import EVENTS_WRITE, NoSuchToken, TokenNameTaken, issue_token, revoke_token
from tests.service_desk import give_offer, make_repair, make_told_client
from webhooks.api_document import DOCUMENT

PATH = "/api/v1/events"


@pytest.fixture
def token(app: Flask, now: datetime) -> str:
    with app.app_context():
        return issue_token(db.session(), "Sklep", [EVENTS_WRITE], actor_id=None, now=now)[1]


@pytest.fixture
def repair_id(app: Flask) -> int:
    with app.app_context():
        repair = make_repair(db.session(), make_told_client(db.session()))
        db.session.commit()
        return repair.id


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def fire(
    client: FlaskClient, token: str, body: object, key: str = "zlecenie-7", **headers: str
) -> TestResponse:
    given = {"Authorization": f"Bearer {token}", "Idempotency-Key": key, "Content-Type": "application/json"}
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(PATH, data=data, headers=given | headers)


def events(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(FiredEvent.id))) or 0


def test_an_event_is_fired_and_said_what_became_of_it(
    client: FlaskClient, token: str, repair_id: int
) -> None:
    answer = fire(client, token, {"event": "repair_received", "record_id": repair_id})
    assert answer.status_code == 201
    mail, text = answer.get_json()["notifications"]
    assert mail["message_id"] and mail["reason"] is None
    assert text == {"channel": "sms", "message_id": None, "reason": "rule_never"}


def test_a_key_fires_once_and_answers_the_same(
    app: Flask, client: FlaskClient, token: str, repair_id: int
) -> None:
    body = {"event": "repair_received", "record_id": repair_id}
    first, again = fire(client, token, body), fire(client, token, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json() and events(app) == 1


def test_a_key_for_another_event_is_refused(
    app: Flask, client: FlaskClient, token: str, repair_id: int
) -> None:
    fire(client, token, {"event": "repair_received", "record_id": repair_id})
    assert fire(client, token, {"event": "repair_delivered", "record_id": repair_id}).status_code == 409
    assert events(app) == 1


def test_a_key_answers_the_same_when_its_offer_has_been_decided_since(
    app: Flask, client: FlaskClient, token: str, repair_id: int, now: datetime
) -> None:
    with app.app_context():
        repair = db.session.get_one(Repair, repair_id)
        repair.state = RepairState.AWAITING_ACCEPTANCE
        offer = give_offer(db.session(), repair)
        db.session.commit()
        offer_id = offer.id
    body = {"event": "cost_acceptance", "record_id": repair_id}
    first = fire(client, token, body)
    with app.app_context():
        offer = db.session.get_one(CostOffer, offer_id)
        offer.state, offer.decided_at = OfferState.REJECTED, now
        db.session.commit()
    again = fire(client, token, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json() and events(app) == 1


def test_an_event_that_contradicts_the_record_is_refused_in_words(
    app: Flask, client: FlaskClient, token: str, repair_id: int
) -> None:
    answer = fire(client, token, {"event": "repair_ready", "record_id": repair_id})
    assert answer.status_code == 409 and events(app) == 0
    title = f"The event does not fit: repair no. {repair_id} is in the state “received”."
    assert answer.get_json()["title"] == title


def test_another_key_tells_of_one_change_no_second_time(
    app: Flask, client: FlaskClient, token: str, repair_id: int
) -> None:
    body = {"event": "repair_received", "record_id": repair_id}
    first, again = fire(client, token, body, "a"), fire(client, token, body, "b")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json() == again.get_json() and events(app) == 1


def test_many_keys_at_once_tell_of_one_change_once(app: Flask, token: str, repair_id: int) -> None:
    body = {"event": "repair_received", "record_id": repair_id}
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda key: fire(app.test_client(), token, body, f"k{key}"), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.get_json()["event_id"] for answer in answers}) == 1 and events(app) == 1


def test_a_key_sent_by_many_at_once_fires_once(app: Flask, token: str, repair_id: int) -> None:
    body = {"event": "repair_received", "record_id": repair_id}
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(lambda _time: fire(app.test_client(), token, body), range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.get_json()["event_id"] for answer in answers}) == 1 and events(app) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer goniec_nobody"}, 401),
        ({"Authorization": "Basic Zm9vOmJhcg=="}, 401),
        ({"Idempotency-Key": ""}, 400),
        ({"Idempotency-Key": "z" * 151}, 400),
        ({"Idempotency-Key": "ze spacją"}, 400),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_headers_are_needed_as_the_document_says(
    app: Flask, client: FlaskClient, token: str, repair_id: int, headers: dict[str, str], status: int
) -> None:
    answer = fire(client, token, {"event": "repair_closed", "record_id": repair_id}, **headers)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["title"] and events(app) == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe{}", 400),
        (b"[" * 5000, 400),
        (b'{"event": NaN}', 400),
        (b"{}" + b" " * 20_000, 413),
        ([], 422),
        ({}, 422),
        ({"event": "repair_opened", "record_id": 1}, 422),
        ({"event": "repair_closed", "record_id": "1"}, 422),
        ({"event": "repair_closed", "record_id": True}, 422),
        ({"event": "repair_closed", "record_id": 2**63}, 422),
        ({"event": "repair_closed", "record_id": 0}, 422),
        ({"event": "repair_closed", "record_id": 1, "force": True}, 422),
        ({"event": "repair_closed", "record_id": 2**63 - 1}, 404),
        ({"event": "cost_acceptance", "record_id": 1}, 409),
        ({"event": "repair_ready", "record_id": 1}, 409),
    ],
)
def test_what_is_not_asked_for_is_refused_in_words(
    app: Flask, client: FlaskClient, token: str, repair_id: int, body: object, status: int
) -> None:
    answer = fire(client, token, body)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert events(app) == 0


def test_a_body_nested_as_deep_as_can_be_read_is_refused_in_words(
    app: Flask, client: FlaskClient, token: str, repair_id: int
) -> None:
    """To say what is wrong with it takes a deeper stack than to read it."""
    app.testing = False
    try:
        for depth in range(915, 955):
            body = b'{"event": %s1%s, "record_id": 1}' % (b"[" * depth, b"]" * depth)
            assert fire(client, token, body).status_code in (400, 422), depth
    finally:
        app.testing = True


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", PATH, 405), ("DELETE", PATH, 405), ("GET", "/api/v1/event", 404)]
)
def test_what_the_api_does_not_know_is_refused_as_a_problem(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["status"] == status
    assert ("POST" in answer.headers.get("Allow", "")) == (status == 405)


def test_a_revoked_key_opens_nothing(app: Flask, client: FlaskClient, now: datetime, repair_id: int) -> None:
    with app.app_context():
        row, text = issue_token(db.session(), "Sklep", [EVENTS_WRITE], actor_id=None, now=now)
        row_id = row.id
        revoke_token(db.session(), row_id, actor_id=None, now=now)
        with pytest.raises(NoSuchToken):
            revoke_token(db.session(), row_id, actor_id=None, now=now)
    assert fire(client, text, {"event": "repair_closed", "record_id": repair_id}).status_code == 401


def test_a_key_without_the_scope_opens_nothing_else(
    app: Flask, client: FlaskClient, now: datetime, repair_id: int
) -> None:
    with app.app_context():
        text = issue_token(db.session(), "Nic", [], actor_id=None, now=now)[1]
    assert fire(client, text, {"event": "repair_closed", "record_id": repair_id}).status_code == 403


def test_a_key_is_kept_as_a_digest_and_its_making_is_audited(app: Flask, token: str, now: datetime) -> None:
    with app.app_context():
        everything = " ".join(map(str, db.session.execute(sa.text("SELECT * FROM api_token")).all()))
        assert token not in everything
        assert db.session.scalar(sa.select(AuditEntry.action).where(AuditEntry.entity == "api_token"))
        with pytest.raises(TokenNameTaken):
            issue_token(db.session(), "Sklep", [], actor_id=None, now=now)


def test_the_document_is_there_for_everybody(client: FlaskClient) -> None:
    assert client.get("/api/v1/openapi.json").get_json() == DOCUMENT


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_whatever_is_sent_is_answered_as_the_document_says(
    app: Flask, token: str, repair_id: int, mode: GenerationMode
) -> None:
    """Schemathesis makes the requests, and holds each answer to the document."""
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)[PATH]["POST"]
    seen: set[int] = set()

    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: schemathesis.Case) -> None:
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
        if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            case.body["record_id"] = repair_id
        answer = case.call_and_validate()
        seen.add(answer.status_code)

    check()
    assert seen & ({201, 200} if mode is GenerationMode.POSITIVE else {400, 415, 422})
