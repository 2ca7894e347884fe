"""The pre-flight report: what it lists, what can be corrected in it, and the send."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.delivery import CampaignStatus
from models.audit import AuditEntry
from models.campaign import Campaign, CampaignRecipient
from models.client import Client, EmailAddress
from models.consent import ConsentDefinition, ConsentEvent
from models.message import Message
from tests import factories as make
from tests.admin_views.composing import ask
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


@pytest.fixture
def definition(stored: Session) -> ConsentDefinition:
    return make.make_definition(stored)


@pytest.fixture
def draft(stored: Session, definition: ConsentDefinition) -> Campaign:
    """One client who may be written to and two who may not, behind one contract each."""
    campaign = make.make_draft(stored, make.make_investment(stored))
    ready = make.make_ready_client(stored, definition, "jan@poczta.example")
    nowhere = make.make_company(stored, "Arkada S.A.")
    make.grant(stored, nowhere, definition)
    silent = make.make_client(stored, email="bez.zgody@poczta.example", last_name="Cicha")
    for client in (ready, nowhere, silent):
        make.make_contract(stored, campaign.investment, client)
    stored.commit()
    return campaign


def client_named(stored: Session, name: str) -> Client:
    return stored.scalars(sa.select(Client).where(Client.name == name)).one()


def report(person: Visitor, draft: Campaign, **body: Any) -> str:
    answer = ask(person, f"preflight/{draft.id}", **body)
    assert answer.status_code == 200, answer.text
    return answer.text


def send(person: Visitor, draft: Campaign, *, expected: int = 1, **body: Any) -> TestResponse:
    """Ask to send what a report shows now."""
    found = re.search(r'data-version="([^"]*)" data-look="([^"]*)"', report(person, draft))
    assert found
    told = {"version": unescape(found[1]), "look": found[2], "expected": expected}
    return ask(person, f"send/{draft.id}", **told | body)


def messages(stored: Session) -> int:
    return stored.scalar(sa.select(sa.func.count(Message.id))) or 0


# --- the report ---


def test_the_report_counts_every_kind_and_sends_nothing(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    page = report(visit("operator"), draft)
    shown = [part.split('"')[0] for part in page.split('data-kind="')[1:]]
    assert shown == ["missing_email", "invalid_email", "blocked_email", "opted_out", "no_email_consent"]
    assert page.count('data-count="1"') == 2 and page.count('data-count="0"') == 3
    assert 'data-recipients="1" data-skipped="2" data-errors="2"' in page
    assert messages(stored) == 0


def test_the_report_speaks_the_manuals_polish(draft: Campaign, visit: Visit, stored: Session) -> None:
    person = visit("operator")
    person.browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "pl"
    page = report(person, draft)
    for words in (
        "Raport wysyłki wiadomości",
        "Nie można wysłać wiadomości do klientów",
        "Wiadomości nie zostały wysłane z powodu następujących błędów:",
        "Brak wskazanego adresu e-mail",
        "Niepoprawny adres e-mail",
        "Adres e-mail zablokowany po zwrocie",
        "Wiadomości e-mail wyłączone w preferencjach klienta",
        "Brak zgody na wysyłanie wiadomości e-mail",
        "Ilość błędów:",
        "Pomiń wysyłkę do klientów z błędami",
        "Anuluj",
        "Wyślij",
    ):
        assert words in page, words


def test_a_message_that_could_go_to_nobody_is_refused_at_its_field(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    person = visit("operator")
    for change, field in (
        ({"contract_types": []}, "contract_types"),
        ({"subject": ""}, "subject"),
        ({"body": ""}, "body"),
        ({"body": "<p>{until}</p>"}, "variables"),
    ):
        stored.execute(sa.update(Campaign).values(subject="x", body="<p>x</p>", contract_types=["sale"]))
        stored.execute(sa.update(Campaign).values(**change))
        stored.commit()
        answer = ask(person, f"preflight/{draft.id}")
        assert (answer.status_code, answer.headers["X-Field"]) == (409, field)
        assert ask(person, f"send/{draft.id}", skip_errors=True).status_code == 409
    assert messages(stored) == 0


@pytest.mark.parametrize(
    "moment", ["?", False, 7, "2020-01-01T10:00", "2027-03-28T02:30", "9999-12-31T23:59"]
)
def test_a_start_that_never_comes_is_refused(visit: Visit, draft: Campaign, moment: object) -> None:
    answer = ask(visit("operator"), f"preflight/{draft.id}", starts_at=moment)
    assert (answer.status_code, answer.headers["X-Field"]) == (409, "starts_at")


def test_a_row_names_the_client_and_the_contract_and_links_to_both(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    page = visit("operator").get(f"/admin/campaign/failing/{draft.id}/missing_email").text
    company = client_named(stored, "Arkada S.A.")
    assert "Company:" in page and f'/admin/client/details/?id={company.id}"' in page
    assert "Umowa sprzedaży" in page and "/admin/contract/details/?id=" in page
    assert "data-more" not in page


def test_thousands_of_rows_come_a_page_at_a_time(visit: Visit, stored: Session, draft: Campaign) -> None:
    for _ in range(60):
        make.make_contract(stored, draft.investment, client_named(stored, "Arkada S.A."))
    stored.commit()
    person = visit("operator")
    first = person.get(f"/admin/campaign/failing/{draft.id}/missing_email").text
    second = person.get(f"/admin/campaign/failing/{draft.id}/missing_email", offset="50").text
    assert first.count('class="error-row"') == 50 and "offset=50" in first
    assert second.count('class="error-row"') == 11 and "data-more" not in second
    assert person.get(f"/admin/campaign/failing/{draft.id}/missing_phone").status_code == 404


# --- corrected in place ---


def test_an_address_entered_in_a_row_brings_the_client_in(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    company = client_named(stored, "Arkada S.A.")
    answer = ask(visit("operator"), f"fix-address/{draft.id}/{company.id}", address="biuro@arkada.example")
    told = answer.get_json()
    assert told["recipients"] == 1 and told["skipped"] == -1 and told["still"] == ""
    assert told["errors"]["missing_email"] == -1
    assert stored.scalar(sa.select(EmailAddress.address).where(EmailAddress.client_id == company.id))
    assert stored.scalar(sa.select(AuditEntry.action)) == "fix_address"


def test_a_wrong_address_is_refused_in_one_sentence(visit: Visit, stored: Session, draft: Campaign) -> None:
    company = client_named(stored, "Arkada S.A.")
    answer = ask(visit("operator"), f"fix-address/{draft.id}/{company.id}", address="arkada")
    assert (answer.status_code, answer.text) == (409, "“arkada” is not a valid e-mail address.")


def test_a_consent_is_recorded_with_its_source(
    visit: Visit, stored: Session, draft: Campaign, definition: ConsentDefinition
) -> None:
    silent = client_named(stored, "Anna Cicha")
    person, path = visit("operator"), f"grant-consent/{draft.id}/{silent.id}"
    fields = {"definition": str(definition.id), "method": "paper"}
    assert ask(person, path, source=" ", **fields).status_code == 409
    told = ask(person, path, source="segregator 7", **fields).get_json()
    assert told["recipients"] == 1 and told["errors"]["no_email_consent"] == -1
    assert stored.scalars(
        sa.select(ConsentEvent.source).where(ConsentEvent.client_id == silent.id)
    ).all() == ["segregator 7"]
    assert told["note"] == ""
    told = ask(person, path, source="segregator 7", **fields).get_json()
    assert told["note"] == "This consent was valid already: nothing was recorded."
    assert (told["recipients"], told["still"]) == (0, "")
    assert (
        stored.scalar(sa.select(sa.func.count(ConsentEvent.id)).where(ConsentEvent.client_id == silent.id))
        == 1
    )


@pytest.mark.parametrize("source", [True, [1], {"a": 1}, 7, "\x00", None])
def test_a_source_that_nobody_wrote_is_no_proof(
    visit: Visit, stored: Session, draft: Campaign, source: object
) -> None:
    silent = client_named(stored, "Anna Cicha")
    events = stored.scalar(sa.select(sa.func.count(ConsentEvent.id)))
    path = f"grant-consent/{draft.id}/{silent.id}"
    answer = ask(visit("operator"), path, definition=1, method="paper", source=source)
    assert answer.status_code == 400
    assert stored.scalar(sa.select(sa.func.count(ConsentEvent.id))) == events


# --- the send ---


def test_nothing_goes_out_while_there_are_errors_and_they_are_not_skipped(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    answer = send(visit("operator"), draft, skip_errors=False)
    assert answer.status_code == 409 and answer.mimetype == "text/html"
    assert "data-report-form" in answer.text and messages(stored) == 0


def test_skipping_the_errors_sends_to_the_others_and_keeps_the_list(
    visit: Visit, stored: Session, draft: Campaign
) -> None:
    answer = send(visit("operator"), draft, skip_errors=True)
    assert answer.get_json()["url"].startswith(f"/admin/campaign/details/?id={draft.id}")
    stored.expire_all()
    assert draft.status == CampaignStatus.SENDING and messages(stored) == 1
    reasons = stored.scalars(sa.select(CampaignRecipient.reason).order_by(CampaignRecipient.reason))
    assert [reason and reason.value for reason in reasons if reason] == ["missing_email", "no_email_consent"]
    assert "approve" in set(stored.scalars(sa.select(AuditEntry.action)))


def test_a_second_click_sends_nothing_more(visit: Visit, stored: Session, draft: Campaign) -> None:
    person = visit("operator")
    first = send(person, draft, skip_errors=True)
    urls = [first.get_json()["url"], ask(person, f"send/{draft.id}", skip_errors=True).get_json()["url"]]
    assert all(url.startswith(f"/admin/campaign/details/?id={draft.id}") for url in urls)
    assert messages(stored) == 1


def test_an_audience_that_changed_meanwhile_is_shown_again(
    visit: Visit, stored: Session, draft: Campaign, definition: ConsentDefinition
) -> None:
    late = make.make_ready_client(stored, definition, "nowa@poczta.example")
    make.make_contract(stored, draft.investment, late)
    stored.commit()
    answer = send(visit("operator"), draft, skip_errors=True)
    assert answer.status_code == 409 and "2 recipients, not 1" in answer.text
    assert messages(stored) == 0


@pytest.mark.parametrize("window", ["words", "file", "nothing shown"])
def test_only_the_draft_that_the_report_showed_is_sent(
    visit: Visit, stored: Session, draft: Campaign, window: str
) -> None:
    person = visit("operator")
    found = re.search(r'data-version="([^"]*)"', report(person, draft))
    assert found
    version = unescape(found[1]) if window != "nothing shown" else ""
    if window == "words":
        stored.execute(sa.update(Campaign).values(body="<p>Other words</p>"))
    elif window == "file":
        draft.attachments.append(make.make_attachment(stored))
    stored.commit()
    answer = ask(person, f"send/{draft.id}", skip_errors=True, expected=1, version=version)
    assert answer.status_code == 409 and "changed in another window" in answer.text
    stored.expire_all()
    assert draft.status == CampaignStatus.DRAFT and messages(stored) == 0


def test_a_message_for_nobody_is_not_sent(visit: Visit, stored: Session, draft: Campaign) -> None:
    stored.execute(sa.update(Client).values(allow_email=False))
    stored.commit()
    answer = send(visit("operator"), draft, skip_errors=True, expected=0)
    assert answer.status_code == 409 and "There is nobody to send this message to." in answer.text
    stored.expire_all()
    assert draft.status == CampaignStatus.DRAFT


def test_a_scheduled_message_waits_for_its_time(visit: Visit, stored: Session, draft: Campaign) -> None:
    person = visit("operator")
    assert "Sending starts on" in report(person, draft, starts_at="2099-06-01T09:30")
    send(person, draft, skip_errors=True, starts_at="2099-06-01T09:30")
    stored.expire_all()
    assert draft.status == CampaignStatus.SCHEDULED
    assert draft.starts_at and draft.starts_at.isoformat() == "2099-06-01T07:30:00+00:00"


@pytest.mark.parametrize("role", ["viewer", "accountant"])
def test_a_reader_neither_corrects_nor_sends(
    visit: Visit, stored: Session, draft: Campaign, role: str
) -> None:
    person = visit(role)
    company = client_named(stored, "Arkada S.A.")
    codes = [
        ask(person, f"preflight/{draft.id}").status_code,
        person.get(f"/admin/campaign/failing/{draft.id}/missing_email").status_code,
        ask(person, f"fix-address/{draft.id}/{company.id}", address="a@b.example").status_code,
        ask(person, f"grant-consent/{draft.id}/{company.id}", source="x").status_code,
        ask(person, f"send/{draft.id}", skip_errors=True).status_code,
    ]
    assert codes == [403] * 5 and messages(stored) == 0
