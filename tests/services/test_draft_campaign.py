"""A draft: kept as typed, never over somebody else's words, checked when it is to be sent."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.contract_types import ContractType
from domain.delivery import CampaignStatus
from domain.template_source import TemplateRefused
from extensions.wiring import wiring
from gateways.ejs import TemplateFailed
from models import db
from models.campaign import Campaign, CampaignClient
from models.client import Client
from models.setting import Setting
from services.approve_campaign import AlreadyApproved
from services.draft_campaign import (
    LONGEST_BODY,
    LONGEST_SUBJECT,
    MOST_FIELDS,
    BodyMissing,
    BodyTooLong,
    ContractTypesMissing,
    Draft,
    NobodyChosen,
    NoSuchInvestment,
    SubjectMissing,
    SubjectTooLong,
    TooManyFields,
    discard_draft,
    sample_values,
    start_investment_draft,
    start_selection_draft,
)
from services.message_content import EmptyVariables
from services.prepare_order import prepare_order
from services.preview_message import inspect_draft, preview_message
from services.save_draft import DraftChanged, NoSuchDraft, save_draft
from tests import factories as make

SALE = [ContractType.SALE]


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


@pytest.fixture
def investment_id(session: Session) -> int:
    return make.make_investment(session, "Osiedle Test").id


@pytest.fixture
def draft(session: Session, investment_id: int) -> Campaign:
    text = Draft("Dzień dobry", "<p>{client_name}</p>", SALE)
    return start_investment_draft(session, investment_id, text, created_by_id=None)


def order(session: Session, campaign: Campaign):  # type: ignore[no-untyped-def]
    return prepare_order(session, campaign, wiring().ejs(), skip_errors=False, approved_by_id=None)


# --- starting and discarding ---


def test_a_draft_for_an_investment_that_is_not_there_is_refused(session: Session) -> None:
    with pytest.raises(NoSuchInvestment):
        start_investment_draft(session, 404, Draft("", ""), created_by_id=None)


def test_a_selection_is_stored_without_clients_merged_into_others(session: Session) -> None:
    kept, other = make.make_person(session), make.make_person(session)
    make.make_person(session, merged_into=kept)
    campaign = start_selection_draft(session, sa.select(Client.id), created_by_id=None)
    chosen = session.scalars(
        sa.select(CampaignClient.client_id).where(CampaignClient.campaign_id == campaign.id)
    )
    assert set(chosen) == {kept.id, other.id}


def test_a_selection_of_nobody_is_refused_and_leaves_no_draft(session: Session) -> None:
    with pytest.raises(NobodyChosen):
        start_selection_draft(session, sa.select(Client.id), created_by_id=None)
    assert session.scalar(sa.select(sa.func.count(Campaign.id))) == 0


def test_only_a_draft_is_discarded(session: Session, draft: Campaign, investment_id: int) -> None:
    number = draft.id
    sent = make.make_campaign(session, draft.investment).id
    session.commit()
    assert discard_draft(session, number) is True
    assert discard_draft(session, sent) is False
    assert list(session.scalars(sa.select(Campaign.id))) == [sent]


# --- saving ---


def test_what_does_not_fit_is_refused_and_what_fits_is_stored(session: Session, investment_id: int) -> None:
    longest = Draft("ł" * LONGEST_SUBJECT, "ż" * LONGEST_BODY)
    campaign = start_investment_draft(session, investment_id, longest, created_by_id=None)
    session.refresh(campaign)
    assert (campaign.subject, campaign.body) == (longest.subject, longest.body)
    with pytest.raises(SubjectTooLong):
        Draft("ł" * (LONGEST_SUBJECT + 1), "")
    with pytest.raises(BodyTooLong):
        Draft("", "ż" * (LONGEST_BODY + 1))
    with pytest.raises(TooManyFields):
        Draft("", "", variables={f"field{number}": "" for number in range(MOST_FIELDS + 1)})


def test_a_save_names_the_version_that_the_next_one_is_based_on(
    session: Session, draft: Campaign, now: datetime
) -> None:
    number, seen = draft.id, draft.updated_at
    for title in ("Pierwszy", "Drugi"):
        seen = save_draft(session, number, Draft(title, "x", SALE), seen=seen, now=now)
    assert session.get_one(Campaign, number).subject == "Drugi"


def test_a_save_over_words_it_has_not_seen_is_refused_and_changes_nothing(
    session: Session, draft: Campaign, now: datetime
) -> None:
    number, seen = draft.id, draft.updated_at
    save_draft(session, number, Draft("Z innego okna", "x", SALE), seen=seen, now=now)
    with pytest.raises(DraftChanged):
        save_draft(session, number, Draft("Stare", "y", SALE), seen=seen, now=now)
    assert session.get_one(Campaign, number).subject == "Z innego okna"


def test_a_person_may_insist_on_what_they_see(session: Session, draft: Campaign, now: datetime) -> None:
    number = draft.id
    save_draft(session, number, Draft("Z innego okna", "x", SALE), seen=draft.updated_at, now=now)
    save_draft(session, number, Draft("Moje", "y", SALE), seen=None, now=now)
    assert session.get_one(Campaign, number).subject == "Moje"


def test_what_is_sent_or_discarded_is_saved_no_more(session: Session, draft: Campaign, now: datetime) -> None:
    sent = make.make_campaign(session, draft.investment).id
    session.commit()
    with pytest.raises(AlreadyApproved):
        save_draft(session, sent, Draft("Za późno", "x"), seen=None, now=now)
    with pytest.raises(NoSuchDraft):
        save_draft(session, 404, Draft("Nie ma", "x"), seen=None, now=now + timedelta(seconds=1))


# --- what a draft lacks ---


@pytest.mark.parametrize("name", ["contract_number", "contract.number"])
def test_a_field_that_no_record_fills_is_known_by_its_tag_and_by_its_path(
    session: Session, name: str
) -> None:
    client = make.make_person(session)
    campaign = start_selection_draft(session, sa.select(Client.id), created_by_id=None)
    campaign.subject, campaign.body = "Umowa", "<p>{contract_number}, {termin}</p>"
    shown = preview_message(session, campaign, wiring().ejs(), client_id=client.id)
    assert "{contract_number}, {termin}" in shown.text
    with pytest.raises(EmptyVariables, match=r"empty: contract_number, termin\.") as refused:
        order(session, campaign)
    assert refused.value.names == ("contract_number", "termin")
    campaign.variables = {name: "7/2026", "termin": "jutro"}
    shown = preview_message(session, campaign, wiring().ejs(), client_id=client.id)
    assert "7/2026, jutro" in shown.text
    assert order(session, campaign).values == {"contract.number": "7/2026", "variables.termin": "jutro"}


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        (Draft("Tytuł", "<p>x</p>"), ContractTypesMissing),
        (Draft("  ", "<p>x</p>", SALE), SubjectMissing),
        (Draft("Tytuł", " \n", SALE), BodyMissing),
        (Draft("Tytuł", "<p><%- client.name %></p>", SALE), TemplateRefused),
        (Draft("Tytuł", "<p><% if (client.name { %>x<% } %></p>", SALE), TemplateFailed),
        (Draft("Tytuł", "<p>{offer_valid_until}</p>", SALE), EmptyVariables),
        (Draft("Tytuł", "<p>{company_name}</p>", SALE), EmptyVariables),
    ],
    ids=["types", "title", "content", "raw output", "syntax", "variable", "tag without a record"],
)
def test_a_draft_that_cannot_be_sent_is_refused_before_anything_happens(
    session: Session, investment_id: int, text: Draft, refusal: type[Exception]
) -> None:
    campaign = start_investment_draft(session, investment_id, text, created_by_id=None)
    with pytest.raises(refusal):
        order(session, campaign)
    assert campaign.status == CampaignStatus.DRAFT


def test_a_field_filled_in_by_the_sender_goes_to_everybody(session: Session, investment_id: int) -> None:
    text = Draft("Tytuł", "<p>{offer_valid_until}</p>", SALE, {"offer_valid_until": "31 marca"})
    campaign = start_investment_draft(session, investment_id, text, created_by_id=None)
    assert order(session, campaign).values == {"variables.offer_valid_until": "31 marca"}


def test_our_companys_name_from_the_settings_needs_no_filling_in(
    session: Session, investment_id: int
) -> None:
    session.add(Setting(key="company.name", value="Nadrzecze"))
    text = Draft("Tytuł", "<p>{company_name}</p>", SALE)
    campaign = start_investment_draft(session, investment_id, text, created_by_id=None)
    assert order(session, campaign).values == {"company.name": "Nadrzecze"}


def test_a_contracts_number_is_a_field_to_fill_in_when_clients_were_chosen_without_one(
    session: Session,
) -> None:
    make.make_person(session)
    campaign = start_selection_draft(session, sa.select(Client.id), created_by_id=None)
    campaign.subject, campaign.body = "Umowa {contract_number}", "<p>{first_name}</p>"
    assert inspect_draft(session, campaign, wiring().ejs()).fields == ("contract_number",)


@pytest.mark.parametrize(
    "spelling",
    [
        "<%= client.typo %>",
        "<%=client.typo%>",
        "<%= client . typo -%>",
        "<%= client.typo_%>",
        "<%= client['typo'] %>",
    ],
)
def test_a_field_that_no_record_has_is_to_be_filled_in_however_it_is_written(
    session: Session, investment_id: int, spelling: str
) -> None:
    text = Draft("Tytuł", f"<p>{spelling}</p>", SALE, {"client.typo": "Jasna"})
    campaign = start_investment_draft(session, investment_id, text, created_by_id=None)
    assert inspect_draft(session, campaign, wiring().ejs()).fields == ("client.typo",)
    assert "Jasna" in preview_message(session, campaign, wiring().ejs()).html


def test_an_unfinished_draft_says_what_is_wrong_with_its_template(
    session: Session, investment_id: int
) -> None:
    text = Draft("", "<p>x</p>\n<p><%= client.name + %></p>", SALE)
    campaign = start_investment_draft(session, investment_id, text, created_by_id=None)
    state = inspect_draft(session, campaign, wiring().ejs())
    assert isinstance(state.problem, TemplateFailed)
    assert state.problem.parameters["line"] == 2, "counted as its author counts"


# --- preview ---


def test_a_preview_shows_the_chosen_client_and_names_what_is_not_filled_in(
    session: Session, draft: Campaign
) -> None:
    anna = make.make_person(session, "Anna", "Nowak")
    jan = make.make_person(session, "Jan", "Łąka")
    make.make_contract(session, draft.investment, anna, jan)
    draft.subject, draft.body = "Do {offer_valid_until}", "<p>{client_name} <b>&amp;</b></p>"
    session.commit()
    first = preview_message(session, draft, wiring().ejs())
    chosen = preview_message(session, draft, wiring().ejs(), client_id=jan.id)
    assert first.subject == "Do {offer_valid_until}"
    assert "Anna Nowak" in first.html and "Jan Łąka" in chosen.html and "Jan Łąka" in chosen.text


def test_sample_values_of_an_empty_audience_are_empty_texts(session: Session, draft: Campaign) -> None:
    assert set(sample_values(session, draft).values()) == {""}
