"""The link of a request for consent: it shows, grants once on the button, and ends."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import db
from models.consent import ConsentEvent
from models.consent_request import ConsentRequest
from services.ask_for_consent import LIVES, Asking, ask_to_confirm
from tests import consent_scene as scene
from tests.consent_scene import Scene


@pytest.fixture
def stored(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


@pytest.fixture
def there(stored: Session) -> Scene:
    return scene.make_scene(stored)


def asked(stored: Session, there: Scene, now: datetime) -> ConsentRequest:
    order = Asking(there.client.id, there.by_mail.id)
    return ask_to_confirm(stored, order, base_url="", now=now, enqueue=lambda *_ring: None)


def test_a_scanner_that_follows_the_link_confirms_nothing(
    client: FlaskClient, stored: Session, there: Scene
) -> None:
    url = scene.confirm_page(stored, asked(stored, there, datetime.now(UTC)))
    page = client.get(url)
    assert client.head(url).status_code == page.status_code == 200
    assert there.by_mail.name in page.text and "a…@poczta.example" in page.text
    assert scene.ADDRESS not in page.text and "noindex" in page.headers["X-Robots-Tag"]
    assert scene.events(stored) == 1


def test_the_button_grants_once(client: FlaskClient, stored: Session, there: Scene) -> None:
    url = scene.confirm_page(stored, asked(stored, there, datetime.now(UTC)))
    first, second = (client.post(url, headers={"User-Agent": "Firefox"}) for _click in range(2))
    own_page = re.search(r'href="[^"]*(/c/[^"]+)"', first.text)
    assert own_page and there.by_mail.name in client.get(own_page[1]).text
    assert "/c/" not in second.text  # whoever finds the letter later gets no further than its own question
    assert "Zgoda potwierdzona" in first.text and "Już potwierdzona" in second.text
    [event] = stored.scalars(sa.select(ConsentEvent).where(ConsentEvent.definition_id == there.by_mail.id))
    assert event.evidence is not None and event.evidence.user_agent == "Firefox"
    assert "<form" not in client.get(url).text


def test_a_link_that_has_ended_says_so(client: FlaskClient, stored: Session, there: Scene) -> None:
    url = scene.confirm_page(stored, asked(stored, there, datetime.now(UTC) - LIVES - timedelta(minutes=1)))
    for answer in (client.get(url), client.post(url)):
        assert answer.status_code == 410 and "wygasł" in answer.text
    assert scene.events(stored) == 1


def test_the_link_of_one_request_opens_no_other(client: FlaskClient, stored: Session, there: Scene) -> None:
    request = asked(stored, there, datetime.now(UTC))
    url = scene.confirm_page(stored, request)
    forged = url.replace(f"/{request.id}-", f"/{request.id + 1}-")
    page = scene.page_of(stored, there.client.id).replace("/c/", "/confirm/")
    for wrong in (forged, page, f"{url}x", url.replace("/confirm/", "/c/"), url.replace("/confirm/", "/u/")):
        assert client.post(wrong).status_code == 404
    assert scene.events(stored) == 1
