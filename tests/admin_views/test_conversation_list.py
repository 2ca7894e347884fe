"""The list of conversations: whose, about what, narrowed and exported."""

from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy.orm import Session

from models.conversation import Conversation
from tests import factories as make
from tests import two_way_scene as scene
from tests.admin_views.conftest import Visitor
from tests.service_desk import NUMBER, make_repair

Visit = Callable[[str], Visitor]


@pytest.fixture
def conversation(stored: Session) -> Conversation:
    return scene.waiting(stored)


def test_the_list_says_who_about_what_and_what_was_said_last(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    shown = unescape(visit("viewer").get("/admin/conversation/").text)
    for words in ("Anna Nowak", "1 unread", "General matters", "Kiedy odbiór?", "Awaiting us"):
        assert words in shown


def test_an_unknown_number_is_called_by_its_number(visit: Visit, stored: Session) -> None:
    stranger = scene.open_conversation(stored, None, scene.STRANGER)
    scene.hear(stored, stranger, number=scene.STRANGER)
    stored.commit()
    assert scene.STRANGER in visit("viewer").get("/admin/conversation/").text


def test_a_conversation_about_a_repair_says_so(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    repair = make_repair(stored, make.make_client(stored))
    conversation.topic = f"repair:{repair.id}"
    stored.commit()
    assert f"Repair {repair.number}" in visit("viewer").get("/admin/conversation/").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("flt0_unread=1", True),
        ("flt0_unread=0", False),
        ("flt0_awaiting=1", True),
        ("flt0_mine=1", False),
        ("flt0_mine=0", True),
        ("flt0_channel=sms", True),
        ("flt0_channel=email", False),
        ("flt0_state=open", True),
        ("flt0_state=closed", False),
        ("search=nowak", True),
        ("search=kowalski", False),
        ("search=600+100", True),
        ("search=999", False),
    ],
)
def test_the_list_is_narrowed(visit: Visit, conversation: Conversation, query: str, found: bool) -> None:
    answer = visit("operator").get(f"/admin/conversation/?{query}")
    assert answer.status_code == 200
    assert ("Kiedy odbi" in answer.text) is found


def test_the_list_is_exported(visit: Visit, conversation: Conversation) -> None:
    exported = visit("viewer").get("/admin/conversation/export/csv/").text
    assert "Anna Nowak" in exported and NUMBER in exported and "Kiedy odbiór?" in exported
