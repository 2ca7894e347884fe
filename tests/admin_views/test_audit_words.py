"""The audit is read in words: every action and kind of record that the code writes down has a name."""

import ast
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from admin_views import SCREENS
from admin_views.audit_words import ACTIONS, KINDS
from admin_views.base import RecordView
from models.audit import AuditEntry
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
ROOT = Path(__file__).resolve().parents[2]
WRITERS = ("admin_views", "webhooks", "jobs", "commands", "services", "extensions", "sandbox")


def audit_calls() -> Iterator[ast.Call]:
    for room in WRITERS:
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                called = getattr(node, "func", None)
                name = getattr(called, "attr", getattr(called, "id", ""))
                if isinstance(node, ast.Call) and "audit" in name:
                    yield node


def constants(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def written(keyword: str) -> set[str]:
    """What the calls name by a keyword, or, for the action, by their first text."""
    found: set[str] = set()
    for call in audit_calls():
        given = [one.value for one in call.keywords if one.arg == keyword]
        if not given and keyword == "action":
            given = [one for one in call.args if list(constants(one))][:1]
        found.update(text for value in given for text in constants(value))
    return found - {"", "uncertain_"}


def test_every_action_that_is_written_down_has_a_name() -> None:
    assert written("action") >= {"create", "delete", "set_password"}
    assert written("action") - set(ACTIONS) == set()


def test_every_kind_of_record_that_is_written_down_has_a_name() -> None:
    grids = {
        view.record.__tablename__
        for view in SCREENS
        if issubclass(view, RecordView) and (view.allows_create or view.allows_edit or view.allows_delete)
    }
    assert (written("entity") | grids) - set(KINDS) == set()


def test_the_list_and_its_filters_speak_in_words(visit: Visit, stored: Session) -> None:
    make.make_investment(stored, "Osiedle")
    stored.commit()
    administrator = visit("administrator")
    administrator.post("/admin/investment/delete/", id="1")
    assert stored.scalars(sa.select(AuditEntry.action)).all() == ["delete"]
    for page in (
        administrator.get("/admin/audit/", flt0_action="delete", flt1_entity="investment").text,
        administrator.get("/admin/audit/details/", id="1").text,
        administrator.get("/admin/audit/export/csv/").get_data(as_text=True),
    ):
        assert "Deleted" in unescape(page) and "Investment" in page
    assert "No record meets" in administrator.get("/admin/audit/", flt0_action="create").text


def test_an_action_of_an_older_version_is_shown_as_it_was_written(visit: Visit, stored: Session) -> None:
    entry = {"recorded_at": make.LONG_AGO, "entity": "comet", "entity_id": "1", "detail_digest": "0" * 64}
    stored.add(AuditEntry(**entry, action="dig_up", previous_digest="1" * 64, digest="2" * 64))
    stored.commit()
    page = visit("administrator").get("/admin/audit/").text
    assert "dig_up" in page and "comet" in page
