"""The page that writes to one client: who may, what it shows, and what a double click does."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from io import BytesIO
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from gateways.files import FileMissing
from models.attachment import Attachment
from models.client import Client
from models.message import Message
from models.message_template import MessageTemplate
from models.price_list import SmsPrice
from models.sms_account import SmsAccount
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


@pytest.fixture
def client(panel: Flask, stored: Session) -> Client:
    """Who can be written to by both channels, with money for ten parts."""
    client = make.make_person(stored, "Anna", "Nowak", email="anna@poczta.example")
    make.give_phone(stored, client, "600 100 200")
    stored.add(SmsPrice(name="Polska", prefix="48", gross_per_part=1_500, valid_from=date(2026, 1, 1)))
    stored.execute(sa.update(SmsAccount).values(balance=15_000))
    stored.commit()
    return client


def _messages(stored: Session) -> list[Message]:
    return list(stored.scalars(sa.select(Message)))


@pytest.mark.parametrize(
    ("role", "code"), [("administrator", 200), ("operator", 200), ("accountant", 403), ("viewer", 403)]
)
def test_writing_to_a_client_is_for_those_who_may_send(
    visit: Visit, client: Client, role: str, code: int
) -> None:
    person = visit(role)
    assert person.get(f"/admin/client/message/{client.id}/sms").status_code == code
    card = person.get(f"/admin/client/details/?id={client.id}").text
    assert (f"/admin/client/message/{client.id}/sms" in card) == (code == 200)


def test_a_page_of_nobody_and_of_no_channel_is_not_found(visit: Visit, client: Client) -> None:
    for path in ("999/sms", f"{client.id}/letter", f"{client.id}/fax", "99999999999999999999999/sms"):
        assert visit("operator").get(f"/admin/client/message/{path}").status_code == 404


def test_a_text_is_looked_at_then_sent_once(visit: Visit, stored: Session, client: Client) -> None:
    person, path = visit("operator"), f"/admin/client/message/{client.id}/sms"
    token = str(re.findall(r'name="token" value="([^"]+)"', person.get(path).text)[0])
    typed = {"body": "Dzień dobry\r\n{first_name}", "strip_letters": "", "token": token}
    page = unescape(person.post(path, **typed, step="preview").text)
    assert re.search(r"will cost PLN.?0\.15", page) and 'name="cost" value="1500"' in page
    assert _messages(stored) == []
    for _click in range(2):
        answer = person.post(path, **typed, step="send", cost="1500")
        assert (answer.status_code, answer.location) == (303, f"/admin/client/details/?id={client.id}")
    (message,) = _messages(stored)
    assert message.body_text == "Dzień dobry\nAnna"
    assert person.sentences() == [
        "The message to +48600100200 is on its way.",
        "This message was sent already; it did not go out a second time.",
    ]


def test_a_mail_is_shown_in_a_frame_then_sent(visit: Visit, stored: Session, client: Client) -> None:
    person, path = visit("operator"), f"/admin/client/message/{client.id}/email"
    typed = {"subject": "Odbiór", "body": "<p>Witaj, {first_name}</p>", "token": str(uuid4())}
    assert "Witaj, Anna" in person.post(path, **typed, step="preview").text
    person.post(path, **typed, step="send")
    assert [(each.subject, each.channel) for each in _messages(stored)] == [("Odbiór", Channel.EMAIL)]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"marketing": "yes"}, "No consent to SMS messages"),
        ({"body": ""}, "Enter the content of the message."),
        ({"body": "Termin: {termin}"}, "These fields of the message are empty: termin."),
        ({"body": "ą" * 700}, "at most 9 may be sent"),
        ({"body": "ą" * 600}, "Top the account up."),
        ({"cost": "100"}, "Look again before you send."),
    ],
)
def test_a_refusal_keeps_what_was_typed(
    visit: Visit, stored: Session, client: Client, changed: dict[str, str], said: str
) -> None:
    stored.execute(sa.update(SmsAccount).values(balance=9_000))
    stored.commit()
    typed = {"body": "Dzień dobry", "token": str(uuid4()), "step": "send", **changed}
    answer = visit("operator").post(f"/admin/client/message/{client.id}/sms", **typed)
    page = unescape(answer.text)
    assert answer.status_code == 409 and said in page and typed["body"] in page and typed["token"] in page
    assert _messages(stored) == []


def test_a_client_who_wants_no_texts_is_named_so_before_one_writes(
    visit: Visit, stored: Session, client: Client
) -> None:
    client.allow_sms = False
    stored.commit()
    page = unescape(visit("operator").get(f"/admin/client/message/{client.id}/sms").text)
    assert "SMS messages turned off in the client's preferences" in page


def test_a_form_without_its_token_is_no_form_of_ours(visit: Visit, client: Client) -> None:
    path = f"/admin/client/message/{client.id}/sms"
    assert visit("operator").post(path, body="x", token="x", step="send").status_code == 400


def test_a_template_fills_the_form_in(visit: Visit, stored: Session, client: Client) -> None:
    rows = [
        MessageTemplate(
            name="Odbiór", channel=Channel.SMS, body="{first_name}, {termin}", strip_letters=True
        ),
        MessageTemplate(name="Stary", channel=Channel.SMS, body="Stary", is_active=False),
        MessageTemplate(name="List", channel=Channel.EMAIL, subject="List", body="<p>x</p>"),
    ]
    rows[0].purpose = Purpose.SERVICE
    stored.add_all(rows)
    stored.commit()
    person, path = visit("operator"), f"/admin/client/message/{client.id}/sms"
    page = person.get(path, template=str(rows[0].id)).text
    assert "Anna, {termin}</textarea>" in page and '<option value="yes" selected>' in page
    assert "Stary" not in page and "List" not in page
    for other in (rows[1].id, rows[2].id, "x"):
        assert "></textarea>" in person.get(path, template=str(other)).text


# --- files ---


PDF = b"%PDF-1.7 " + b"x" * 2_000


def _kept(page: str) -> list[str]:
    return re.findall(r'name="kept" value="([^"]+)" checked', page)


def test_files_are_checked_with_the_message_and_leave_with_it(
    visit: Visit, stored: Session, client: Client, panel: Flask
) -> None:
    person, path = visit("operator"), f"/admin/client/message/{client.id}/email"
    typed = {"subject": "Umowa", "body": "<p>W za\u0142\u0105czeniu</p>", "token": str(uuid4())}
    files = [(BytesIO(PDF), "umowa.pdf", "application/pdf"), (BytesIO(b"plan"), "rzut.png", "image/png")]
    page = person.post(path, **typed, step="send", files=files).text
    assert "umowa.pdf" in page and "2 KB" in page and _messages(stored) == []
    contract, _plan = _kept(page)
    page = person.post(path, **typed, step="preview", kept=[contract]).text
    assert _kept(page) == [contract]
    for _click in range(2):
        assert person.post(path, **typed, step="send", kept=[contract]).status_code == 303
    (message,) = _messages(stored)
    assert [(file.filename, file.content_type) for file in message.attachments] == [
        ("umowa.pdf", "application/pdf")
    ]
    assert panel.extensions["goniec"].files.read(contract) == PDF


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("wirus.exe", b"x", "mail servers reject files of the type .exe"),
        ("pusty.pdf", b"", "pusty.pdf is empty."),
        ("film.mp4", b"x" * (11 * 1024**2), "film.mp4 is larger than"),
    ],
)
def test_a_file_the_composer_refuses_is_refused_here(
    visit: Visit, stored: Session, client: Client, name: str, content: bytes, said: str
) -> None:
    path = f"/admin/client/message/{client.id}/email"
    typed = {"subject": "Umowa", "body": "<p>x</p>", "token": str(uuid4()), "step": "preview"}
    good = (BytesIO(PDF), "umowa.pdf", "application/pdf")
    answer = visit("operator").post(path, **typed, files=[good, (BytesIO(content), name, "x/y")])
    assert answer.status_code == 409 and said in answer.text and len(_kept(answer.text)) == 1


def test_a_file_is_its_authors_alone_and_thrown_away_when_forgotten(
    visit: Visit, stored: Session, client: Client, panel: Flask
) -> None:
    person, path = visit("operator"), f"/admin/client/message/{client.id}/email"
    typed = {"subject": "Umowa", "body": "<p>x</p>", "token": str(uuid4())}

    def upload(name: str) -> str:
        return _kept(person.post(path, **typed, step="preview", files=[(BytesIO(PDF), name)]).text)[0]

    old = upload("stary.pdf")
    stolen = visit("administrator").post(path, **typed, step="send", kept=[old])
    assert stolen.status_code == 409 and "no longer attached" in stolen.text and _messages(stored) == []
    stored.execute(sa.update(Attachment).values(created_at=make.LONG_AGO))
    stored.commit()
    new = upload("nowy.pdf")
    assert list(stored.scalars(sa.select(Attachment.uuid))) == [new]
    with pytest.raises(FileMissing):
        panel.extensions["goniec"].files.read(old)
    assert visit("operator").post(path, **typed, step="send", kept=["x\x00"]).status_code == 400
