"""An approval renders its texts while nobody waits for the account, and holds what the frozen ones cost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from flask import Flask, current_app

from domain.delivery import Status
from domain.outcomes import Unavailable
from models import db
from models.client import Client
from models.price_list import SmsPrice
from models.sms_account import SmsAccount
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from services.approve_campaign import QuoteChanged, approve_campaign
from services.sms_settings import SmsSettings
from services.text_content import TextRenderer, prepare_text
from tests.services.sms_scene import PRICE, TEXT, SmsScene, number_of


class WatchedRenderer(TextRenderer):
    """Does something beside every rendering, and counts the texts."""

    def __init__(self, beside: Callable[[], None]) -> None:
        super().__init__(prepare_text(TEXT, SmsSettings()), current_app.extensions["goniec"].ejs())
        self._beside = beside
        self.rendered = 0

    def render_many(self, values_list: Sequence[Mapping[str, str]]) -> list[str]:
        self._beside()
        self.rendered += len(values_list)
        return super().render_many(values_list)


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def in_another_transaction(*statements: sa.Executable) -> None:
    """Commit these at once, or fail: whoever holds the rows is not waited for."""
    patience = (
        "SET lock_timeout = '1s'" if db.engine.dialect.name == "postgresql" else "PRAGMA busy_timeout=1000"
    )
    with db.engine.connect() as connection:
        connection.execute(sa.text(patience))
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.invalidate()


def approve(scene: SmsScene, campaign: int, renderer: TextRenderer, cost: int | None = None) -> None:
    order = replace(scene.order(TEXT, cost), texts=renderer)
    approve_campaign(campaign, order, now=scene.clock.now, enqueue=scene.enqueue)


def test_money_moves_while_texts_are_rendered(scene: SmsScene) -> None:
    campaign = scene.draft(3)
    renderer = WatchedRenderer(
        lambda: in_another_transaction(sa.update(SmsAccount).values(alerted_at=scene.clock.now))
    )
    approve(scene, campaign, renderer)
    assert renderer.rendered == 3
    assert scene.paying.held == 3 * PRICE


def once(*statements: sa.Executable) -> Callable[[], None]:
    waiting = [statements]
    return lambda: in_another_transaction(*waiting.pop()) if waiting else None


def test_a_text_that_changes_after_it_was_counted_is_counted_again(scene: SmsScene) -> None:
    campaign = scene.draft(3)
    longer = sa.update(Client).where(Client.name == "Klient 2").values(name="x" * 150)
    renderer = WatchedRenderer(once(longer))
    approve(scene, campaign, renderer)
    assert scene.paying.held == 4 * PRICE
    assert renderer.rendered == 4
    scene.deliver(campaign)
    assert scene.statuses(campaign) == [Status.SENT] * 3
    assert scene.paying.held == 0
    assert check_ledger(scene.session).problems == ()


def test_a_price_that_changes_meanwhile_is_held_as_it_is_now(scene: SmsScene) -> None:
    dearer = sa.update(SmsPrice).values(gross_per_part=2 * PRICE)
    campaign = scene.draft(3)
    with pytest.raises(QuoteChanged):
        approve(scene, campaign, WatchedRenderer(once(dearer)), cost=3 * PRICE)
    assert scene.paying.held == 0
    approve(scene, campaign, WatchedRenderer(lambda: None), cost=6 * PRICE)
    assert scene.paying.held == 6 * PRICE


def test_a_sender_that_changes_meanwhile_is_the_one_that_is_frozen(scene: SmsScene) -> None:
    campaign = scene.draft(1)
    approve(scene, campaign, WatchedRenderer(once(sa.update(SmsAccount).values(sender="Zarzecze"))))
    assert scene.messages(campaign)[0].sender == "Zarzecze"


def test_a_sender_that_changed_after_the_charge_is_for_the_next_texts(scene: SmsScene) -> None:
    campaign = scene.texts(1)
    scene.session.execute(sa.update(SmsAccount).values(sender="Nadrzecze"))
    scene.session.commit()
    scene.gateway.answers[number_of(1)] = [Unavailable("", "busy")]
    scene.deliver(campaign)
    scene.session.execute(sa.update(SmsAccount).values(sender="Zarzecze"))
    scene.session.commit()
    scene.clock.advance(hours=2)
    scene.deliver(campaign)
    assert [text.sender for text in scene.gateway.handed] == ["Nadrzecze"] * 2
    assert scene.messages(campaign)[0].sender == "Nadrzecze"
    other = scene.texts(1)
    scene.deliver(other)
    assert scene.gateway.handed[-1].sender == "Zarzecze"
    assert check_ledger(scene.session).problems == ()
    assert check_reports(scene.session).problems == ()
