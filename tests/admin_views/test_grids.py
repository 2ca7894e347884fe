"""What every grid does: filters that are never dropped, safe exports, sentences instead of SQL."""

import csv
import io
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce
from models.client import Client, Membership
from models.investment import Contract, Investment
from models.message_template import MessageTemplate
from models.user import User
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
GRIDS = (
    "client", "membership", "investment", "contract", "message", "message_template", "consent",
    "consent_definition", "bounce", "suppression", "mail_account", "user", "audit", "campaign",
)  # fmt: skip
NO_SUCH_FILTER = (
    "The list does not understand one of its filters, so nothing was done. Set the filters again."
)


def count(stored: Session, model: type[Client | Investment | Contract]) -> int:
    return stored.scalar(sa.select(sa.func.count(model.id))) or 0


@pytest.mark.parametrize("grid", GRIDS)
def test_a_grid_opens_empty_and_full_and_exports(visit: Visit, stored: Session, grid: str) -> None:
    administrator = visit("administrator")
    assert administrator.get(f"/admin/{grid}/").status_code == 200
    assert administrator.get(f"/admin/{grid}/export/csv/").status_code == 200


def one_of_each(stored: Session) -> dict[str, int]:
    """A record for every card of the panel, by the name of its grid."""
    definition = make.make_definition(stored)
    client, company = make.make_person(stored, email="anna@poczta.example"), make.make_company(stored)
    contract = make.make_contract(stored, make.make_investment(stored), client)
    event = make.grant(stored, client, definition)
    message = make.make_message(stored, client=client, subject="Dzień dobry", consent_event_id=event.id)
    block = make.block(stored, "anna@poczta.example")
    rows: dict[str, Any] = {
        "client": client, "investment": contract.investment, "contract": contract, "message": message,
        "consent": event, "consent_definition": definition, "suppression": block,
        "membership": Membership(company_id=company.id, person_id=client.id),
        "message_template": MessageTemplate(name="Szablon", subject="Temat", body="<p>Treść</p>"),
        "bounce": Bounce(kind=BounceKind.SMTP, verdict=BounceVerdict.BLOCK, message_id=message.id),
        "mail_account": make.default_account(stored),
        "user": stored.scalars(sa.select(User)).first(),
    }  # fmt: skip
    stored.add_all(rows.values())
    stored.commit()
    return {name: row.id for name, row in rows.items()}


def test_every_kind_of_record_has_a_card_and_a_row(visit: Visit, stored: Session) -> None:
    identifiers = one_of_each(stored)
    administrator = visit("administrator")
    for name, identifier in identifiers.items():
        for path in (f"/admin/{name}/", f"/admin/{name}/export/csv/"):
            assert administrator.get(path).status_code == 200, path
        card = administrator.get(f"/admin/{name}/details/", id=str(identifier))
        assert card.status_code == 200 and '<dl class="facts">' in card.text, name


@pytest.mark.parametrize(
    "query",
    [
        "flt0_nothing=1",
        "flt0_kind=robot",
        "flt0_added_since=yesterday",
        "fltkind=person",
        "flt0_city=",
    ],
)
@pytest.mark.parametrize("page", ["", "export/csv/"])
def test_a_filter_that_is_not_understood_is_refused_not_dropped(visit: Visit, query: str, page: str) -> None:
    viewer = visit("viewer")
    answer = viewer.get(f"/admin/client/{page}?{query}")
    assert answer.status_code == 302 and answer.headers["Location"] == "/admin/client/"
    assert viewer.sentences() == [NO_SUCH_FILTER]


def names_in(page: str) -> list[str]:
    cells = re.findall(r'<td class="col-name"[^>]*><a[^>]*>(.*?)</a>', page)
    return [unescape(cell) for cell in cells]


def test_filters_and_search_narrow_the_list_together(visit: Visit, stored: Session) -> None:
    make.make_person(stored, "Łucja", "Żółć", city="Łódź")
    make.make_person(stored, "Łucja", "Nowak", city="Kraków")
    make.make_company(stored, "Łódzkie Domy", city="Łódź")
    stored.commit()
    viewer = visit("viewer")
    assert names_in(viewer.get("/admin/client/?search=lodz").text) == ["Łódzkie Domy", "Łucja Żółć"]
    both = viewer.get("/admin/client/?search=lodz&flt0_kind=person").text
    assert names_in(both) == ["Łucja Żółć"]


def test_a_filter_on_a_related_record_counts_each_row_once(visit: Visit, stored: Session) -> None:
    client = make.make_person(stored)
    for address in ("a@poczta.example", "b@poczta.example"):
        make.give_address(stored, client, address, is_primary=address.startswith("a"))
    stored.commit()
    page = visit("viewer").get("/admin/client/?flt0_email=poczta").text
    assert re.search(r'<span class="count">1</span>', page)


def test_a_cell_that_a_spreadsheet_would_run_is_exported_as_text(visit: Visit, stored: Session) -> None:
    for name in ("=cmd|' /C calc'!A0", "+48", "-1+1", "@SUM(A1)", "Zwykła"):
        make.make_company(stored, name)
    stored.commit()
    answer = visit("viewer").get("/admin/client/export/csv/")
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row[0] for row in rows[1:]} == {"'=cmd|' /C calc'!A0", "'+48", "'-1+1", "'@SUM(A1)", "Zwykła"}


def test_an_export_holds_what_the_filters_leave(visit: Visit, stored: Session) -> None:
    make.make_person(stored)
    make.make_company(stored)
    stored.commit()
    text = visit("viewer").get("/admin/client/export/csv/?flt0_kind=company").data.decode("utf-8-sig")
    assert [row[0] for row in csv.reader(io.StringIO(text))][1:] == ["Arkada Sp. z o.o."]


def test_a_duplicate_is_refused_with_a_sentence_and_no_sql(visit: Visit, stored: Session) -> None:
    investment = make.make_investment(stored)
    number = make.make_contract(stored, investment).number
    stored.commit()
    operator = visit("operator")
    page = operator.post(
        "/admin/contract/new/", investment=str(investment.id), type="sale", number=number, unit="B"
    ).text
    assert "This investment has a contract of that type and number already." in page
    assert not re.search(r"INSERT|UNIQUE|sqlite3|IntegrityError", page)
    assert count(stored, Contract) == 1


def test_a_record_others_depend_on_is_kept_with_a_sentence(visit: Visit, stored: Session) -> None:
    investment = make.make_investment(stored)
    make.make_contract(stored, investment, make.make_person(stored))
    stored.commit()
    operator = visit("operator")
    operator.post("/admin/investment/delete/", id=str(investment.id))
    assert operator.sentences() == ["Other records depend on this one, so it cannot be removed."]
    assert count(stored, Investment) == 1


def test_editing_inside_the_list_is_not_offered(visit: Visit) -> None:
    answer = visit("administrator").post("/admin/investment/ajax/update/", list_form_pk="1", name="x")
    assert answer.status_code == 404


@pytest.mark.parametrize("identifier", ["0", "-1", "x", "1 OR 1=1", "999999999999999999"])
def test_a_record_that_is_not_there_is_a_sentence(visit: Visit, identifier: str) -> None:
    viewer = visit("viewer")
    assert viewer.get("/admin/client/details/", id=identifier).status_code == 302
    assert viewer.sentences() == ["Record does not exist."]


def test_a_merged_client_is_seen_nowhere(visit: Visit, stored: Session) -> None:
    kept = make.make_person(stored, "Anna", "Nowak")
    gone = make.make_person(stored, "Anna", "Nowak-Stara", merged_into_id=kept.id)
    stored.commit()
    operator = visit("operator")
    assert names_in(operator.get("/admin/client/").text) == ["Anna Nowak"]
    for page in ("details", "edit"):
        assert operator.get(f"/admin/client/{page}/", id=str(gone.id)).status_code == 302
    assert "Stara" not in operator.get("/admin/client/ajax/lookup/?name=clients&query=nowak").text


def test_a_name_is_never_taken_for_markup(visit: Visit, stored: Session) -> None:
    attack = "<img src=x onerror=alert(1)>"
    client = make.make_person(stored, attack, '"><script>alert(2)</script>', city=attack, notes=attack)
    make.make_contract(stored, make.make_investment(stored, attack), client)
    stored.commit()
    administrator = visit("administrator")
    paths = [
        "/admin/client/",
        f"/admin/client/details/?id={client.id}",
        f"/admin/client/edit/?id={client.id}",
    ]
    paths += ["/admin/contract/", "/admin/contract/details/?id=1", "/admin/contract/edit/?id=1"]
    paths += ["/admin/investment/", "/admin/investment/details/?id=1", "/admin/audit/"]
    for path in paths:
        page = administrator.get(path).text
        assert "<img src=x" not in page and "<script>alert" not in page, path
