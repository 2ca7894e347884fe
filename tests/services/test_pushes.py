"""Browsers are told of what arrives: whose, of what, how often, and until when."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.push import NotAPushAddress
from domain.text_messages import IncomingText
from extensions.wiring import wiring
from gateways.web_push import WebPush
from jobs.push import push
from models import db
from models.conversation import Conversation
from models.push_notice import PushNotice
from models.push_subscription import PushSubscription
from models.user import Role, User
from sandbox.push_service import SandboxPushService, Subscription
from services.job_names import PUSH
from services.join_conversation import Incoming, join_conversation
from services.push_switch import PushOff, push_off, switch_push
from services.receive_text import receive_text
from services.send_pushes import LEASE, send_pushes
from services.subscribe_browser import (
    MOST_BROWSERS,
    Browser,
    PushIsOff,
    TooManyBrowsers,
    browsers_of,
    forget_browser,
    subscribe_browser,
)
from services.tell_browsers import ring_pushes
from tests import factories as make
from tests.service_desk import NUMBER, make_told_client

ON_ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no SQL that differs


@pytest.fixture
def session(database: Flask) -> Iterator[Session]:
    session = db.session()
    yield session
    session.close()  # the job has let go of it


@pytest.fixture
def service(session: Session, now: datetime) -> Iterator[SandboxPushService]:
    """The push service of everybody's browser; the panel may reach it and notifications are allowed."""
    with SandboxPushService(wiring().web_push(session).public_key) as running:
        running.now = now
        hands = replace(wiring(), push_sandbox_url=running.url, clock=lambda: now)
        current_app.extensions["goniec"] = hands
        switch_push(session, on=True, actor_id=None, now=now)
        make_told_client(session)
        session.commit()
        yield running


@pytest.fixture
def gateway(session: Session, service: SandboxPushService) -> WebPush:
    return wiring().web_push(session)


def reader(session: Session, role: str = "operator") -> int:
    """The id of somebody with that role."""
    user = make.make_user(session)
    user.roles = list(session.scalars(sa.select(Role).where(Role.name == role)))
    session.commit()
    return user.id


def subscribed(session: Session, service: SandboxPushService, user: int, now: datetime) -> Subscription:
    """A browser of the person, subscribed."""
    browser, checks = service.subscribe(), wiring().web_push(session)
    subscribe_browser(session, user, Browser(browser.endpoint, **browser.keys), checks=checks, now=now)
    return browser


def receive(session: Session, now: datetime, text: str = "Kiedy?") -> tuple[int, list[object]]:
    rings: list[object] = []
    incoming = IncomingText(f"r-{text}", NUMBER, "", text, now)
    received = receive_text(
        session, None, incoming, runtime=wiring().ejs(), now=now, enqueue=lambda *ring: rings.append(ring)
    )
    assert received.message.conversation_id is not None
    return received.message.conversation_id, rings


def told(*browsers: Subscription) -> list[int]:
    return [len(browser.told) for browser in browsers]


def notices(session: Session) -> int:
    session.rollback()
    return session.scalar(sa.select(sa.func.count(PushNotice.id))) or 0


def test_a_text_tells_whom_it_is_assigned_to_else_everybody_who_may_read(
    session: Session, service: SandboxPushService, now: datetime
) -> None:
    ewa, jan, nobody = reader(session), reader(session, "viewer"), make.make_user(session).id
    first, second = (subscribed(session, service, user, now) for user in (ewa, jan))
    stranger = subscribed(session, service, nobody, now)
    conversation, rings = receive(session, now)
    assert (PUSH,) in rings
    assert push() == 2 and told(first, second, stranger) == [1, 1, 0]
    assert first.told[0]["url"] == f"conversation/details/?id={conversation}"
    assert first.told[0]["title"] == "Nowa wiadomość"
    session.execute(sa.update(User).where(User.id == ewa).values(locale="en"))
    session.execute(sa.update(Conversation).values(assignee_id=ewa))
    session.commit()
    receive(session, now, "Halo?")
    assert push() == 1 and told(first, second, stranger) == [2, 1, 0]
    assert first.told[1]["title"] == "New message"
    assert (notices(session), service.refused) == (0, [])


def test_two_texts_that_wait_are_told_once(
    session: Session, service: SandboxPushService, gateway: WebPush, now: datetime
) -> None:
    browser = subscribed(session, service, reader(session), now)
    receive(session, now)
    receive(session, now, "Halo?")
    assert send_pushes(session, gateway, lambda: now) == 1
    assert told(browser) == [1]


@ON_ONE
@pytest.mark.parametrize(("waits", "count"), [(True, 1), (False, 0)])
def test_a_letter_tells_too_unless_a_machine_wrote_it(
    session: Session, service: SandboxPushService, now: datetime, waits: bool, count: int
) -> None:
    subscribed(session, service, reader(session), now)
    letter = Incoming(None, "d" * 64, Channel.EMAIL, waits=waits)
    join_conversation(session, letter, now)
    session.commit()
    assert notices(session) == count


@ON_ONE
def test_what_was_read_meanwhile_and_who_left_is_not_told(
    session: Session, service: SandboxPushService, gateway: WebPush, now: datetime
) -> None:
    ewa, jan = reader(session), reader(session)
    browsers = [subscribed(session, service, user, now) for user in (ewa, jan)]
    conversation, _rings = receive(session, now)
    session.execute(sa.update(User).where(User.id == ewa).values(active=False))
    session.commit()
    assert send_pushes(session, gateway, lambda: now) == 1 and told(*browsers) == [0, 1]
    receive(session, now, "Halo?")
    session.execute(sa.update(Conversation).where(Conversation.id == conversation).values(unread=0))
    session.commit()
    assert send_pushes(session, gateway, lambda: now) == 0 and told(*browsers) == [0, 1]
    assert notices(session) == 0


def test_a_browser_that_is_gone_is_forgotten(
    session: Session, service: SandboxPushService, gateway: WebPush, now: datetime
) -> None:
    user = reader(session)
    gone, there = (subscribed(session, service, user, now) for _ in range(2))
    gone.answers.append((HTTPStatus.GONE, {}))
    receive(session, now)
    send_pushes(session, gateway, lambda: now)
    assert [browser.endpoint for browser in browsers_of(session, user)] == [there.endpoint]
    assert (notices(session), told(there)) == (0, [1])


@ON_ONE
def test_a_busy_service_is_tried_again_when_it_asks_and_given_up_after_an_hour(
    session: Session, service: SandboxPushService, gateway: WebPush, now: datetime
) -> None:
    user = reader(session)
    browser = subscribed(session, service, user, now)
    busy = HTTPStatus.SERVICE_UNAVAILABLE
    browser.answers += [(busy, {"Retry-After": "600"}), (busy, {}), (busy, {"Retry-After": "7200"})]
    receive(session, now)
    rings: list[object] = []
    waited = [timedelta(), timedelta(seconds=599), timedelta(seconds=600), timedelta(seconds=659)]
    tried = [send_pushes(session, gateway, lambda after=after: now + after) for after in waited]  # type: ignore[misc]
    assert tried == [1, 0, 1, 0]
    assert ring_pushes(session, now=now + timedelta(seconds=659), enqueue=rings.append) == 0
    assert ring_pushes(session, now=now + timedelta(seconds=660), enqueue=rings.append) == 1
    assert send_pushes(session, gateway, lambda: now + timedelta(seconds=660)) == 1
    assert (notices(session), told(browser)) == (0, [0]), "two hours are too late"
    assert rings == [PUSH] and len(browsers_of(session, user)) == 1


def test_a_notice_that_a_worker_holds_is_left_to_it_until_its_lease_ends(
    session: Session, service: SandboxPushService, gateway: WebPush, now: datetime
) -> None:
    browser = subscribed(session, service, reader(session), now)
    receive(session, now)
    seen: list[int] = []

    class Slow:
        def send(self, what: object, moment: datetime) -> object:
            with Session(db.engine) as other:
                seen.append(send_pushes(other, gateway, lambda: now))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_pushes(session, Slow(), lambda: now)  # type: ignore[arg-type]
    assert seen == [0] and told(browser) == [0]
    assert send_pushes(session, gateway, lambda: now + LEASE) == 1 and told(browser) == [1]


@ON_ONE
def test_nobody_is_told_where_it_is_switched_off(
    session: Session, service: SandboxPushService, now: datetime
) -> None:
    user = reader(session)
    browser = subscribed(session, service, user, now)
    receive(session, now, "Jeszcze przed")
    assert notices(session) == 1
    switch_push(session, on=False, actor_id=None, now=now)
    assert push_off(session) is PushOff.SWITCHED_OFF
    _conversation, rings = receive(session, now)
    assert (notices(session), rings, push(), told(browser)) == (0, [], 0, [0])
    with pytest.raises(PushIsOff):
        subscribed(session, service, user, now)


@ON_ONE
def test_it_is_off_until_somebody_allows_it_and_without_a_key(session: Session, now: datetime) -> None:
    assert push_off(session) is PushOff.SWITCHED_OFF
    switch_push(session, on=True, actor_id=None, now=now)
    assert push_off(session) is None


def test_a_browser_belongs_to_whoever_asked_last(
    session: Session, service: SandboxPushService, gateway: WebPush, now: datetime
) -> None:
    ewa, jan = reader(session), reader(session)
    browser = subscribed(session, service, ewa, now)
    again = Browser(browser.endpoint, **browser.keys, name="Firefox, Linux")
    subscribe_browser(session, jan, again, checks=gateway, now=now)
    assert browsers_of(session, ewa) == []
    [kept] = browsers_of(session, jan)
    assert kept.browser == "Firefox, Linux"
    assert not forget_browser(session, ewa, kept.id) and not forget_browser(session, ewa, kept.endpoint)
    assert forget_browser(session, jan, kept.id) and browsers_of(session, jan) == []


@ON_ONE
def test_a_person_has_a_limited_number_of_browsers_at_public_addresses(
    session: Session, service: SandboxPushService, gateway: WebPush, now: datetime
) -> None:
    user = reader(session)
    for _ in range(MOST_BROWSERS):
        subscribed(session, service, user, now)
    with pytest.raises(TooManyBrowsers):
        subscribed(session, service, user, now)
    with pytest.raises(NotAPushAddress):
        keys = service.subscribe().keys
        subscribe_browser(session, user, Browser("https://10.0.0.1/x", **keys), checks=gateway, now=now)
    assert session.scalar(sa.select(sa.func.count(PushSubscription.id))) == MOST_BROWSERS
