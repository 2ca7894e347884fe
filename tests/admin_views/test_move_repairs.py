"""Several repairs moved at once from their list, and the note that goes with a move."""

from collections.abc import Callable
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.repairs import RepairState as S
from models.client import Client
from models.repair import Repair, RepairChange
from tests.admin_views.conftest import Visitor
from tests.service_desk import make_repair, make_told_client

Visit = Callable[[str], Visitor]


@pytest.fixture
def client(panel: Flask, stored: Session) -> Client:
    client = make_told_client(stored)
    stored.commit()
    return client


@pytest.fixture
def repair(stored: Session, client: Client) -> Repair:
    repair = make_repair(stored, client)
    stored.commit()
    return repair


def test_several_are_moved_each_by_itself(visit: Visit, stored: Session, client: Client) -> None:
    repairs = [make_repair(stored, client, state) for state in (S.RECEIVED, S.IN_REPAIR, S.CLOSED)]
    stored.commit()
    operator, ids = visit("operator"), [str(each.id) for each in repairs]
    asked = operator.post("/admin/repair/action/", action="move", rowid=ids)
    assert asked.text.count('name="rowid"') == 3
    operator.post("/admin/repair/move-many", rowid=ids, wanted="diagnosis", hold_back="yes")
    assert operator.sentences() == [
        f"2 repairs changed, 1 refused: {repairs[2].number} – "
        "A repair cannot go from “Repair closed” to “Diagnosis”."
    ]
    stored.expire_all()
    assert [each.state for each in repairs] == [S.DIAGNOSIS, S.DIAGNOSIS, S.CLOSED]


def test_nothing_selected_moves_nothing(visit: Visit) -> None:
    operator = visit("operator")
    operator.post("/admin/repair/move-many", wanted="diagnosis")
    assert operator.sentences() == ["Nothing is selected. Tick at least one row."]


def test_moving_many_asks_for_a_state_and_supposes_none(
    visit: Visit, stored: Session, repair: Repair
) -> None:
    operator = visit("operator")
    asked = operator.post("/admin/repair/action/", action="move", rowid=[str(repair.id)]).text
    assert '<option value="" selected>Choose a state</option>' in asked and asked.count(" selected>") == 1
    page = operator.post("/admin/repair/move-many", rowid=[str(repair.id)], wanted="", note="matryca")
    text = unescape(page.text)
    assert page.status_code == 409 and "Choose the state that the repairs are to go to." in text
    assert 'value="matryca"' in text and f'name="rowid" value="{repair.id}"' in text
    stored.refresh(repair)
    assert repair.state is S.RECEIVED


def test_a_note_that_is_too_long_is_refused_and_not_cut(
    visit: Visit, stored: Session, repair: Repair
) -> None:
    operator, note = visit("operator"), "ą" * 501
    sentence = "The note has 501 characters and may have at most 500. Shorten it."
    operator.post(f"/admin/repair/move/{repair.id}", wanted="diagnosis", note=note)
    assert operator.sentences() == [sentence]
    page = operator.post("/admin/repair/move-many", rowid=[str(repair.id)], wanted="diagnosis", note=note)
    text = unescape(page.text)
    assert page.status_code == 409 and sentence in text and note in text
    assert '<option value="diagnosis" selected>' in text
    stored.refresh(repair)
    assert repair.state is S.RECEIVED
    operator.post(f"/admin/repair/move/{repair.id}", wanted="diagnosis", note=f" {note[1:]} ")
    assert stored.scalars(sa.select(RepairChange.note)).all()[-1] == note[1:]
