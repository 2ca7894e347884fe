"""A client's own page of consents: whoever holds the signed link sees, gives and withdraws."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from domain.links import sign_id
from models import db
from models.audit import AuditEntry
from models.consent import ConsentAction, ConsentEvent, ConsentMethod, ConsentWording
from models.setting import LINK_KEY, secret_of
from services.compose_mail import CONSENTS, CONSENTS_LINK_LIVES
from tests import consent_scene as scene
from tests import factories as make
from tests.consent_scene import Scene


@pytest.fixture
def stored(app: Flask) -> Iterator[Session]:
    with app.app_context():
        yield db.session()


@pytest.fixture
def there(stored: Session) -> Scene:
    return scene.make_scene(stored)


@pytest.fixture
def url(stored: Session, there: Scene) -> str:
    return scene.page_of(stored, there.client.id)


def test_opening_the_page_shows_the_consents_and_changes_nothing(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    answer = client.get(url)
    assert (answer.status_code, client.head(url).status_code) == (200, 200)
    for definition in (there.processing, there.by_mail, there.by_sms):
        assert definition.name in answer.text and definition.current_wording.text in answer.text
    assert "15.01.2025" in answer.text
    assert scene.events(stored) == 1


def test_the_page_tells_no_more_than_it_must(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    assert "a…@poczta.example" in answer.text and "…200" in answer.text
    for secret in (scene.ADDRESS, "600100200", "Nowak"):
        assert secret not in answer.text
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert "Set-Cookie" not in answer.headers


def test_a_consent_is_withdrawn_once_with_its_proof(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    body = {"definition": there.processing.id, "said": "withdrawn"}
    for _ in range(2):
        assert client.post(url, data=body, headers={"User-Agent": "Firefox"}).status_code == 200
    assert scene.granted(stored, there.client.id, there.processing) is False
    [event] = stored.scalars(sa.select(ConsentEvent).where(ConsentEvent.action == ConsentAction.WITHDRAWN))
    assert (event.method, event.source) == (ConsentMethod.LINK, "strona zgód (samoobsługa)")
    assert event.evidence is not None
    assert (event.evidence.ip_address, event.evidence.user_agent) == ("127.0.0.1", "Firefox")


def test_a_consent_that_needs_no_confirmation_is_given_at_once(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    page = client.post(url, data=scene.yes_to(there.by_sms)).text
    assert scene.granted(stored, there.client.id, there.by_sms) is True
    assert "Zgoda została zapisana" in page


def test_one_that_needs_it_is_only_asked_for(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    body = scene.yes_to(there.by_mail)
    first, second = client.post(url, data=body), client.post(url, data=body)
    assert (first.status_code, second.status_code) == (200, 409)
    assert "a…@poczta.example" in first.text
    assert scene.granted(stored, there.client.id, there.by_mail) is None
    assert scene.the_letter(stored).address == scene.ADDRESS


def test_a_channel_is_turned_off_and_on_again(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    for said, allowed in (("off", False), ("off", False), ("on", True)):
        client.post(url, data={"channel": "sms", "said": said})
        stored.expire_all()
        assert there.client.allow_sms is allowed
    audited = stored.scalars(sa.select(AuditEntry).where(AuditEntry.action == "prefer")).all()
    assert [(entry.entity, entry.actor_id) for entry in audited] == [("client", None)] * 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"said": "granted"},
        {"definition": "x", "said": "granted"},
        {"definition": "٣", "said": "granted"},
        {"definition": "9" * 30, "said": "granted"},
        {"definition": "1", "said": "<script>"},
        {"channel": "letter", "said": "off"},
        {"channel": "email", "said": "perhaps"},
    ],
)
def test_what_no_page_of_ours_sends_changes_nothing(
    client: FlaskClient, stored: Session, url: str, body: dict[str, str]
) -> None:
    answer = client.post(url, data=body)
    assert answer.status_code == 400 and "<script>" not in answer.text
    assert scene.events(stored) == 1


def test_a_yes_to_words_that_were_replaced_meanwhile_is_none(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    """The page was open when the office published another wording."""
    body, number = scene.yes_to(there.by_sms), there.by_sms.id
    there.by_sms.wordings.append(ConsentWording(version=2, text="Wszystko.", created_at=make.LONG_AGO))
    stored.commit()
    for given in (body, {**body, "wording": ""}, {**body, "wording": "x"}):
        answer = client.post(url, data=given)
        assert answer.status_code == 409 and "Wszystko." in answer.text
    stored.rollback()
    assert scene.events(stored) == 1
    field = rf'name="definition" value="{number}">\s*<input[^>]*name="wording" value="(\d+)"'
    again = re.search(field, answer.text)
    assert again
    assert client.post(url, data={**body, "wording": again[1]}).status_code == 200
    assert scene.granted(stored, there.client.id, there.by_sms) is True


def test_a_consent_no_longer_in_use_can_be_withdrawn_and_not_given(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    make.grant(stored, there.client, there.by_sms)
    there.by_sms.is_active = False
    stored.commit()
    page = client.get(url).text
    assert there.by_sms.name in page and "już nie używamy" in page
    body = {"definition": there.by_sms.id, "said": "withdrawn"}
    assert client.post(url, data=body).status_code == 200
    assert scene.granted(stored, there.client.id, there.by_sms) is False
    assert there.by_sms.name not in client.get(url).text
    assert client.post(url, data=scene.yes_to(there.by_sms)).status_code == 409


def test_a_consent_that_is_not_offered_is_refused(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    there.by_sms.is_active = False
    stored.commit()
    assert there.by_sms.name not in client.get(url).text
    for number in (there.by_sms.id, 999):
        assert client.post(url, data={"definition": number, "said": "granted"}).status_code == 409
    assert scene.events(stored) == 1


def test_a_wording_is_shown_as_text(client: FlaskClient, stored: Session, there: Scene, url: str) -> None:
    there.by_sms.name = "<script>alert(1)</script>"
    stored.commit()
    assert "<script>alert" not in client.get(url).text


@pytest.mark.parametrize(
    "token", ["1", "1-2", "1-2-3", "-1-AAAAAAAAAAAAAAAAAAAA", "x" * 500, "%00", "%FF-1-x"]
)
def test_a_forged_link_is_not_found(client: FlaskClient, token: str) -> None:
    for page in ("c", "confirm"):
        for answer in (client.get(f"/{page}/{token}"), client.post(f"/{page}/{token}")):
            assert answer.status_code in (400, 404)


def test_a_link_fits_neither_another_client_nor_another_day_or_purpose(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    other = make.make_client(stored)
    stored.commit()
    day, number, mac = url.removeprefix("/c/").split("-", 2)
    key = secret_of(stored.connection(), LINK_KEY)
    for forged in (
        f"{day}-{other.id}-{mac}", f"{int(day) + 1}-{number}-{mac}", f"0{day}-{number}-{mac}",
        sign_id(CONSENTS, there.client.id, key),
    ):  # fmt: skip
        assert client.get(f"/c/{forged}").status_code == 404


def test_a_link_expires(client: FlaskClient, stored: Session, there: Scene) -> None:
    now = datetime.now(UTC)
    last = scene.page_of(stored, there.client.id, now - CONSENTS_LINK_LIVES)
    assert client.get(last).status_code == 200
    late = scene.page_of(stored, there.client.id, now - CONSENTS_LINK_LIVES - timedelta(days=1))
    answer = client.post(late, data={"definition": there.processing.id, "said": "withdrawn"})
    assert (answer.status_code, scene.events(stored)) == (410, 1)


def test_the_link_of_a_merged_client_leads_to_the_survivor(
    client: FlaskClient, stored: Session, there: Scene, url: str
) -> None:
    survivor = make.make_client(stored, email="ewa@poczta.example")
    make.grant(stored, survivor, there.by_sms)
    there.client.merged_into = survivor
    stored.commit()
    assert "e…@poczta.example" in client.get(url).text
    client.post(url, data={"definition": there.by_sms.id, "said": "withdrawn"})
    assert scene.granted(stored, survivor.id, there.by_sms) is False


def test_an_erased_client_has_no_page(client: FlaskClient, stored: Session, there: Scene, url: str) -> None:
    there.client.erased_at = make.LONG_AGO
    stored.commit()
    assert client.get(url).status_code == 404


def test_whoever_hammers_on_a_link_is_asked_to_wait(client: FlaskClient, url: str) -> None:
    answers = [client.get(url).status_code for _ in range(45)]
    assert (answers[0], answers[-1]) == (200, 429)


def test_the_style_of_the_page_is_allowed_by_its_own_policy(client: FlaskClient, url: str) -> None:
    answer = client.get(url)
    nonce = re.search(r'<style nonce="([^"]+)"', answer.text)
    assert nonce
    assert f"'nonce-{nonce[1]}'" in answer.headers["Content-Security-Policy"]
