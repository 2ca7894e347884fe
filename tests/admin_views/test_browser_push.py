"""The page of notifications in the browser: who sees what, what is kept, and the worker's headers."""

from collections.abc import Callable
from hashlib import sha256

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy.orm import Session

from models.audit import AuditEntry
from models.push_subscription import PushSubscription
from models.setting import Setting
from models.user import User
from sandbox.push_service import Subscription
from services.push_switch import BROWSER_PUSH
from tests.admin_views.conftest import ROLES, Visitor

Visit = Callable[[str], Visitor]
PAGE = "/admin/browser_push/"
BROWSER = Subscription("https://push.example/abc", bytes(16), ec.derive_private_key(7, ec.SECP256R1()))


@pytest.fixture
def allowed(visit: Visit) -> None:
    visit("administrator").post(f"{PAGE}switch", on="yes")


def ask(person: Visitor, page: str, **given: object) -> tuple[int, str]:
    headers = {
        "X-CSRFToken": person.token(),
        "X-Requested-With": "fetch",
        "User-Agent": "X11; Linux Firefox/1",
    }
    answer = person.browser.post(f"{PAGE}{page}", json=given, headers=headers)
    return answer.status_code, answer.text


def subscribe(person: Visitor, endpoint: str = BROWSER.endpoint) -> tuple[int, str]:
    return ask(person, "subscribe", endpoint=endpoint, **BROWSER.keys)


@pytest.mark.parametrize("role", ROLES)
def test_it_is_off_until_an_administrator_allows_it(visit: Visit, stored: Session, role: str) -> None:
    person, administers = visit(role), role == "administrator"
    page = person.get(PAGE).text
    assert "Notifications are switched off" in page and "data-push-on" not in page
    assert ("Allow notifications" in page) is administers
    assert subscribe(person) == (
        409,
        "Notifications in the browser are switched off in this installation.",
    )
    assert (person.post(f"{PAGE}switch", on="yes").status_code == 403) is not administers
    assert (stored.get(Setting, BROWSER_PUSH) is not None) is administers
    assert stored.scalars(sa.select(AuditEntry.entity_id)).all() == [BROWSER_PUSH] * administers


def test_a_missing_key_is_said(visit: Visit, stored: Session, allowed: None) -> None:
    table = sa.table("installation_secret", sa.column("name"))
    stored.execute(sa.text("DROP TRIGGER IF EXISTS installation_secret_append_only_delete"))
    stored.execute(sa.delete(table).where(table.c.name == "vapid"))
    stored.commit()
    page = visit("administrator").get(PAGE).text
    assert "This installation has no key" in page and "Allow" not in page.split("<main")[1]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_switches_it_on_for_oneself_and_sees_nobody_elses(
    visit: Visit, stored: Session, allowed: None, role: str
) -> None:
    person, other = visit(role), visit(next(each for each in ROLES if each != role))
    assert subscribe(person) == (204, "")
    [kept] = stored.scalars(sa.select(PushSubscription))
    assert (kept.endpoint, kept.browser) == (BROWSER.endpoint, "Firefox, Linux")
    assert stored.get_one(User, kept.user_id).email == f"{role}@goniec.example"
    page, theirs = person.get(PAGE).text, other.get(PAGE).text
    digest = sha256(BROWSER.endpoint.encode()).hexdigest()
    assert digest in page and "Firefox, Linux" in page and BROWSER.endpoint not in page
    assert digest not in theirs
    other.post(f"{PAGE}remove", id=str(kept.id))
    assert ask(other, "forget", endpoint=BROWSER.endpoint)[0] == 204
    assert len(stored.scalars(sa.select(PushSubscription)).all()) == 1
    person.post(f"{PAGE}remove", id=str(kept.id))
    assert stored.scalars(sa.select(PushSubscription)).all() == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"endpoint": "https://169.254.169.254/latest"}, 409),
        ({"endpoint": "https://push.example/" + "x" * 2000}, 409),
        ({"endpoint": 7}, 400),
        ({"p256dh": None}, 400),
        ({"auth": "x" * 5000}, 409),
        ({"p256dh": "\x00"}, 400),
    ],
)
def test_what_no_browser_gives_is_refused(
    visit: Visit, stored: Session, allowed: None, given: dict[str, object], code: int
) -> None:
    whole = {"endpoint": BROWSER.endpoint, **BROWSER.keys, **given}
    assert ask(visit("operator"), "subscribe", **whole)[0] == code
    assert stored.scalars(sa.select(PushSubscription)).all() == []


def test_the_worker_may_stand_over_the_panel_and_load_nothing(visit: Visit) -> None:
    headers = visit("viewer").get("/static/js/push-worker.js").headers
    assert headers["Service-Worker-Allowed"] == "/admin/"
    assert headers["Content-Security-Policy"] == "default-src 'none'; base-uri 'none'"
    assert headers["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in visit("viewer").get("/static/js/push.js").headers


def test_no_browser_is_looked_for_by_a_nul(visit: Visit, allowed: None) -> None:
    assert ask(visit("operator"), "forget", endpoint="https://push.example/a\0b")[0] == 400
