"""The log of notifications, and the settings of the service desk."""

from collections.abc import Callable
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.repairs import RepairState
from models.client import Client
from models.repair import Repair
from models.setting import Setting
from services.decide_offer import AFTER_NO, AFTER_YES
from tests.admin_views.conftest import ROLES, Visitor
from tests.service_desk import ADDRESS, make_repair, make_told_client

Visit = Callable[[str], Visitor]
LOG = "/admin/notification/"


@pytest.fixture
def moved(visit: Visit, panel: Flask, stored: Session) -> Repair:
    """Told of by mail; by text the rule says never."""
    client = make_told_client(stored)
    repair = make_repair(stored, client, RepairState.DIAGNOSIS)
    stored.commit()
    visit("operator").post(f"/admin/repair/move/{repair.id}", wanted="awaiting_parts")
    return repair


def rows(visit: Visit, **filters: str) -> int:
    page = visit("viewer").get(LOG, **filters)
    assert page.status_code == 200
    return page.text.count('class="col-when"') - page.text.count('<th scope="col" class="col-when"')


@pytest.mark.parametrize("role", ROLES)
def test_everybody_reads_the_log_and_nobody_writes_it(visit: Visit, moved: Repair, role: str) -> None:
    person = visit(role)
    page = unescape(person.get(LOG).text.replace("<wbr>", ""))
    assert "Waiting for parts" in page and ADDRESS in page and "The rule says never" in page
    assert f"/admin/repair/details/?id={moved.id}" in page
    assert person.get(f"{LOG}details/?id=1").status_code == 200
    assert person.get(f"{LOG}new/").status_code in (302, 403)


def test_the_log_is_filtered_by_everything_it_shows(visit: Visit, stored: Session, moved: Repair) -> None:
    client = stored.get_one(Client, moved.client_id)
    for filters, expected in (
        ({}, 2),
        ({"flt0_event": "awaiting_parts"}, 2),
        ({"flt0_event": "ticket_done"}, 0),
        ({"flt0_channel": "sms"}, 1),
        ({"flt0_result": "handed_over"}, 1),
        ({"flt0_result": "rule_never", "flt1_channel": "sms"}, 1),
        ({"flt0_result": "held_back"}, 0),
        ({"flt0_client": str(client.id)}, 2),
        ({"flt0_client_name": "nowak"}, 2),
        ({"flt0_client_name": "kowal"}, 0),
        ({"flt0_when_since": "2020-01-01", "flt1_when_until": "2199-01-01"}, 2),
        ({"flt0_when_until": "2020-01-01"}, 0),
    ):
        assert rows(visit, **filters) == expected, filters


def test_the_export_says_it_in_words(visit: Visit, moved: Repair) -> None:
    text = visit("accountant").get(f"{LOG}export/csv/").get_data(as_text=True)
    assert "Waiting for parts" in text and moved.number in text and "Anna Nowak" in text
    assert f"Handed over for sending: {ADDRESS} (Queued)" in text and "The rule says never" in text


def test_where_a_decided_repair_goes_is_for_administrators_to_say(visit: Visit, stored: Session) -> None:
    path = "/admin/desk_settings/"
    assert visit("operator").get(path).status_code == 403
    administrator = visit("administrator")
    assert '<option selected value="in_repair">' in administrator.get(path).text
    assert administrator.post(path, after_yes="awaiting_parts", after_no="closed").status_code == 302
    kept = {each.key: each.value for each in stored.scalars(sa.select(Setting))}
    assert (kept[AFTER_YES], kept[AFTER_NO]) == ("awaiting_parts", "closed")
    assert administrator.post(path, after_yes="received", after_no="closed").status_code == 409
