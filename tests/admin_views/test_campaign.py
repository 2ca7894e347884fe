"""A campaign's page: its numbers, its recipients, what may be done to it, and the list of all campaigns."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import CampaignStatus, Status
from domain.eligibility import Reason
from models.campaign import Campaign
from models.message import Message
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.fixture
def campaign(stored: Session) -> Campaign:
    """Sent to one client, failed for one, uncertain for one, queued for one; one was left out."""
    made = make.make_campaign(stored, make.make_investment(stored), started_at=make.LONG_AGO)
    outcomes = {
        "Wysłany": {"status": Status.SENT, "sent_at": datetime.now(UTC) - timedelta(seconds=2)},
        "Odrzucony": {"status": Status.FAILED, "error_code": "550", "error_text": "no such user"},
        "Niepewny": {"status": Status.UNCERTAIN, "error_text": "timed out"},
        "Czekający": {"status": Status.QUEUED},
    }
    for name, values in outcomes.items():
        client = make.make_person(stored, last_name=name)
        message = make.make_message(
            stored, campaign=made, client=client, account_id=made.account_id, **values
        )
        make.make_recipient(stored, made, client, message, address=f"{name}@poczta.example")
    left_out = make.make_person(stored, FORMULA, "")
    make.make_recipient(stored, made, left_out, None, reason=Reason.MISSING_EMAIL)
    stored.commit()
    return made


def live(person: Visitor, campaign: Campaign) -> dict[str, object]:
    answer = person.get(f"/admin/campaign/progress/{campaign.id}").get_json()
    assert isinstance(answer, dict)
    return answer


def statuses(stored: Session) -> list[str]:
    stored.expire_all()
    return sorted(message.status.value for message in stored.scalars(sa.select(Message)))


def recipients(person: Visitor, campaign: Campaign, **arguments: str) -> str:
    return person.get(f"/admin/campaign/recipients/{campaign.id}", **arguments).text


# --- what is shown ---


def test_the_numbers_say_how_far_it_has_come(visit: Visit, campaign: Campaign) -> None:
    told = live(visit("viewer"), campaign)
    assert told["counts"] == {
        "sent": 1, "queued": 1, "sending": 0, "failed": 1, "uncertain": 1, "skipped": 0, "cancelled": 0,
    }  # fmt: skip
    assert (told["total"], told["unfinished"], told["skippedClients"]) == (4, 1, 1)
    assert told["rate"] and told["left"]


def test_a_draft_has_no_page_but_the_composer(visit: Visit, stored: Session) -> None:
    draft = make.make_draft(stored, make.make_investment(stored))
    stored.commit()
    answer = visit("operator").get("/admin/campaign/details/", id=str(draft.id))
    assert answer.location == f"/admin/campaign/compose/{draft.id}"


def test_the_verdict_counts_what_did_not_go_out(visit: Visit, stored: Session, campaign: Campaign) -> None:
    person = visit("viewer")
    assert live(person, campaign)["verdict"] == "Sending has finished. Not sent: 1, to be decided: 1"
    stored.execute(sa.update(Message).values(status=Status.SENT, sent_at=datetime.now(UTC)))
    stored.commit()
    person.browser.environ_base["HTTP_ACCEPT_LANGUAGE"] = "pl"
    told = live(person, campaign)
    assert (told["verdict"], told["allSent"]) == ("Wysyłka zakończona powodzeniem", True)


def test_the_page_says_why_sending_is_paused(visit: Visit, stored: Session, campaign: Campaign) -> None:
    campaign.status, campaign.pause_reason = CampaignStatus.PAUSED, "535 Authentication failed"
    stored.commit()
    told = live(visit("viewer"), campaign)
    assert (told["status"], told["pauseReason"]) == ("paused", "535 Authentication failed")


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({}, {"Wysłany", "Odrzucony", "Niepewny", "Czekający", "HYPERLINK"}),
        ({"status": "failed"}, {"Odrzucony"}),
        ({"status": "left_out"}, {"HYPERLINK"}),
        ({"search": "niepewny@poczta"}, {"Niepewny"}),
        ({"search": "WYSLANY"}, {"Wysłany"}),
        ({"status": "sent", "search": "odrzucony"}, set()),
    ],
)
def test_recipients_are_found_by_status_and_by_words(
    visit: Visit, campaign: Campaign, arguments: dict[str, str], names: set[str]
) -> None:
    page = recipients(visit("viewer"), campaign, **arguments)
    everybody = {"Wysłany", "Odrzucony", "Niepewny", "Czekający", "HYPERLINK"}
    assert {name for name in everybody if f"{name}</a>" in page or f"={name}" in page} == names


def test_a_recipient_who_got_nothing_is_shown_with_the_reason(visit: Visit, campaign: Campaign) -> None:
    person = visit("viewer")
    assert "550 no such user" in recipients(person, campaign, status="failed")
    assert "No e-mail address given" in recipients(person, campaign, status="left_out")


def test_the_list_of_those_left_out_is_a_spreadsheet_safe_to_open(visit: Visit, campaign: Campaign) -> None:
    answer = visit("viewer").get(f"/admin/campaign/recipients/{campaign.id}/csv", status="left_out")
    lines = answer.text.splitlines()
    assert answer.text.startswith("\ufeff") and answer.mimetype == "text/csv"
    assert len(lines) == 2 and "No e-mail address given" in lines[1]
    assert not lines[1].startswith("=") and "'=HYPERLINK" in lines[1]


def test_the_list_of_campaigns_says_what_needs_a_person(
    visit: Visit, stored: Session, campaign: Campaign
) -> None:
    person = visit("viewer")
    page = person.get("/admin/campaign/").text
    assert "1 / 4" in page and "Not sent: 1" in page and "To decide: 1" in page
    assert "Dzień dobry" in person.get("/admin/campaign/", flt0_status="sending").text
    assert "Dzień dobry" not in person.get("/admin/campaign/", flt0_status="finished").text
    assert "Dzień dobry" in person.get("/admin/campaign/export/csv/").text


# --- what may be done ---


def test_a_campaign_is_paused_and_resumed(visit: Visit, stored: Session, campaign: Campaign) -> None:
    person = visit("operator")
    for move, status in (("pause", CampaignStatus.PAUSED), ("resume", CampaignStatus.SENDING)):
        assert person.post(f"/admin/campaign/steer/{campaign.id}/{move}").status_code == 302
        stored.expire_all()
        assert campaign.status == status


def test_cancelling_the_rest_leaves_what_was_sent(visit: Visit, stored: Session, campaign: Campaign) -> None:
    person = visit("operator")
    person.post(f"/admin/campaign/steer/{campaign.id}/cancel")
    assert statuses(stored) == ["cancelled", "failed", "sent", "uncertain"]
    assert "1 message was cancelled." in person.sentences()


def test_those_that_failed_are_sent_again(visit: Visit, stored: Session, campaign: Campaign) -> None:
    visit("operator").post(f"/admin/campaign/steer/{campaign.id}/resend")
    assert statuses(stored) == ["queued", "queued", "sent", "uncertain"]


@pytest.mark.parametrize(("decision", "becomes"), [("sent", "sent"), ("again", "queued")])
@pytest.mark.parametrize("all_of_them", [True, False])
def test_a_person_decides_on_what_is_uncertain(
    visit: Visit, stored: Session, campaign: Campaign, decision: str, becomes: str, all_of_them: bool
) -> None:
    uncertain = stored.scalars(sa.select(Message).where(Message.status == Status.UNCERTAIN)).one()
    fields = {} if all_of_them else {"message_id": str(uncertain.id)}
    visit("operator").post(f"/admin/campaign/decide/{campaign.id}/{decision}", **fields)
    stored.expire_all()
    assert uncertain.status.value == becomes


@pytest.mark.parametrize("named", ["", "12x", "-1", "1" * 19, "all"])
@pytest.mark.parametrize("decision", ["sent", "again"])
def test_a_decision_on_a_message_nobody_can_find_is_no_decision_on_all(
    visit: Visit, stored: Session, campaign: Campaign, decision: str, named: str
) -> None:
    before = statuses(stored)
    answer = visit("operator").post(f"/admin/campaign/decide/{campaign.id}/{decision}", message_id=named)
    assert answer.status_code == 400 and statuses(stored) == before


def test_a_decision_on_one_message_leaves_the_others(
    visit: Visit, stored: Session, campaign: Campaign
) -> None:
    other = make.make_message(
        stored, campaign=campaign, account_id=campaign.account_id, status=Status.UNCERTAIN
    )
    stored.commit()
    visit("operator").post(f"/admin/campaign/decide/{campaign.id}/sent", message_id=str(other.id))
    stored.expire_all()
    assert other.status == Status.SENT and statuses(stored).count("uncertain") == 1


def test_a_move_that_comes_too_late_is_refused_in_one_sentence(
    visit: Visit, stored: Session, campaign: Campaign
) -> None:
    person = visit("operator")
    campaign.status = CampaignStatus.FINISHED
    stored.commit()
    person.post(f"/admin/campaign/steer/{campaign.id}/pause")
    assert any("has moved on" in sentence for sentence in person.sentences())


@pytest.mark.parametrize("role", ["viewer", "accountant"])
def test_a_reader_sees_all_and_steers_nothing(
    visit: Visit, stored: Session, campaign: Campaign, role: str
) -> None:
    person = visit(role)
    before = statuses(stored)
    page = person.get("/admin/campaign/details/", id=str(campaign.id))
    assert page.status_code == 200 and "data-move" not in page.text
    codes = [
        person.post(f"/admin/campaign/steer/{campaign.id}/{move}").status_code
        for move in ("pause", "resume", "cancel", "resend", "start")
    ]
    codes += [
        person.post(f"/admin/campaign/decide/{campaign.id}/{decision}").status_code
        for decision in ("sent", "again")
    ]
    assert codes == [403] * 7 and statuses(stored) == before


def test_a_list_of_messages_leads_to_where_their_fate_is_decided(visit: Visit, campaign: Campaign) -> None:
    person = visit("operator")
    place = f"/admin/campaign/details/?id={campaign.id}&amp;status="
    uncertain = person.get("/admin/message/", flt0_status="uncertain").text
    assert f'{place}uncertain#recipients">Decide</a>' in uncertain
    assert f'{place}failed#recipients">' in person.get("/admin/message/", flt0_status="failed").text
    sent = person.get("/admin/message/", flt0_status="sent").text
    assert f'href="/admin/campaign/details/?id={campaign.id}">' in sent and "Decide" not in sent


def test_a_message_outside_a_campaign_leads_to_none(visit: Visit, stored: Session) -> None:
    make.make_message(stored, status=Status.UNCERTAIN)
    stored.commit()
    page = visit("operator").get("/admin/message/")
    assert page.status_code == 200 and "/admin/campaign/details/" not in page.text
