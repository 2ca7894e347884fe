"""A NUL character, which PostgreSQL stores nowhere, is refused by every page and never an error of ours."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from models.client import Client
from tests import factories as make
from tests.admin_views.conftest import Visitor
from tests.admin_views.test_security import address_of

Visit = Callable[[str], Visitor]

REFUSAL = "The text holds a NUL character, which cannot be stored."


def panels_routes(panel: Flask, method: str) -> list[Rule]:
    """Every route that answers the method, but for those of other systems."""
    rules = panel.url_map.iter_rules()
    return [
        rule
        for rule in rules
        if method in (rule.methods or set()) and not rule.endpoint.startswith("webhooks.")
    ]


def test_no_page_of_the_panel_is_asked_with_a_nul(panel: Flask, visit: Visit) -> None:
    person = visit("administrator")
    for rule in panels_routes(panel, "GET"):
        answer = person.browser.get(address_of(panel, rule), query_string={"search": "a\0"})
        assert (answer.status_code, REFUSAL in answer.text) == (400, True), rule


def test_no_form_of_the_panel_is_read_with_a_nul(panel: Flask, visit: Visit) -> None:
    person = visit("administrator")
    for rule in panels_routes(panel, "POST"):
        answer = person.post(address_of(panel, rule), name="A\0B")
        assert (answer.status_code, REFUSAL in answer.text) == (400, True), rule


@pytest.mark.parametrize(
    "arguments",
    [{"search": "\0"}, {"flt0_title": "\0"}, {"query": "a\0b"}, {"a\0": ""}, {"page": "\0"}],
)
def test_a_nul_is_refused_wherever_in_the_address_it_stands(visit: Visit, arguments: dict[str, str]) -> None:
    assert visit("viewer").get("/admin/client/", **arguments).status_code == 400


def test_a_bulk_action_for_a_list_that_was_searched_for_a_nul_is_refused(visit: Visit) -> None:
    answer = visit("operator").post(
        "/admin/client/action/",
        action="message",
        everything="1",
        expected="0",
        url="/admin/client/?search=%00",
    )
    assert (answer.status_code, REFUSAL in answer.text) == (400, True)


def test_a_name_with_a_nul_is_not_saved(visit: Visit, stored: Session) -> None:
    client = make.make_person(stored, last_name="Nowak")
    stored.commit()
    answer = visit("operator").post(f"/admin/client/edit/?id={client.id}", last_name="No\0wak")
    assert answer.status_code == 400
    stored.expire_all()
    assert stored.get_one(Client, client.id).last_name == "Nowak"


def test_a_stranger_with_a_nul_is_asked_to_log_in(panel: Flask) -> None:
    assert Visitor(panel).get("/admin/client/", search="\0").status_code == 302


@pytest.mark.parametrize("path", ["/u/%00", "/u/a%00b", "/sms/%00/report", "/sms/%00/incoming"])
def test_an_address_for_strangers_with_a_nul_is_refused(panel: Flask, path: str) -> None:
    assert Visitor(panel).get(path).status_code == 400
