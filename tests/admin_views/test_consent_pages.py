"""On the client's card the link to the client's own page and the proof; in the report the request."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from admin_views import consent_pages
from domain.channel import Channel
from models.audit import AuditEntry
from models.campaign import Campaign
from models.consent_request import ConsentRequest
from models.message import Message
from models.setting import Setting
from services.company_name import COMPANY_NAME
from tests import consent_scene as scene
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.admin_views.test_compose import ask
from tests.consent_scene import Scene

Visit = Callable[[str], Visitor]


def by_script(person: Visitor, path: str) -> TestResponse:
    headers = {"X-CSRFToken": person.token(), "X-Requested-With": "fetch"}
    return person.browser.post(path, headers=headers)


@pytest.fixture
def there(stored: Session) -> Scene:
    return scene.make_scene(stored)


@pytest.fixture(params=[Channel.EMAIL, Channel.SMS])
def draft(request: pytest.FixtureRequest, stored: Session, there: Scene) -> Campaign:
    """For the client, who has not agreed to marketing by the channel."""
    campaign = make.make_draft(stored, make.make_investment(stored), channel=request.param)
    make.make_contract(stored, campaign.investment, there.client)
    stored.commit()
    return campaign


def actions(stored: Session) -> list[str]:
    return list(stored.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def test_the_link_from_the_card_opens_the_clients_page(visit: Visit, stored: Session, there: Scene) -> None:
    person = visit("operator")
    assert "/consent-link/" in person.get(f"/admin/client/details/?id={there.client.id}").text
    answer = by_script(person, f"/admin/client/consent-link/?id={there.client.id}")
    assert answer.json
    page = person.get(answer.json["url"].removeprefix("http://localhost:5000"))
    assert page.status_code == 200 and there.by_mail.name in page.text
    assert actions(stored) == ["consent_link"]


def test_the_proof_is_downloaded_and_audited(visit: Visit, stored: Session, there: Scene) -> None:
    answer = visit("operator").post(f"/admin/client/consent-proof/?id={there.client.id}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF") and "attachment" in answer.headers["Content-Disposition"]
    assert actions(stored) == ["consent_proof"]


def test_the_card_says_when_the_proof_would_name_no_controller(
    visit: Visit, stored: Session, there: Scene
) -> None:
    card, link = f"/admin/client/details/?id={there.client.id}", 'href="/admin/branding/"'
    for role, leads_there in (("operator", 0), ("administrator", 1)):
        page = visit(role).get(card).text.split("data-no-controller")[1].split("</p>")[0]
        assert "name no controller" in page and page.count(link) == leads_there
    assert "data-no-controller" not in visit("viewer").get(card).text
    stored.add(Setting(key=COMPANY_NAME, value="Nadrzecze Sp. z o.o."))
    stored.commit()
    assert "data-no-controller" not in visit("operator").get(card).text


def test_a_proof_too_long_for_a_page_names_the_command(
    visit: Visit, there: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent_pages, "MOST_MESSAGES", -1)
    answer = by_script(visit("operator"), f"/admin/client/consent-proof/?id={there.client.id}")
    assert answer.status_code == 409 and f"consents {there.client.id} --proof" in answer.text


@pytest.mark.parametrize("page", ["consent-link", "consent-proof"])
def test_a_viewer_gets_neither(visit: Visit, stored: Session, there: Scene, page: str) -> None:
    answer = visit("viewer").post(f"/admin/client/{page}/?id={there.client.id}")
    assert answer.status_code == 403
    assert actions(stored) == []


def rows(person: Visitor, draft: Campaign) -> str:
    return str(person.get(f"/admin/campaign/failing/{draft.id}/no_{draft.channel.value}_consent").text)


def test_a_client_without_consent_is_asked_for_it_from_the_row(
    visit: Visit, stored: Session, there: Scene, draft: Campaign
) -> None:
    person = visit("operator")
    assert "/ask-consent/" in rows(person, draft)
    wanted = there.by_sms if draft.channel == Channel.SMS else there.by_mail
    path = f"ask-consent/{draft.id}/{there.client.id}"
    answer = ask(person, path, definition=wanted.id)
    assert answer.status_code == 200 and answer.json and "Request sent on" in answer.json["asked"]
    [request] = stored.scalars(sa.select(ConsentRequest))
    assert (request.definition_id, request.requested_by_id is not None) == (wanted.id, True)
    assert stored.scalars(sa.select(Message)).one().channel == Channel.EMAIL
    shown = rows(person, draft)
    assert "Request sent on" in shown and "/ask-consent/" not in shown
    assert ask(person, path, definition=wanted.id).status_code == 409


def test_who_did_not_agree_to_data_processing_is_not_offered(
    visit: Visit, stored: Session, there: Scene, draft: Campaign
) -> None:
    make.grant(stored, there.client, there.processing, action=make.ConsentAction.WITHDRAWN)
    stored.commit()
    assert "/ask-consent/" not in rows(visit("operator"), draft)


def test_a_consent_of_another_channel_is_not_asked_for(
    visit: Visit, stored: Session, there: Scene, draft: Campaign
) -> None:
    wrong = there.by_mail if draft.channel == Channel.SMS else there.by_sms
    for definition in (wrong.id, there.processing.id, "x", None):
        answer = ask(visit("operator"), f"ask-consent/{draft.id}/{there.client.id}", definition=definition)
        assert answer.status_code == 409
    assert stored.scalar(sa.select(sa.func.count(ConsentRequest.id))) == 0
