"""An SMS campaign on its pages, its messages on their cards and in the lists."""

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from domain.eligibility import Reason
from models.campaign import Campaign
from models.client import Client
from models.message import Message, Origin
from models.message_template import MessageTemplate
from services.sms_settings import SmsSettings
from services.text_content import prepare_text
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.sms_campaigns import NUMBERS, make_sms_draft
from tests.sms_scene import charge_text

Visit = Callable[[str], Visitor]
BODY = "Dzień dobry, {first_name}! Zapraszamy na odbiór kluczy w sobotę o dziesiątej rano."
DAY = date(2026, 3, 2)


@pytest.fixture
def campaign(stored: Session) -> Campaign:
    """Approved, with one text sent, one uncertain, and one client left out."""
    made = make_sms_draft(stored, BODY)
    made.status, made.approved_at = "sending", make.LONG_AGO
    made.frozen_content = prepare_text(BODY, SmsSettings(footer="Nadrzecze")).to_json()
    for place, status in enumerate((Status.SENT, Status.UNCERTAIN)):
        client = stored.scalars(sa.select(Client).order_by(Client.id).offset(place).limit(1)).one()
        message = charge_text(
            stored,
            DAY,
            parts=2,
            status=status,
            campaign=made,
            client_id=client.id,
            origin=Origin.CAMPAIGN,
            address=NUMBERS[place],
            merge_values={"client.first_name": client.first_name},
        )
        made.sms_account_id = message.sms_account_id
        make.make_recipient(stored, made, client, message, address=message.address)
    out = make.make_client(stored, last_name="Cichy")
    make.make_recipient(stored, made, out, None, reason=Reason.OPTED_OUT)
    stored.commit()
    return made


def first_message(stored: Session) -> Message:
    return stored.scalars(sa.select(Message).order_by(Message.id).limit(1)).one()


def test_the_page_shows_the_text_and_what_it_has_cost(visit: Visit, campaign: Campaign) -> None:
    page = visit("operator").get(f"/admin/campaign/details/?id={campaign.id}").text
    assert "Dzień dobry, [Client: first name]! Zapraszamy na odbiór…" in page
    assert "Nadrzecze" in page and "Mail account<" not in page and "mail server" not in page
    live = visit("operator").get(f"/admin/campaign/progress/{campaign.id}").get_json()
    assert (live["cost"], live["partsText"]) == ("0.6396 PLN", "4 SMS parts")
    assert live["chargedUncertain"] == "0.3198 PLN" and live["held"] == ""


def test_the_recipients_have_numbers_parts_and_costs(visit: Visit, campaign: Campaign) -> None:
    page = visit("operator").get(f"/admin/campaign/recipients/{campaign.id}").text
    assert "Phone number" in page and "E-mail address" not in page
    assert page.count("0.3198 PLN</span><small>2 SMS parts") == 2
    assert "The charge of 0.3198 PLN is given back and it is charged anew." in page
    assert "SMS messages turned off in the client" in page


def test_the_recipients_spreadsheet_adds_up(visit: Visit, campaign: Campaign) -> None:
    lines = visit("operator").get(f"/admin/campaign/recipients/{campaign.id}/csv").text.splitlines()
    assert lines[0].endswith("Sent,SMS parts,Cost (PLN)")
    assert lines[1].endswith(",2,0.3198") and lines[3].endswith(",,")


def test_a_message_reads_as_its_client_got_it(visit: Visit, stored: Session, campaign: Campaign) -> None:
    page = visit("operator").get(f"/admin/message/details/?id={first_message(stored).id}").text
    assert "Dzień dobry, Jan! Zapraszamy na odbiór kluczy w sobotę o dziesiątej rano.\nNadrzecze" in page
    assert "0.1599 PLN" in page and "0.3198 PLN" in page and "SMS gateway" in page
    assert "Message-ID" not in page and "Mail account" not in page
    title = page.split("<title>")[1].split("<")[0]
    assert title.startswith("Dzień dobry, Jan! Zapraszamy")


def test_a_mail_has_no_parts(visit: Visit, stored: Session) -> None:
    message = make.make_message(stored, body_text="x")
    stored.commit()
    page = visit("operator").get(f"/admin/message/details/?id={message.id}").text
    assert "Mail account" in page and "SMS parts" not in page and "SMS gateway" not in page


def test_what_was_sent_without_polish_letters_reads_so(
    visit: Visit, stored: Session, campaign: Campaign
) -> None:
    campaign.frozen_content = prepare_text(BODY, SmsSettings(), strip_letters=True).to_json()
    stored.commit()
    page = visit("operator").get(f"/admin/message/details/?id={first_message(stored).id}").text
    assert "Dzien dobry, Jan! Zapraszamy na odbior kluczy w sobote o dziesiatej rano." in page


@pytest.mark.parametrize("place", ["message", "client", "campaign", ""])
def test_a_text_is_called_by_its_beginning_wherever_it_is_listed(
    visit: Visit, stored: Session, campaign: Campaign, place: str
) -> None:
    person = visit("operator")
    if place == "client":
        page = person.get(f"/admin/client/details/?id={first_message(stored).client_id}").text
    else:
        page = person.get(f"/admin/{place}/" if place else "/admin/").text
    assert "Zapraszamy na odbiór" in page
    assert ("Dzień dobry, Jan!" in page) == (place in ("message", "client"))


def test_a_text_written_by_hand_is_called_by_its_beginning(visit: Visit, stored: Session) -> None:
    make.make_message(stored, channel=Channel.SMS, body_text="Proszę o telefon.\nAnna", address=NUMBERS[0])
    stored.commit()
    assert "Proszę o telefon. Anna" in visit("operator").get("/admin/message/").text


# --- templates ---


def test_a_template_of_an_sms_keeps_its_switch_and_needs_no_subject(visit: Visit, stored: Session) -> None:
    person = visit("operator")
    form = {"name": "Odbiór", "channel": "sms", "purpose": "marketing", "subject": "", "is_active": "y"}
    for given, kept in (("yes", True), ("no", False), ("", None)):
        answer = person.post(
            "/admin/message_template/new/", **form | {"name": given or "x"}, body="Treść", strip_letters=given
        )
        assert answer.status_code == 302, answer.text
        name = given or "x"
        made = stored.scalars(sa.select(MessageTemplate).where(MessageTemplate.name == name)).one()
        assert made.strip_letters is kept
    made = stored.scalars(sa.select(MessageTemplate).where(MessageTemplate.name == "yes")).one()
    page = person.get(f"/admin/message_template/edit/?id={made.id}").text
    assert '<option selected value="yes">' in page and "data-sms-counter" in page


def test_a_template_of_an_sms_cannot_hold_the_link_to_unsubscribe(visit: Visit, stored: Session) -> None:
    answer = visit("operator").post(
        "/admin/message_template/new/",
        name="x",
        channel="sms",
        purpose="marketing",
        subject="",
        body="{unsubscribe_url}",
        strip_letters="",
    )
    assert "cannot hold the link to unsubscribe" in answer.text
    assert stored.scalar(sa.select(sa.func.count(MessageTemplate.id))) == 0


def test_a_mail_has_no_switch(visit: Visit, stored: Session) -> None:
    visit("operator").post(
        "/admin/message_template/new/",
        name="x",
        channel="email",
        purpose="marketing",
        subject="x",
        body="<p>x</p>",
        strip_letters="yes",
    )
    assert stored.scalars(sa.select(MessageTemplate)).one().strip_letters is None


def test_the_card_of_a_template_shows_the_sms_as_it_leaves(visit: Visit, stored: Session) -> None:
    made = MessageTemplate(
        name="x", channel=Channel.SMS, body="Dzień dobry, {first_name}", strip_letters=True
    )
    stored.add(made)
    stored.commit()
    page = visit("operator").get(f"/admin/message_template/details/?id={made.id}").text
    assert '<p class="bubble">Dzien dobry, Anna</p>' in page and "Without Polish letters" in page
