"""A message's card: what it said, from what was frozen with it, and the files that went out with it."""

from collections.abc import Callable
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from admin_views.formatters import file_size
from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.sms_diagnoses import why_not_delivered
from extensions.wiring import Wiring
from models.attachment import Attachment
from models.message import AddressRole, Direction, Message, MessageAddress
from services.message_content import prepare_content
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
Attach = Callable[..., Attachment]


@pytest.fixture
def sent(stored: Session) -> Message:
    """A campaign's message whose client has another name by now."""
    client = make.make_client(stored, email="anna@poczta.example", first_name="Zmieniona")
    content = prepare_content(
        "Odbiór {date}",
        '<p>Dzień dobry <b style="color: red">{client_name}</b> <a href="{unsubscribe_url}">koniec</a></p>',
    )
    campaign = make.make_campaign(
        stored,
        make.make_investment(stored),
        frozen_content=content.to_json(),
        frozen_values={"variables.date": "5 marca"},
    )
    campaign.subject, campaign.body = "Tytuł z dzisiaj", "<p>Treść z dzisiaj</p>"
    message = make.make_message(
        stored, campaign=campaign, client=client, merge_values={"client.name": "Anna <Wiśniewska>"}
    )
    stored.commit()
    return message


@pytest.fixture
def attach(panel: Flask, stored: Session) -> Attach:
    def attached(content: bytes, filename: str = "Prospekt łódzki.html") -> Attachment:
        wiring: Wiring = panel.extensions["goniec"]
        uuid, digest = wiring.files.save(content)
        file = Attachment(
            uuid=uuid,
            filename=filename,
            content_type="text/html",
            size=len(content),
            sha256=digest,
            created_at=make.LONG_AGO,
        )
        stored.add(file)
        return file

    return attached


def card(visit: Visit, message: Message) -> str:
    answer = visit("viewer").get("/admin/message/details/", id=str(message.id))
    assert answer.status_code == 200
    return answer.text


def framed(page: str) -> str:
    frame = page.split("<iframe")[1].split("</iframe>", maxsplit=1)[0]
    attributes, document = frame.split('srcdoc="')
    assert " sandbox " in attributes
    assert "allow-" not in attributes
    return unescape(document)


def test_a_campaigns_message_reads_as_it_was_frozen(visit: Visit, sent: Message) -> None:
    page = card(visit, sent)
    shown = framed(page)
    assert "Anna &lt;Wiśniewska&gt;" in shown
    assert "Odbiór 5 marca" in page.split("preview-subject")[1].split("</p>")[0]
    assert "<h1>Odbiór 5 marca</h1>" in page
    assert "z dzisiaj" not in shown
    assert "Zmieniona" not in shown
    assert "Anna &lt;Wiśniewska&gt;" in page.split('data-letter-part="text">')[1].split("</pre>")[0]


def test_reading_a_message_cannot_withdraw_its_clients_consent(visit: Visit, sent: Message) -> None:
    assert 'href="#"' in framed(card(visit, sent))
    assert "/u/" not in card(visit, sent)


def test_a_message_written_by_hand_shows_what_is_stored(visit: Visit, stored: Session) -> None:
    message = make.make_message(
        stored, subject="Dzień dobry", body_html="<p>Treść &amp; <i>cd.</i></p>", body_text="Treść & cd."
    )
    stored.commit()
    page = card(visit, message)
    assert framed(page).startswith("<p>Treść &amp; <i>cd.</i></p>")
    assert "Treść &amp; cd.</pre>" in page


def test_a_message_of_which_nothing_is_kept_says_so(visit: Visit, stored: Session, sent: Message) -> None:
    sent.merge_values = None
    stored.commit()
    page = card(visit, sent)
    assert "<iframe" not in page
    assert "The text of this message is not kept." in page


def test_a_text_that_cannot_be_rendered_leaves_the_card_open(
    visit: Visit, stored: Session, sent: Message
) -> None:
    assert sent.campaign is not None
    content = prepare_content("Odbiór", "<p><%= nic.z_tego %></p>")
    sent.campaign.frozen_content = content.to_json()
    stored.commit()
    assert "The message cannot be shown." in card(visit, sent)


@pytest.mark.parametrize(("direction", "allowed"), [(Direction.OUTGOING, True), (Direction.INCOMING, False)])
def test_a_strangers_pictures_are_not_fetched(
    visit: Visit, stored: Session, direction: Direction, allowed: bool
) -> None:
    status = "received" if direction == Direction.INCOMING else "queued"
    message = make.make_message(stored, direction=direction, status=status, body_html="<p>Treść</p>")
    stored.commit()
    answer = visit("viewer").get("/admin/message/details/", id=str(message.id))
    images = answer.headers["Content-Security-Policy"].split("img-src")[1].split(";")[0]
    assert ("https:" in images) is allowed


def test_attachments_are_listed_and_downloaded_never_shown(
    visit: Visit, stored: Session, sent: Message, attach: Attach
) -> None:
    assert sent.campaign is not None
    file = attach(b"<script>alert(1)</script>" * 100)
    sent.campaign.attachments.append(file)
    stored.commit()
    page = card(visit, sent)
    assert "Prospekt łódzki.html" in page
    assert "2 KB" in page
    answer = visit("viewer").get(f"/admin/message/attachment/{sent.id}/{file.uuid}")
    assert answer.data == b"<script>alert(1)</script>" * 100
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "Prospekt%20%C5%82%C3%B3dzki.html" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_file_of_another_message_is_not_found(
    visit: Visit, stored: Session, sent: Message, attach: Attach
) -> None:
    other = make.make_message(stored, body_text="x", attachments=[attach(b"tajne")])
    stored.commit()
    person, uuid = visit("viewer"), other.attachments[0].uuid
    assert person.get(f"/admin/message/attachment/{other.id}/{uuid}").data == b"tajne"
    assert person.get(f"/admin/message/attachment/{sent.id}/{uuid}").status_code == 404
    assert person.get(f"/admin/message/attachment/{other.id}/{uuid4()}").status_code == 404
    assert person.get(f"/admin/message/attachment/{other.id}/..").status_code == 404


def test_a_file_that_is_gone_is_not_found(
    visit: Visit, stored: Session, panel: Flask, attach: Attach, tmp_path: Path
) -> None:
    message = make.make_message(stored, body_text="x", attachments=[attach(b"x")])
    stored.commit()
    uuid = message.attachments[0].uuid
    panel.extensions["goniec"].files.delete(uuid)
    assert visit("viewer").get(f"/admin/message/attachment/{message.id}/{uuid}").status_code == 404


def test_a_stranger_gets_no_attachment(panel: Flask, sent: Message) -> None:
    assert Visitor(panel).get(f"/admin/message/attachment/{sent.id}/{uuid4()}").status_code in (302, 401)


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (150_000, "146 KB"), (1_572_864, "1.5 MB")],
)
def test_a_size_is_told_in_a_unit_that_fits(panel: Flask, size: int, said: str) -> None:
    with panel.test_request_context(headers={"Accept-Language": "en"}):
        assert file_size(size) == said


def test_a_text_says_when_and_why_it_has_not_arrived(visit: Visit, stored: Session) -> None:
    message = make.make_message(
        stored,
        channel=Channel.SMS,
        address="+48600100200",
        body_text="Dzień dobry",
        status=Status.SENT,
        sent_at=make.LONG_AGO,
        finished_at=make.LONG_AGO,
        delivery_state=DeliveryState.UNDELIVERED,
        error_code="EXPIRED",
        error_text=str(why_not_delivered("EXPIRED")),
    )
    stored.commit()
    page = unescape(visit("operator").get(f"/admin/message/details/?id={message.id}").text)
    for shown in ("Finished at", "EXPIRED", "The telephone could not be reached for as long as the network"):
        assert shown in page


def test_a_text_to_us_says_which_of_our_numbers_it_was_written_to(visit: Visit, stored: Session) -> None:
    to = MessageAddress(role=AddressRole.TO, address="+48123456789", address_digest="0" * 64)
    message = make.make_message(
        stored,
        channel=Channel.SMS,
        direction=Direction.INCOMING,
        status=Status.RECEIVED,
        address="+48600100200",
        body_text="TAK",
        addresses=[to],
    )
    stored.commit()
    page = visit("operator").get(f"/admin/message/details/?id={message.id}").text
    assert "Written to" in page and "+48123456789" in page
