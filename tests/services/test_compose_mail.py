"""From a Message row to bytes: what every recipient's letter must say, and what it must never say."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.channel import Purpose
from domain.correspondence import UNSUBSCRIBE_FOOTER
from domain.errors import DomainError
from domain.links import verify_id, verify_until
from domain.mail_headers import Mailbox
from domain.mail_skeleton import AttachedFile
from domain.return_path import answer_address
from gateways.ejs import EjsRuntime
from services.compose_mail import (
    CONSENTS,
    UNSUBSCRIBE,
    CampaignComposer,
    Envelope,
    Outgoing,
    Sender,
    nest,
)
from services.message_content import ContentRenderer, prepare_content

EJS = EjsRuntime(Path(__file__).resolve().parents[2] / "static" / "vendor" / "ejs" / "ejs.min.js")
KEY = b"k" * 32
SENDER = Sender(Mailbox("Goniec", "biuro@goniec.example"), None, "https://goniec.example", KEY)
DATE = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLAIN = "<p>Dzień dobry, {client_name}!</p>"
LOGIC = "<p><% if (client.name) { %>Dzień dobry, <%= client.name %>!<% } %></p>"


def composer(
    body: str = PLAIN,
    *,
    subject: str = "Dla {client_name}",
    purpose: Purpose = Purpose.MARKETING,
    attachments: Sequence[AttachedFile] = (),
    sender: Sender = SENDER,
) -> CampaignComposer:
    footer = UNSUBSCRIBE_FOOTER if purpose == Purpose.MARKETING else ""
    renderer = ContentRenderer(prepare_content(subject, body, footer_html=footer), EJS)
    return CampaignComposer(
        sender, renderer, purpose=purpose, common_values={"variables.x": "1"}, attachments=attachments
    )


def outgoing(number: int, name: str = "Anna", address: str = "anna@poczta.example") -> Outgoing:
    return Outgoing(number, address, name, 0, {"client.name": name})


def compose(made_by: CampaignComposer, *messages: Outgoing) -> list[EmailMessage | DomainError]:
    letters: list[EmailMessage | DomainError] = []
    for _message, letter in made_by.compose(messages, DATE):
        if isinstance(letter, Envelope):
            letters.append(message_from_bytes(letter.payload, policy=policy.default))
        else:
            letters.append(letter)
    return letters


def one(made_by: CampaignComposer, message: Outgoing) -> EmailMessage:
    [letter] = compose(made_by, message)
    assert isinstance(letter, EmailMessage)
    return letter


@pytest.mark.parametrize("body", [PLAIN, LOGIC])
def test_each_letters_answers_come_to_an_address_of_its_own(body: str) -> None:
    takes = replace(SENDER, takes_answers=True)
    letters = compose(composer(body, sender=takes), outgoing(7), outgoing(8))
    found = [letter.get_all("Reply-To") for letter in letters if isinstance(letter, EmailMessage)]
    base = "biuro@goniec.example"
    assert found == [[f"Goniec <{answer_address(base, number, KEY)}>"] for number in (7, 8)]
    assert one(composer(body), outgoing(7))["Reply-To"] is None


def test_answers_come_to_an_address_too_long_for_a_number_as_it_is() -> None:
    long = f"{'biuro' * 10}@goniec.example"
    takes = replace(SENDER, takes_answers=True, reply_to=Mailbox("", long))
    assert one(composer(PLAIN, sender=takes), outgoing(7))["Reply-To"] == f"Goniec <{long}>"


def body_of(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("body", [PLAIN, LOGIC])
def test_a_letter_is_personal_in_subject_html_and_text(body: str) -> None:
    letter = one(composer(body), outgoing(7, "Łucja"))
    assert letter["Subject"] == "Dla Łucja"
    assert "Dzień dobry, Łucja!" in body_of(letter, "plain")
    assert "Dzień dobry, Łucja!" in body_of(letter, "html")
    assert (letter["From"], letter["To"]) == ("Goniec <biuro@goniec.example>", "Łucja <anna@poczta.example>")


@pytest.mark.parametrize("body", [PLAIN, LOGIC])
def test_marketing_can_be_left_with_one_click_and_by_a_link(body: str) -> None:
    letter = one(composer(body), outgoing(7))
    url = SENDER.unsubscribe_url(7)
    assert letter["List-Unsubscribe"] == f"<{url}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in body_of(letter, "html") and url in body_of(letter, "plain")
    assert verify_id(UNSUBSCRIBE, url.rpartition("/")[2], KEY) == 7


@pytest.mark.parametrize("body", [PLAIN, LOGIC])
def test_marketing_leads_to_its_own_clients_consents(body: str) -> None:
    letter = one(composer(body), Outgoing(7, "anna@poczta.example", "Anna", 0, {"client.name": "Anna"}, 12))
    token = re.search(r"https://goniec\.example/c/([^\s\"<>)]+)", body_of(letter, "html"))
    assert token and token[0] in body_of(letter, "plain")
    assert verify_until(CONSENTS, token[1], KEY, DATE.date()) == 12


def test_what_the_service_needs_offers_no_unsubscribing() -> None:
    letter = one(composer(purpose=Purpose.SERVICE), outgoing(7))
    assert letter["List-Unsubscribe"] is None
    assert "/u/" not in body_of(letter, "html")


def test_a_message_id_belongs_to_the_row() -> None:
    made_by = composer()
    first, again, other = compose(made_by, outgoing(7), outgoing(7, "Jan"), outgoing(8))
    assert (
        isinstance(first, EmailMessage)
        and isinstance(again, EmailMessage)
        and isinstance(other, EmailMessage)
    )
    assert first["Message-ID"] == again["Message-ID"] != other["Message-ID"]


def test_files_are_attached() -> None:
    plan = AttachedFile("plan ż.pdf", "application/pdf", b"%PDF-1.7")
    [attached] = one(composer(attachments=[plan]), outgoing(7)).iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("plan ż.pdf", b"%PDF-1.7")


@pytest.mark.parametrize("body", [PLAIN, LOGIC])
def test_an_address_nobody_can_deliver_to_spoils_only_its_own_letter(body: str) -> None:
    first, broken, last = compose(composer(body), outgoing(1), outgoing(2, address="a b@c"), outgoing(3))
    assert isinstance(broken, DomainError)
    assert isinstance(first, EmailMessage) and isinstance(last, EmailMessage)


def test_a_template_that_fails_for_one_client_spoils_only_that_letter() -> None:
    body = "<p><% if (client.name === 'Jan') { client.missing.name } %>x</p>"
    letters = compose(
        composer(body), *(outgoing(n, name) for n, name in enumerate(("Anna", "Jan", "Ewa"), 1))
    )
    assert [isinstance(letter, DomainError) for letter in letters] == [False, True, False]


def test_a_missing_value_is_an_error_and_never_mail_with_a_gap() -> None:
    without = Outgoing(1, "anna@poczta.example", "Anna", 0, {})
    assert isinstance(compose(composer(), without)[0], DomainError)


@given(name=st.text(max_size=60))
@settings(deadline=None)
def test_whatever_a_client_is_called_both_ways_of_composing_say_the_same(name: str) -> None:
    plain, logic = (one(composer_of[body], outgoing(7, name)) for body in (PLAIN, LOGIC_ALWAYS))
    assert plain.keys() == logic.keys()
    assert plain["Subject"].split() == logic["Subject"].split()  # a control character is some space
    assert body_of(plain, "html") == body_of(logic, "html")


LOGIC_ALWAYS = "<p><% if (true) { %>Dzień dobry, <%= client.name %>!<% } %></p>"
composer_of = {body: composer(body) for body in (PLAIN, LOGIC_ALWAYS)}


def test_flat_values_are_nested_for_ejs() -> None:
    nested = nest({"client.name": "Anna", "variables.date": "1 marca"})
    assert nested["client"] == {"name": "Anna"}
    assert nested["variables"] == {"date": "1 marca"}
    assert nested["contract"] == {}
