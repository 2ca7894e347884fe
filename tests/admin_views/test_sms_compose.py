"""An SMS in the composer: started, saved, filled from a template, counted while it is typed."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from models.campaign import Campaign, CampaignClient
from models.message import Message, Origin
from models.message_template import MessageTemplate
from models.setting import Setting
from services.sms_settings import SMS
from tests import factories as make
from tests.admin_views.composing import ask
from tests.admin_views.conftest import Visitor
from tests.sms_campaigns import NUMBERS, make_sms_draft, make_texted, set_price

Visit = Callable[[str], Visitor]
WHOLE = {
    "subject": "",
    "body": "Nowa treść",
    "contract_types": ["sale"],
    "variables": {},
    "template_id": "",
    "strip_letters": "yes",
}


@pytest.fixture
def draft(stored: Session) -> Campaign:
    made = make_sms_draft(stored)
    stored.commit()
    return made


def settings(stored: Session, **values: Any) -> None:
    stored.merge(Setting(key=SMS, value=values))
    stored.commit()


def count(person: Visitor, body: str, **values: Any) -> dict[str, Any]:
    answer = ask(person, "sms-count", **{"body": body, "strip_letters": "", "variables": {}} | values)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


# --- starting ---


def test_an_investment_offers_an_sms_beside_a_message(visit: Visit, stored: Session, draft: Campaign) -> None:
    number = draft.investment_id
    person = visit("operator")
    page = person.get(f"/admin/investment/details/?id={number}").text
    assert f"/admin/campaign/start/investment/{number}/sms" in page and "Send an SMS to the clients" in page
    places = {person.get(f"/admin/campaign/start/investment/{number}/sms").location for _ in range(2)}
    mail = person.get(f"/admin/campaign/start/investment/{number}").location
    assert len(places) == 1 and mail not in places
    started = stored.scalars(sa.select(Campaign.channel).order_by(Campaign.id)).all()
    assert started == [Channel.SMS, Channel.SMS, Channel.EMAIL]


def test_ticked_clients_become_the_audience_of_an_sms(visit: Visit, stored: Session) -> None:
    client = make.make_person(stored)
    stored.commit()
    answer = visit("operator").post(
        "/admin/client/action/", action="write_sms", rowid=[str(client.id)], url="/admin/client/"
    )
    (made,) = stored.scalars(sa.select(Campaign))
    assert answer.location == f"/admin/campaign/compose/{made.id}" and made.channel == Channel.SMS
    assert stored.scalars(sa.select(CampaignClient.client_id)).all() == [client.id]


def test_the_composer_of_an_sms_has_no_title_no_files_and_no_rich_text(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    for channel, name in ((Channel.SMS, "Krótka"), (Channel.EMAIL, "Długa")):
        stored.add(MessageTemplate(name=name, channel=channel, subject="x", body="x"))
    stored.commit()
    page = visit("operator").get(f"/admin/campaign/compose/{draft.id}").text
    assert "SMS to the clients of Osiedle Test" in page and "data-sms-counter" in page
    for absent in ('id="subject"', "data-drop", "hugerte", "unsubscribe_url", "Długa"):
        assert absent not in page, absent
    assert "Krótka" in page and 'name="strip_letters"' in page


# --- saving ---


@pytest.mark.parametrize(("given", "kept"), [("yes", True), ("no", False), ("", None)])
def test_the_switch_is_kept_with_the_text(
    visit: Visit, stored: Session, draft: Campaign, given: str, kept: bool | None
) -> None:
    version = draft.updated_at.isoformat()
    body = {**WHOLE, "version": version, "strip_letters": given, "body": "Do {until}"}
    told = ask(visit("operator"), f"save/{draft.id}", **body).get_json()
    stored.expire_all()
    assert (draft.body, draft.strip_letters, draft.subject) == ("Do {until}", kept, "")
    assert [field["name"] for field in told["fields"]] == ["until"] and told["reach"] == 2


@pytest.mark.parametrize("wrong", [None, True, "perhaps"])
def test_a_switch_that_is_not_understood_empties_nothing(
    visit: Visit, stored: Session, draft: Campaign, wrong: object
) -> None:
    body = {**WHOLE, "version": draft.updated_at.isoformat(), "strip_letters": wrong}
    assert ask(visit("operator"), f"save/{draft.id}", **body).status_code == 400
    stored.expire_all()
    assert draft.body == "Zapraszamy, {first_name}!"


def test_the_link_to_unsubscribe_is_told_to_be_impossible(visit: Visit, draft: Campaign) -> None:
    body = {**WHOLE, "version": draft.updated_at.isoformat(), "body": "{unsubscribe_url}"}
    told = ask(visit("operator"), f"save/{draft.id}", **body).get_json()
    assert "cannot hold the link to unsubscribe" in told["problem"]


def test_a_template_brings_its_switch(visit: Visit, stored: Session, draft: Campaign) -> None:
    made = MessageTemplate(name="A", channel=Channel.SMS, body="Treść", strip_letters=True)
    stored.add(made)
    stored.commit()
    told = visit("operator").get(f"/admin/campaign/template/{made.id}").get_json()
    assert told == {"subject": "", "body": "Treść", "strip_letters": "yes"}


# --- the counter ---


def test_a_text_is_counted_as_its_client_gets_it(visit: Visit, draft: Campaign) -> None:
    told = count(visit("operator"), draft.body, campaign=draft.id)
    assert told["text"] == "Zapraszamy, Jan!"
    assert (told["parts"], told["encoding"], told["price"]) == (1, "gsm7", "0.1599 PLN")
    assert told["expensive"] == [] and told["plain"] == "" and told["problem"] == ""


def test_another_client_is_chosen_by_number(visit: Visit, stored: Session, draft: Campaign) -> None:
    ewa = make.make_client(stored, first_name="Ewa")
    stored.commit()
    told = count(visit("operator"), "{first_name}", client=ewa.id)
    assert told["text"] == "Ewa"
    assert ask(visit("operator"), "sms-count", **WHOLE, client=99_999).status_code == 404


def test_the_footer_is_counted(visit: Visit, stored: Session, draft: Campaign) -> None:
    settings(stored, footer="Nadrzecze")
    told = count(visit("operator"), "a" * 150, campaign=draft.id)
    assert told["text"].endswith("a\nNadrzecze") and told["characters"] == "160 characters"
    assert told["parts"] == 1
    assert count(visit("operator"), "a" * 151, campaign=draft.id)["parts"] == 2
    assert count(visit("operator"), "  ", campaign=draft.id)["parts"] == 0


def test_dear_characters_are_named_and_what_it_costs_without_them(visit: Visit, draft: Campaign) -> None:
    told = count(visit("operator"), "ą" * 60 + "„x…”" + "\u00a0🙂" + "b" * 10, campaign=draft.id)
    named = {found["character"]: (found["why"], found["plain"], found["name"]) for found in told["expensive"]}
    assert named["ą"] == ("Polish letter", "a", "")
    assert named["…"] == ("typographic character", "...", "ellipsis")
    assert named["\u00a0"][2] == "space that does not break"
    assert named["🙂"] == ("has no plain form", "", "")
    assert told["parts"] == 2 and told["price"] == "0.3198 PLN"
    told = count(visit("operator"), "ą" * 100, campaign=draft.id)
    assert told["plain"] == "Without Polish letters: 1 SMS part, 0.1599 PLN" and told["saves"] is True
    assert (
        count(visit("operator"), "{unit}[1] €", campaign=draft.id)["expensive"][0]["why"] == "counts as two"
    )


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("ą" * 100, "Characters that make it dear:"),
        ("ą", "These shorten an SMS to 70 characters; the price is the same without them:"),
        ("10 €", "These count as two characters; the price is the same without them:"),
    ],
)
def test_characters_that_cost_nothing_are_not_called_dear(
    visit: Visit, draft: Campaign, body: str, title: str
) -> None:
    assert count(visit("operator"), body, campaign=draft.id)["dearTitle"] == title


def test_a_text_sent_without_polish_letters_is_counted_so(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    person = visit("operator")
    assert count(person, "zażółć", campaign=draft.id, strip_letters="yes")["text"] == "zazolc"
    settings(stored, strip_letters=True)
    assert count(person, "zażółć", campaign=draft.id)["text"] == "zazolc"
    assert count(person, "zażółć", campaign=draft.id, strip_letters="no")["text"] == "zażółć"


def test_fields_not_filled_in_show_their_names(visit: Visit, draft: Campaign) -> None:
    person = visit("operator")
    assert count(person, "Do {until}", campaign=draft.id)["text"] == "Do {until}"
    filled = count(person, "Do {until}", campaign=draft.id, variables={"until": "31 marca"})
    assert filled["text"] == "Do 31 marca"


def test_a_text_that_cannot_be_rendered_is_counted_as_typed(visit: Visit, draft: Campaign) -> None:
    told = count(visit("operator"), "<% if (client.name) { %>x", campaign=draft.id)
    assert told["text"] == "<% if (client.name) { %>x" and told["problem"]
    assert told["parts"] == 1


def test_what_may_not_be_sent_is_said_while_it_is_typed(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    settings(stored, most_parts=2)
    told = count(visit("operator"), "a" * 400, campaign=draft.id)
    assert told["parts"] == 3 and told["problem"].startswith("The text makes 3 SMS parts; at most 2")


def test_a_template_is_counted_with_sample_values(visit: Visit, stored: Session) -> None:
    person = visit("operator")
    told = count(person, "{client_name}")
    assert told["text"] == "Anna Wiśniewska" and "no price in force" in told["problem"]
    set_price(stored)
    stored.commit()
    assert count(person, "{client_name}")["price"] == "0.1599 PLN"


def test_the_counter_is_for_those_who_write(visit: Visit, stored: Session) -> None:
    assert ask(visit("viewer"), "sms-count", **WHOLE).status_code == 403
    assert ask(visit("operator"), "sms-count", body=1, strip_letters="", variables={}).status_code == 400


def test_the_preview_of_an_sms_is_its_text(visit: Visit, stored: Session, draft: Campaign) -> None:
    client = make_texted(stored, None, NUMBERS[5], first_name="Adam")
    make.make_contract(stored, draft.investment, client)
    stored.commit()
    person = visit("operator")
    told = person.get(f"/admin/campaign/preview/{draft.id}", client_id=str(client.id)).get_json()
    assert told["text"] == "Zapraszamy, Adam!"


# --- a test ---


def test_a_test_goes_to_a_number_and_is_paid_like_any_text(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    answer = ask(visit("operator"), f"test/{draft.id}", number="600 999 888")
    assert answer.get_json()["message"] == "A test is on its way to +48600999888."
    message = stored.scalars(sa.select(Message)).one()
    assert (message.origin, message.status, message.address) == (
        Origin.TEST,
        Status.QUEUED,
        "+48600999888",
    )
    assert (message.body_text, message.campaign_id) == ("Zapraszamy, Jan!", None)
    assert message.sms_account_id is not None


@pytest.mark.parametrize("number", ["", "123", "+48 22 123 45 67"])
def test_a_test_to_no_mobile_number_is_refused(
    visit: Visit, stored: Session, draft: Campaign, number: str
) -> None:
    answer = ask(visit("operator"), f"test/{draft.id}", number=number)
    assert (answer.status_code, "not a Polish mobile number" in answer.text) == (409, True)
    assert stored.scalar(sa.select(sa.func.count(Message.id))) == 0
