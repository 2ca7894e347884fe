"""The screens of bounces: what came back, why it is understood so, and what people do about it."""

from collections.abc import Callable
from datetime import datetime
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from models.suppression import Suppression
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.service_desk import ADDRESS

Visit = Callable[[str], Visitor]
RAW = "From: x\nSubject: <script>alert(1)</script>\n\n<b>550 5.1.1 user unknown</b>"


@pytest.fixture
def bounce(panel: Flask, stored: Session, now: datetime) -> Bounce:
    """Of a message of ours, keeping its address blocked."""
    client = make.make_client(stored, email=ADDRESS)
    digest = make.digest_of(stored, ADDRESS)
    message = make.make_message(stored, client_id=client.id, address_digest=digest, subject="Faktura 7")
    make.make_message(stored, client_id=client.id, address_digest=digest, subject="Przypomnienie")
    row = Bounce(
        kind=BounceKind.DSN,
        verdict=BounceVerdict.BLOCK,
        address=ADDRESS,
        address_digest=digest,
        status_code="5.1.1",
        diagnostic="No such user",
        raw=RAW,
        received_at=now,
        message_id=message.id,
        client_id=client.id,
        suppression=make.block(stored, ADDRESS),
    )
    stored.add(row)
    stored.commit()
    return row


def card(visit: Visit, bounce: Bounce, role: str = "operator") -> str:
    return visit(role).get(f"/admin/bounce/details/?id={bounce.id}").text


def active(stored: Session) -> int:
    stored.rollback()
    return stored.scalar(sa.select(sa.func.count(Suppression.id)).where(Suppression.lifted_at.is_(None))) or 0


def test_the_card_shows_what_came_why_it_counts_and_whom_it_concerns(visit: Visit, bounce: Bounce) -> None:
    page = card(visit, bounce)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and "<script>alert" not in page
    assert "The code says that the address does not exist or was closed." in page
    assert f"{ADDRESS} is blocked: nothing is sent there" in page
    assert "Faktura 7" in page and "Przypomnienie" in page and page.count("came back</span>") == 1
    assert "Only an administrator may choose another effect" in page
    assert "/admin/bounce/decide/" not in card(visit, bounce, "viewer")


def test_what_names_no_address_has_a_card_without_messages(
    visit: Visit, stored: Session, panel: Flask
) -> None:
    make.make_message(stored, subject="Faktura 7", address_digest=None)
    nobody = Bounce(kind=BounceKind.AUTO_REPLY, verdict=BounceVerdict.NONE, raw="urlop")
    stored.add(nobody)
    stored.commit()
    page = card(visit, nobody)
    assert "An automatic reply: it never counts." in page and "It blocks nobody." in page
    assert "Faktura 7" not in page and 'value="block"' not in page


def test_an_administrator_takes_the_block_back_and_the_card_says_who_and_why(
    visit: Visit, stored: Session, bounce: Bounce
) -> None:
    operator, administrator = visit("operator"), visit("administrator")
    wanted = {"verdict": "soft", "why": "she answered from there"}
    answer = operator.post(f"/admin/bounce/decide/{bounce.id}", **wanted)
    assert answer.headers["Location"] == f"/admin/bounce/details/?id={bounce.id}"
    assert operator.sentences() == [
        "This would lift the block of the address, which only an administrator may."
    ]
    assert active(stored) == 1
    administrator.post(f"/admin/bounce/decide/{bounce.id}", **wanted)
    assert administrator.sentences() == ["Your decision was recorded."] and active(stored) == 0
    page = unescape(card(visit, bounce))
    assert "Address to be blocked → Temporary" in page and "she answered from there" in page
    assert "administrator" in page and "The block was lifted" in page
    assert operator.post(f"/admin/bounce/decide/{bounce.id}", verdict="robot").status_code == 400
    assert visit("viewer").post(f"/admin/bounce/decide/{bounce.id}", **wanted).status_code == 403


def test_todays_classifier_is_asked_from_the_card(visit: Visit, stored: Session, bounce: Bounce) -> None:
    administrator = visit("administrator")
    administrator.post(f"/admin/bounce/anew/{bounce.id}")
    assert administrator.sentences() == ["The bounce is now understood otherwise."]
    assert active(stored) == 0


def test_the_ticked_and_all_that_match_are_unblocked_after_a_confirmation(
    visit: Visit, stored: Session, bounce: Bounce
) -> None:
    administrator = visit("administrator")
    everything = {"everything": "1", "url": "/admin/bounce/?flt0_verdict=block", "expected": "1"}
    for chosen in ({"rowid": [str(bounce.id)]}, everything):
        page = administrator.post("/admin/bounce/action/", action="unblock", **chosen).text
        assert ADDRESS in page and "1 bounce is selected." in page and active(stored) == 1
        assert all(f'name="{name}"' in page for name in chosen)
    administrator.post("/admin/bounce/unblock-many", note="", **everything)
    assert administrator.sentences() == ["Say in the note why the block is lifted."] and active(stored) == 1
    administrator.post(
        "/admin/bounce/unblock-many", note="the host is back", **everything | {"expected": "2"}
    )
    assert "The list has changed" in administrator.sentences()[0] and active(stored) == 1
    administrator.post("/admin/bounce/unblock-many", note="the host is back", **everything)
    assert administrator.sentences() == ["1 address was unblocked."] and active(stored) == 0
    administrator.post("/admin/bounce/action/", action="unblock", **everything)
    assert administrator.sentences() == ["None of these bounces keeps an address blocked."]


def test_only_administrators_unblock(visit: Visit, stored: Session, bounce: Bounce) -> None:
    operator = visit("operator")
    assert 'value="unblock"' not in operator.get("/admin/bounce/").text
    operator.post("/admin/bounce/action/", action="unblock", rowid=[str(bounce.id)])
    answer = operator.post("/admin/bounce/unblock-many", note="x", rowid=[str(bounce.id)])
    assert answer.status_code == 403 and active(stored) == 1


def test_a_bounce_typed_in_is_shown_as_understood_before_it_is_saved(
    visit: Visit, stored: Session, panel: Flask
) -> None:
    operator = visit("operator")
    form = {
        "address": "jan@inna.example",
        "code": "",
        "said": "Nie ma takiej skrzynki",
        "came_on": "2026-03-02",
    }
    first = operator.post("/admin/bounce/new/", **form).text
    assert "How it is understood" in first and "Address to be blocked" in first
    assert stored.scalars(sa.select(Bounce)).all() == [] and active(stored) == 0
    mark = first.split('name="understood" value="')[1].split('"')[0]
    changed = operator.post("/admin/bounce/new/", **form | {"code": "5.7.1"}, understood=mark).text
    assert "Our fault" in changed and stored.scalars(sa.select(Bounce)).all() == []
    saved = operator.post("/admin/bounce/new/", **form, understood=mark)
    bounce = stored.scalars(sa.select(Bounce)).one()
    assert saved.headers["Location"].endswith(f"/admin/bounce/details/?id={bounce.id}")
    assert (bounce.kind, bounce.verdict, active(stored)) == (BounceKind.MANUAL, BounceVerdict.BLOCK, 1)
    refused = operator.post("/admin/bounce/new/", **form | {"address": ""}).text
    assert "Give the address that the message came back from" in refused


def test_the_block_says_a_typed_in_code_once(visit: Visit, stored: Session, panel: Flask) -> None:
    operator = visit("operator")
    form = {
        "address": "jan@inna.example", "code": "5.1.1", "said": "User unknown", "came_on": "2026-03-02",
    }  # fmt: skip
    first = operator.post("/admin/bounce/new/", **form).text
    mark = first.split('name="understood" value="')[1].split('"')[0]
    operator.post("/admin/bounce/new/", **form, understood=mark)
    assert stored.scalars(sa.select(Suppression.detail)).all() == ["5.1.1 User unknown"]
