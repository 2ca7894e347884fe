"""The link at the end of a marketing message."""

import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.links import sign_id
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentEvent, ConsentMethod, ConsentState
from models.message import Message
from models.setting import LINK_KEY, secret_of
from services.compose_mail import UNSUBSCRIBE
from services.withdraw_by_link import message_of_link, withdraw_by_link
from tests import factories as make

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def link_of(session: Session, message: Message) -> str:
    return sign_id(UNSUBSCRIBE, message.id, secret_of(session.connection(), LINK_KEY))


def shared_message(session: Session) -> tuple[Message, list[Client]]:
    """A couple behind one address; only the first of them is the message's own client."""
    definition = make.make_definition(session)
    couple = [make.make_ready_client(session, definition, "dom@poczta.example") for _ in range(2)]
    campaign = make.make_campaign(session, make.make_investment(session))
    message = make.make_message(
        session, campaign=campaign, client_id=couple[0].id, address="dom@poczta.example"
    )
    for client in couple:
        make.make_recipient(session, campaign, client, message)
    session.commit()
    return message, couple


def granted(session: Session, *clients: Client) -> list[bool]:
    query = sa.select(ConsentState.granted).where(
        ConsentState.client_id.in_([client.id for client in clients])
    )
    return list(session.scalars(query.order_by(ConsentState.client_id)))


def withdrawals(session: Session) -> int:
    query = sa.select(sa.func.count()).where(ConsentEvent.action == ConsentAction.WITHDRAWN)
    return session.scalar(query) or 0


@pytest.fixture
def url(app: Flask) -> str:
    with app.app_context():
        message, _ = shared_message(db.session())
        return f"/u/{link_of(db.session(), message)}"


def test_opening_the_link_shows_what_would_be_withdrawn_and_changes_nothing(
    app: Flask, client: FlaskClient, url: str
) -> None:
    for method in (client.get, client.head):
        assert method(url).status_code == 200
    page = client.get(url).text
    with app.app_context():
        assert withdrawals(db.session()) == 0
        (name,) = set(db.session.scalars(sa.select(make.ConsentDefinition.name)))
    assert name in page
    assert "d…@poczta.example" in page
    assert "dom@poczta.example" not in page
    assert re.search(r'<html lang="pl">', page)


@pytest.mark.parametrize("body", [ONE_CLICK, {}])
def test_a_click_withdraws_for_everybody_behind_the_message(
    app: Flask, client: FlaskClient, url: str, body: dict[str, str]
) -> None:
    answer = client.post(url, data=body, headers={"User-Agent": "Mail/1.0"})
    assert answer.status_code == 200
    with app.app_context():
        states = list(db.session.scalars(sa.select(ConsentState.granted)))
        events = db.session.scalars(
            sa.select(ConsentEvent).where(ConsentEvent.action == ConsentAction.WITHDRAWN)
        ).all()
        assert states == [False, False]
        assert [event.method for event in events] == [ConsentMethod.LINK] * 2
        assert {event.evidence and event.evidence.user_agent for event in events} == {"Mail/1.0"}
        assert {event.evidence and event.evidence.ip_address for event in events} == {"127.0.0.1"}


def test_the_answer_sets_no_cookie_and_needs_none(client: FlaskClient, url: str) -> None:
    for answer in (client.get(url), client.post(url, data=ONE_CLICK)):
        assert "Set-Cookie" not in answer.headers


def test_clicking_again_changes_nothing(app: Flask, client: FlaskClient, url: str) -> None:
    for _ in range(3):
        assert client.post(url, data=ONE_CLICK).status_code == 200
    with app.app_context():
        assert withdrawals(db.session()) == 2
    assert "<form" not in client.get(url).text


@pytest.mark.parametrize("token", ["", "1", "1-", "1-AAAAAAAAAAAAAAAAAAAA", "x-y", "9" * 30])
def test_a_forged_link_is_not_found(client: FlaskClient, token: str) -> None:
    for answer in (client.get(f"/u/{token}"), client.post(f"/u/{token}", data=ONE_CLICK)):
        assert answer.status_code == 404


def test_a_link_made_for_another_purpose_is_not_found(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        message, _ = shared_message(db.session())
        key = secret_of(db.session.connection(), LINK_KEY)
        token = sign_id("message-id", message.id, key)
    assert client.post(f"/u/{token}").status_code == 404


def test_healthz_answers_a_stranger(client: FlaskClient) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "ok\n", "text/plain")


def test_the_style_of_the_page_is_allowed_by_its_own_policy(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    nonce = re.search(r'<style nonce="([^"]+)"', answer.text)
    assert nonce
    assert f"'nonce-{nonce[1]}'" in answer.headers["Content-Security-Policy"]


def test_a_withdrawal_keeps_other_consents_and_other_people(database: Flask, now: datetime) -> None:
    session = db.session()
    message, couple = shared_message(session)
    by_sms = make.make_definition(session, channel=Channel.SMS)
    make.grant(session, couple[0], by_sms)
    stranger = make.make_ready_client(session, make.make_definition(session))
    session.commit()
    withdraw_by_link(session, message, now=now, ip="192.0.2.1", user_agent="x")
    assert granted(session, *couple) == [False, True, False]
    assert granted(session, stranger) == [True]


def test_a_withdrawal_follows_a_client_who_was_merged(database: Flask, now: datetime) -> None:
    session = db.session()
    message, couple = shared_message(session)
    survivor = make.make_ready_client(session, make.make_definition(session))
    couple[1].merged_into = survivor
    session.commit()
    withdraw_by_link(session, message, now=now, ip="", user_agent="")
    assert granted(session, survivor) == [False]


def test_consent_given_anew_can_be_withdrawn_by_the_same_link(database: Flask, now: datetime) -> None:
    session = db.session()
    message, couple = shared_message(session)
    withdraw_by_link(session, message, now=now, ip="", user_agent="")
    definition = session.scalars(sa.select(make.ConsentDefinition)).one()
    make.grant(session, couple[0], definition, moment=now + timedelta(hours=1))
    session.commit()
    again = withdraw_by_link(session, message, now=now + timedelta(hours=2), ip="", user_agent="")
    assert again.consents == (definition.name,)
    assert granted(session, couple[0]) == [False]


def test_a_token_leads_to_its_message_only(database: Flask) -> None:
    session = db.session()
    message, _ = shared_message(session)
    token = link_of(session, message)
    assert message_of_link(session, token) is message
    assert message_of_link(session, token.replace(f"{message.id}-", f"{message.id + 1}-", 1)) is None
