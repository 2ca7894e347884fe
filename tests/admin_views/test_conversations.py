"""A conversation's page: what is shown, what is done there, and by whom."""

from collections.abc import Callable
from html import unescape
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from models.conversation import Conversation, ConversationState
from models.message import Message
from models.user import User
from tests import factories as make
from tests import two_way_scene as scene
from tests.admin_views.composing import ask
from tests.admin_views.conftest import ROLES, Visitor
from tests.service_desk import NUMBER, give_offer, make_repair

Visit = Callable[[str], Visitor]


@pytest.fixture
def conversation(stored: Session) -> Conversation:
    return scene.waiting(stored)


def page(visitor: Visitor, conversation: Conversation, **arguments: str) -> str:
    answer = visitor.get("/admin/conversation/details/", id=str(conversation.id), **arguments)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def answers(stored: Session) -> list[Message]:
    return list(
        stored.scalars(sa.select(Message).where(Message.direction == "outgoing").order_by(Message.id))
    )


# --- the page ---


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_may_read_reads_and_nothing_is_marked_by_that(
    visit: Visit, stored: Session, conversation: Conversation, role: str
) -> None:
    assert "Kiedy odbiór?" in page(visit(role), conversation)
    stored.refresh(conversation)
    assert conversation.unread == 1


def test_what_was_seen_is_marked_read_and_what_came_later_is_not(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    (seen,) = stored.scalars(sa.select(Message.id))
    scene.hear(stored, conversation, "I jeszcze jedno")
    stored.commit()
    path = f"/admin/conversation/read/{conversation.id}"
    assert visit("viewer").post(path, seen=str(seen)).status_code == 403
    told = visit("operator").post(path, seen=str(seen)).get_json()
    stored.refresh(conversation)
    assert (conversation.unread, told["unread"]) == (1, 1)
    visit("operator").post(path, seen=str(seen + 1))
    stored.refresh(conversation)
    assert conversation.unread == 0


def test_every_answer_of_ours_shows_what_became_of_it_and_what_it_cost(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    common = {"channel": Channel.SMS, "conversation_id": conversation.id, "address": NUMBER}
    sent = {"status": Status.SENT, "sent_at": scene.WHEN, "cost": 1_500}
    make.make_message(stored, body_text="Doszło", delivery_state=DeliveryState.DELIVERED, **sent, **common)
    for status in (Status.QUEUED, Status.FAILED, Status.UNCERTAIN):
        make.make_message(stored, body_text="x", status=status, **common)
    stored.commit()
    shown = page(visit("viewer"), conversation)
    for words in ("Delivered", "Queued", "Failed", "Uncertain", "0.15"):
        assert words in shown


def test_an_answer_that_may_be_about_something_else_is_marked_with_the_others(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    repair = make_repair(stored, make.make_client(stored))
    other = scene.open_conversation(stored, conversation.client, topic=f"repair:{repair.id}")
    scene.hear(stored, conversation, "Dobrze", is_ambiguous=True)
    stored.commit()
    shown = page(visit("viewer"), conversation)
    assert "may be about another conversation" in shown
    assert f'/admin/conversation/details/?id={other.id}">Repair {repair.number}' in shown


def test_the_answer_that_decided_an_offer_says_which(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    offer = give_offer(stored, make_repair(stored, make.make_client(stored)))
    said = scene.hear(stored, conversation, "tak")
    offer.state, offer.decided_at, offer.decided_by_message_id = "accepted", scene.WHEN, said.id
    stored.commit()
    shown = page(visit("viewer"), conversation)
    assert f"Accepted offer 1 for repair {offer.repair.number}" in shown and "123.45" in shown


@pytest.mark.parametrize(
    ("kept", "words", "waits"),
    [
        ({"effect": "needs_decision"}, "Needs a decision: offer 2 for repair N/7 is still open", True),
        ({"effect": "already_accepted"}, "Nothing was changed: offer 2 for repair N/7 had been acc", True),
        ({"effect": "stopped"}, "Withdrew consent to marketing by SMS", False),
    ],
)
def test_what_an_answer_did_or_did_not_do_stands_below_it(
    visit: Visit, stored: Session, conversation: Conversation, kept: dict[str, str], words: str, waits: bool
) -> None:
    scene.hear(stored, conversation, "x", merge_values={"version": "2", "number": "N/7"} | kept)
    stored.commit()
    shown = page(visit("viewer"), conversation)
    assert words in shown and ("thread-waits" in shown) is waits


def test_a_decision_is_asked_for_until_it_is_made(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    offer = give_offer(stored, make_repair(stored, make.make_client(stored)))
    kept = {"effect": "needs_decision", "version": "1", "number": offer.repair.number}
    scene.hear(stored, conversation, "tak, ale taniej", merge_values=kept)
    stored.commit()
    assert "Needs a decision: offer 1" in page(visit("viewer"), conversation)
    offer.state, offer.decided_at = "rejected", scene.WHEN
    stored.commit()
    assert "Needs a decision" not in page(visit("viewer"), conversation)


def test_markup_in_a_text_is_text(visit: Visit, stored: Session, conversation: Conversation) -> None:
    scene.hear(stored, conversation, "<script>alert(1)</script>")
    stored.commit()
    for path in (f"details/?id={conversation.id}", ""):
        assert "<script>alert(1)" not in visit("viewer").get(f"/admin/conversation/{path}").text


def test_a_long_conversation_shows_its_end_first(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    for number in range(105):
        scene.hear(stored, conversation, f"tekst-{number}-")
    stored.commit()
    assert "tekst-3-" not in page(visit("viewer"), conversation)
    assert "tekst-3-" in page(visit("viewer"), conversation, all="1")


# --- live ---


def test_the_counter_counts_conversations_for_everybody(visit: Visit, conversation: Conversation) -> None:
    told = visit("accountant").get("/admin/conversation/unread").get_json()
    assert (told["unread"], told["awaiting"], told["text"]) == (1, 1, "1 unread conversation")
    assert "1 unread conversation, 1 awaits an answer" in visit("viewer").get("/admin/").text


def test_the_page_is_told_of_news_once(visit: Visit, stored: Session, conversation: Conversation) -> None:
    viewer, path = visit("viewer"), f"/admin/conversation/live/{conversation.id}"
    first = viewer.get(path).get_json()
    assert viewer.get(path, version=first["version"]).status_code == 204
    scene.hear(stored, conversation, "Halo?")
    stored.commit()
    told = viewer.get(path, version=first["version"]).get_json()
    assert "Halo?" in told["html"] and told["unread"] == 2
    assert viewer.get("/admin/conversation/live/999").status_code == 404


# --- what is done with it ---


def test_it_is_assigned_closed_and_opened_again(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    operator, at = visit("operator"), f"/admin/conversation/{{}}/{conversation.id}"
    person = stored.scalars(sa.select(User.id).where(User.name == "operator")).one()
    operator.post(at.format("assign"), assignee=str(person))
    assert "Kiedy" in operator.get("/admin/conversation/?flt0_mine=1").text
    operator.post(at.format("close"))
    stored.refresh(conversation)
    assert (conversation.assignee_id, conversation.state) == (person, ConversationState.CLOSED)
    assert (conversation.unread, conversation.awaits_answer) == (0, False)
    operator.post(at.format("reopen"))
    operator.post(at.format("assign"), assignee="")
    stored.refresh(conversation)
    assert (conversation.assignee_id, conversation.state) == (None, ConversationState.OPEN)


@pytest.mark.parametrize("move", ["assign", "close", "reopen", "link", "unlink", "read", "answer"])
@pytest.mark.parametrize("role", ["accountant", "viewer"])
def test_whoever_only_reads_changes_nothing(
    visit: Visit, conversation: Conversation, role: str, move: str
) -> None:
    path = f"/admin/conversation/{move}/{conversation.id}" + ("/sms" if move == "answer" else "")
    assert visit(role).post(path, token=str(uuid4()), body="x").status_code == 403
    assert "Send the answer" not in page(visit(role), conversation)


def test_an_unknown_number_is_found_its_client(visit: Visit, stored: Session) -> None:
    client = scene.make_writer(stored)
    stranger = scene.open_conversation(stored, None, scene.STRANGER)
    scene.hear(stored, stranger, number=scene.STRANGER)
    stored.commit()
    operator = visit("operator")
    assert 'name="client"' in page(operator, stranger, find="nowak")
    operator.post(f"/admin/conversation/link/{stranger.id}", client=str(client.id), add_number="yes")
    stored.expire_all()
    assert stranger.client_id == client.id
    assert [number.number for number in client.phone_numbers] == [NUMBER, scene.STRANGER]
    operator.post(f"/admin/conversation/unlink/{stranger.id}")
    stored.expire_all()
    assert stranger.client_id is None


# --- the answer ---


def answer(visitor: Visitor, conversation: Conversation, channel: str = "sms", **fields: str) -> int:
    path = f"/admin/conversation/answer/{conversation.id}/{channel}"
    return visitor.post(path, **{"token": str(uuid4()), "body": "Jutro o 9:00"} | fields).status_code


def test_an_answer_is_queued_in_the_conversation(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    assert answer(visit("operator"), conversation) == 303
    (message,) = answers(stored)
    assert (message.status, message.address, message.body_text) == (Status.QUEUED, NUMBER, "Jutro o 9:00")
    assert message.conversation_id == conversation.id
    stored.refresh(conversation)
    assert not conversation.awaits_answer
    assert "Jutro o 9:00" in page(visit("operator"), conversation)


def test_a_refused_answer_keeps_what_was_typed(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    assert conversation.client
    conversation.client.allow_sms = False
    stored.commit()
    operator = visit("operator")
    shown = operator.post(
        f"/admin/conversation/answer/{conversation.id}/sms", token=str(uuid4()), body="Jutro o 9:00"
    )
    assert shown.status_code == 409 and answers(stored) == []
    assert "SMS messages turned off in the client's preferences" in unescape(shown.text)


def test_under_a_sender_name_the_reason_stands_in_place_of_the_answer(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    stored.execute(sa.text("UPDATE sms_account SET sender = 'NADRZECZE'"))
    stored.commit()
    shown = page(visit("operator"), conversation)
    assert "nobody can answer a name" in shown and "Send the answer" not in shown
    assert answer(visit("operator"), conversation) == 409
    assert "nobody can answer a name" in visit("administrator").get("/admin/smssettings/").text


def test_a_letter_is_answered_with_a_letter(
    visit: Visit, stored: Session, conversation: Conversation
) -> None:
    assert "anna@poczta.example" in page(visit("operator"), conversation, by="email")
    assert (
        answer(visit("operator"), conversation, "email", subject="Odbiór", body="Jutro.\r\n\r\nA < B") == 303
    )
    (message,) = answers(stored)
    assert (message.channel, message.subject) == (Channel.EMAIL, "Odbiór")
    assert "<p>Jutro.</p><p>A &lt; B</p>" in (message.body_html or "")


def test_the_counter_counts_for_whoever_is_answered(visit: Visit, conversation: Conversation) -> None:
    body = {"body": "Jutro, {first_name}", "strip_letters": "", "variables": {}}
    told = ask(visit("operator"), "sms-count", **body, conversation=str(conversation.id)).get_json()
    assert (told["text"], told["parts"], told["cost"]) == ("Jutro, Anna", 1, 1_500)
