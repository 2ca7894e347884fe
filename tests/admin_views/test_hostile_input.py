"""What no browser sends: a refusal, never an error of ours."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from tests import factories as make
from tests.admin_views.conftest import Visitor

MONSTER = "9" * 5000


@pytest.mark.parametrize(
    "path",
    [
        f"/admin/campaign/compose/{MONSTER}",
        f"/admin/campaign/progress/{2**63}",
        f"/admin/client/details/?id={MONSTER}",
        f"/admin/campaign/details/?id={2**63}",
        f"/admin/client/edit/?id={2**63}",
    ],
)
def test_a_monstrous_number_names_no_page(visit: Callable[..., Visitor], path: str) -> None:
    assert visit("administrator").get(path).status_code in {302, 404}


@pytest.mark.parametrize("page", [2**63, 10**30, -5, 10**9])
@pytest.mark.parametrize("grid", ["client", "consent", "audit", "invoice"])
def test_a_page_beyond_the_last_one_is_empty(visit: Callable[..., Visitor], grid: str, page: int) -> None:
    assert visit("administrator").get(f"/admin/{grid}/?page={page}").status_code == 200


@pytest.mark.parametrize("page", ["1", "9" * 18, "9" * 19, str(2**63), "-1"])
def test_a_page_of_recipients_beyond_the_last_one_is_the_last_one(
    visit: Callable[..., Visitor], stored: Session, page: str
) -> None:
    campaign = make.make_campaign(stored, make.make_investment(stored))
    client = make.make_person(stored, last_name="Nowak")
    make.make_recipient(
        stored, campaign, client, None, address="nowak@poczta.example", reason="missing_email"
    )
    stored.commit()
    answer = visit("viewer").get(f"/admin/campaign/recipients/{campaign.id}", page=page)
    assert answer.status_code == 200 and "nowak@poczta.example" in answer.text


@pytest.mark.parametrize("definition", ["9" * 30, "9" * 5000, str(2**63), "x", ""])
def test_a_consent_of_a_monstrous_number_is_not_found(
    visit: Callable[..., Visitor], stored: Session, definition: str
) -> None:
    client = make.make_person(stored)
    stored.commit()
    answer = visit("operator").post(f"/admin/client/consent/?id={client.id}", definition=definition)
    assert answer.status_code == 404


@pytest.mark.parametrize("argument", [f"flt0_investment={10**30}", "flt0_approved_since=0001-01-01"])
def test_a_filter_beyond_all_bounds_is_not_understood(visit: Callable[..., Visitor], argument: str) -> None:
    answer = visit("administrator").get(f"/admin/campaign/?{argument}")
    assert answer.status_code in {302, 409}


@pytest.mark.parametrize(
    "given",
    [
        '{"subject": "a\\ud800b"}',
        '{"version": "garbage"}',
        '{"version": "0001-01-01T00:00:00+23:00"}',
        "[" * 20000,
        '{"a":' * 20000,
        "null",
    ],
)
def test_a_save_that_no_browser_sends_is_a_bad_request(
    visit: Callable[..., Visitor], stored: Session, given: str
) -> None:
    draft = make.make_draft(stored, make.make_investment(stored))
    stored.commit()
    visitor = visit("administrator")
    answer = visitor.browser.post(
        f"/admin/campaign/save/{draft.id}",
        data=given,
        content_type="application/json",
        headers={"X-CSRFToken": visitor.token()},
    )
    assert answer.status_code == 400
