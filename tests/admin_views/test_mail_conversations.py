"""Letters in the inbox: what they quote is folded, and a stranger's address is linked as a number is."""

from collections.abc import Callable
from html import unescape
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.conversation import Conversation
from services.topics import topic_of_correspondent
from tests import factories as make
from tests import two_way_scene as scene
from tests.admin_views.conftest import Visitor
from tests.admin_views.test_conversations import page

Visit = Callable[[str], Visitor]


@pytest.fixture
def mailed(stored: Session) -> Conversation:
    """A client's letter with the one it answers quoted below."""
    conversation = scene.open_conversation(stored, scene.make_writer(stored), scene.ADDRESS)
    text = "Pasuje środa.\n\nW dniu 02.03.2026 o 10:00, Serwis pisze:\n> Kiedy Pan odbierze?\n"
    letter = {"channel": Channel.EMAIL, "subject": "Odp: Naprawa", "sender": ""}
    scene.hear(stored, conversation, text, scene.ADDRESS, **letter)
    stored.commit()
    return conversation


def test_what_a_letter_quotes_is_folded(visit: Visit, mailed: Conversation) -> None:
    shown = page(visit("operator"), mailed)
    written, _folded, quoted = shown.partition('<details class="thread-quote">')
    assert "Pasuje środa." in written and "Kiedy Pan odbierze?" not in written
    assert "Kiedy Pan odbierze?" in quoted
    assert 'value="Re: Naprawa"' in shown and "anna@poczta.example" in shown


def test_what_a_stranger_wrote_turns_no_line_of_ours_around(
    visit: Visit, stored: Session, mailed: Conversation
) -> None:
    """By a sign that says the rest of the line runs from right to left."""
    given = {"channel": Channel.EMAIL, "subject": "\u202etxt.exe", "sender": ""}
    scene.hear(stored, mailed, "x", "\u202eanna@poczta.example", **given)
    stored.commit()
    shown = page(visit("viewer"), mailed)
    assert "<bdi>\u202etxt.exe</bdi>" in shown and "<bdi>\u202eanna@poczta.example</bdi>" in shown


def test_a_letter_counts_as_a_text_does(visit: Visit, mailed: Conversation) -> None:
    viewer = visit("viewer")
    assert viewer.get("/admin/conversation/unread").get_json()["unread"] == 1
    assert "Odp: Naprawa" in viewer.get("/admin/conversation/?flt0_channel=email").text
    assert "Odp: Naprawa" not in viewer.get("/admin/conversation/?flt0_channel=sms").text


def test_what_a_machine_answered_is_marked(visit: Visit, stored: Session, mailed: Conversation) -> None:
    scene.hear(stored, mailed, "Urlop", scene.ADDRESS, channel=Channel.EMAIL, is_automatic=True)
    stored.commit()
    assert "automatic answer" in page(visit("viewer"), mailed)


def test_an_answer_to_what_the_client_passed_on_is_marked_and_not_answered(
    visit: Visit, stored: Session, mailed: Conversation
) -> None:
    """It has the signed address, so it belongs here; but the client did not write it."""
    operator, mark = visit("operator"), "not from an address of the client"
    assert mark not in page(operator, mailed)
    scene.hear(stored, mailed, "To ja, szwagier", "szwagier@poczta.example", channel=Channel.EMAIL, sender="")
    stored.commit()
    shown = page(operator, mailed)
    assert shown.count(mark) == 1
    assert "came from another address" in shown and "<bdi>szwagier@poczta.example</bdi> is not" in shown
    assert f'<strong class="num">{scene.ADDRESS}</strong>' in shown and 'value="Re: Naprawa"' in shown
    form = {"token": str(uuid4()), "subject": "Re: Naprawa", "body": "Środa pasuje."}
    assert operator.post(f"/admin/conversation/answer/{mailed.id}/email", **form).status_code == 303
    assert "The answer to anna@poczta.example is on its way." in operator.sentences()


def test_the_answer_by_text_says_nothing_of_letters(
    visit: Visit, stored: Session, mailed: Conversation
) -> None:
    scene.hear(stored, mailed, "To ja", "szwagier@poczta.example", channel=Channel.EMAIL, sender="")
    stored.commit()
    assert "came from another address" not in page(visit("operator"), mailed, by="sms")


def test_a_strangers_address_is_linked_as_a_number_is(visit: Visit, stored: Session) -> None:
    client = make.make_client(stored)
    key = scene.digest(stored, "ktos@inna.example")
    topic = topic_of_correspondent(None, key, Channel.EMAIL)
    stranger = scene.open_conversation(stored, None, "ktos@inna.example", topic)
    scene.hear(stored, stranger, number="ktos@inna.example", channel=Channel.EMAIL, sender="")
    stored.commit()
    operator = visit("operator")
    assert "Whose address is it?" in page(operator, stranger, find="nowak")
    operator.post(f"/admin/conversation/link/{stranger.id}", client=str(client.id), add_number="yes")
    stored.expire_all()
    assert "ktos@inna.example" in {each.address for each in client.email_addresses}


def test_answers_are_taken_only_where_they_can_be_fetched(visit: Visit, stored: Session) -> None:
    account = make.default_account(stored)
    path, settings = (
        f"/admin/mail_account/edit/?id={account.id}",
        {"uses_settings": "y", "takes_answers": "y"},
    )
    fields = {"name": "Biuro", "port": "25", "security": "none", "imap_port": "993", "imap_security": "tls"}
    administrator = visit("administrator")
    refused = administrator.post(path, **fields, **settings)
    stored.refresh(account)
    assert not account.takes_answers and "name it below" in unescape(refused.text)
    administrator.post(path, **fields, **settings, imap_host="imap.firma.example")
    stored.refresh(account)
    assert account.takes_answers
