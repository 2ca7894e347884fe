"""What every grid does: filters that are never dropped, safe exports, sentences instead of SQL, an audit."""

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
from models.audit import AuditEntry
from models.bounce import Bounce
from models.client import Client, Membership
from models.consent import ConsentAction, ConsentState
from models.investment import Contract, Investment
from models.mail_account import MailAccount
from models.message_template import MessageTemplate
from models.user import User
from queries.audit_chain import first_broken_entry
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


def person(**values: str) -> dict[str, str]:
    return {
        "kind": "person",
        "first_name": "Jan",
        "last_name": "Żak",
        "country": "PL",
        "allow_email": "y",
    } | values


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
    for name in ("=cmd|' /C calc'!A0", "+48", "-1", "@SUM(A1)", "Zwykła"):
        make.make_company(stored, name)
    stored.commit()
    answer = visit("viewer").get("/admin/client/export/csv/")
    text = answer.data.decode("utf-8")
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {row[0] for row in rows[1:]} == {"'=cmd|' /C calc'!A0", "'+48", "'-1", "'@SUM(A1)", "Zwykła"}


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


def test_a_new_client_is_saved_with_addresses_and_consents_at_once(visit: Visit, stored: Session) -> None:
    definition = make.make_definition(stored)
    stored.commit()
    operator = visit("operator")
    answer = operator.post(
        "/admin/client/new/",
        **person(),
        **{
            "email_addresses-0-address": " jan@poczta.example ",
            "email_addresses-0-is_primary": "y",
            "phone_numbers-0-number": "600 100 200",
            "phone_numbers-0-kind": "mobile",
        },
        consents=[str(definition.id)],
        consent_method="paper",
        consent_source="formularz",
    )
    assert answer.status_code == 302, operator.sentences()
    client = stored.scalars(sa.select(Client)).one()
    assert client.primary_email and client.primary_email.address == "jan@poczta.example"
    state = stored.get_one(ConsentState, (client.id, definition.id))
    assert state.granted and state.event.source == "formularz" and state.event.actor is not None
    assert state.event.evidence is None, "where the clerk sat says nothing of the client"
    assert "record_consent" in set(stored.scalars(sa.select(AuditEntry.action)))


def test_a_consent_without_a_source_leaves_no_client_behind(visit: Visit, stored: Session) -> None:
    definition = make.make_definition(stored)
    stored.commit()
    page = visit("operator").post(
        "/admin/client/new/",
        **person(),
        consents=[str(definition.id)],
        consent_method="paper",
        consent_source="",
    )
    assert "Say where the consent comes from" in page.text
    assert count(stored, Client) == 0


def test_a_client_needs_a_name(visit: Visit, stored: Session) -> None:
    page = visit("operator").post("/admin/client/new/", **person(first_name="", last_name=" ")).text
    assert "Give the client a name: first and last name, or the company" in page
    assert count(stored, Client) == 0


def test_a_line_break_is_not_stored_with_a_name(visit: Visit, stored: Session) -> None:
    visit("operator").post(
        "/admin/client/new/", **person(first_name="Anna\r\nMaria\t", last_name="Nowak\x07")
    )
    assert [(each.first_name, each.name) for each in stored.scalars(sa.select(Client))] == [
        ("Anna Maria", "Anna Maria Nowak")
    ]


def test_a_nip_is_checked_and_stored_as_digits(visit: Visit, stored: Session) -> None:
    operator = visit("operator")
    company = {"kind": "company", "company_name": "Arkada", "country": "PL"}
    assert "not a valid NIP" in operator.post("/admin/client/new/", **company, nip="123-456-78-90").text
    assert operator.post("/admin/client/new/", **company, nip="526-000-12-46").status_code == 302
    assert stored.scalars(sa.select(Client.nip)).all() == ["5260001246"]


def test_the_card_records_what_a_client_says(visit: Visit, stored: Session) -> None:
    definition, client = make.make_definition(stored), make.make_person(stored)
    stored.commit()
    operator = visit("operator")
    path, said = (
        f"/admin/client/consent/?id={client.id}",
        {"definition": str(definition.id), "method": "phone"},
    )
    operator.post(path, **said, action="granted", source="rozmowa")
    assert stored.get_one(ConsentState, (client.id, definition.id)).granted
    operator.post(path, **said, action="withdrawn", source="")
    assert operator.sentences()[-1].startswith("Say where the consent comes from")
    operator.post(path, **said, action="withdrawn", source="rozmowa")
    stored.expire_all()
    state = stored.get_one(ConsentState, (client.id, definition.id))
    assert not state.granted and state.event.action == ConsentAction.WITHDRAWN


def test_a_new_text_of_a_consent_is_a_new_version(visit: Visit, stored: Session) -> None:
    definition = make.make_definition(stored)
    stored.commit()
    answer = visit("administrator").post(
        f"/admin/consent_definition/edit/?id={definition.id}",
        name=definition.name, purpose="marketing", channel="email", is_active="y", position="0",
        text="Nowa treść", invalidates="y",
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    stored.expire_all()
    assert [wording.text for wording in definition.wordings] == ["wording 1", "Nowa treść"]
    assert definition.minimum_version == 2


def test_a_contract_is_signed_by_the_clients_chosen(visit: Visit, stored: Session) -> None:
    investment = make.make_investment(stored)
    first, second, third = (make.make_person(stored, name) for name in ("Ala", "Ola", "Ela"))
    stored.commit()
    operator = visit("operator")
    fields = {"investment": str(investment.id), "type": "sale", "number": "1/2026", "unit": ""}
    operator.post("/admin/contract/new/", **fields, clients=f"{first.id},{second.id}")
    contract = stored.scalars(sa.select(Contract)).one()
    assert {party.client_id for party in contract.parties} == {first.id, second.id}
    operator.post(f"/admin/contract/edit/?id={contract.id}", **fields, clients=f"{second.id},{third.id}")
    stored.expire_all()
    assert {party.client_id for party in contract.parties} == {second.id, third.id}


def test_a_password_of_a_mail_account_goes_in_and_never_out(visit: Visit, stored: Session) -> None:
    account = make.default_account(stored)
    stored.commit()
    administrator = visit("administrator")
    fields = {
        "name": "Biuro",
        "host": "smtp.example",
        "port": "587",
        "security": "starttls",
        "is_default": "y",
    }
    path = f"/admin/mail_account/edit/?id={account.id}"
    assert administrator.post(path, **fields, new_password="tajne-hasło").status_code == 302
    assert administrator.post(path, **fields, new_password="").status_code == 302
    pages = [administrator.get(f"/admin/mail_account/{page}").text for page in ("", "export/csv/")]
    pages += [administrator.get(path).text, administrator.get(path.replace("edit", "details")).text]
    pages += [administrator.get("/admin/audit/details/", id=str(number)).text for number in (1, 2)]
    assert all("tajne" not in page for page in pages)
    stored.expire_all()
    raw = stored.scalar(sa.text("SELECT password FROM mail_account"))
    assert "tajne" not in raw and stored.get_one(MailAccount, account.id).password == "tajne-hasło"


def test_somebody_always_stays_who_can_let_people_in(visit: Visit, stored: Session) -> None:
    user = stored.scalars(sa.select(User).where(User.name == "administrator")).one()
    viewer = next(role.id for role in stored.scalars(sa.select(User)).all()[3].roles)
    administrator = visit("administrator")
    page = administrator.post(
        f"/admin/user/edit/?id={user.id}", email=user.email, name=user.name, roles=[str(viewer)], active="y"
    ).text
    assert "This is the last active administrator" in page


def test_a_new_password_ends_the_sessions_of_its_user(visit: Visit, stored: Session) -> None:
    operator, administrator = visit("operator"), visit("administrator")
    user = stored.scalars(sa.select(User).where(User.name == "operator")).one()
    role = str(user.roles[0].id)
    fields = {"email": user.email, "name": user.name, "roles": [role], "active": "y"}
    path = f"/admin/user/edit/?id={user.id}"
    assert "at least 12 characters" in administrator.post(path, **fields, new_password="short").text
    assert administrator.post(path, **fields, new_password="another long sentence").status_code == 302
    assert operator.get("/admin/").status_code == 302


def test_an_address_is_blocked_by_hand_once(visit: Visit, stored: Session) -> None:
    operator = visit("operator")
    for _attempt in range(2):
        fields = {"address": "Jan@Poczta.example", "channel": "email", "detail": "poprosił"}
        assert operator.post("/admin/suppression/new/", **fields).status_code == 302
    digests = stored.scalars(sa.text("SELECT address_digest FROM suppression")).all()
    assert digests == [make.digest_of(stored, "jan@poczta.example")]


def test_every_change_is_audited_with_old_and_new_values(visit: Visit, stored: Session) -> None:
    operator = visit("operator")
    operator.post("/admin/investment/new/", name="Stara", city="Łódź", is_active="y")
    operator.post("/admin/investment/edit/?id=1", name="Nowa", city="Łódź", is_active="y")
    operator.post("/admin/investment/delete/", id="1")
    entries = list(stored.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))
    assert [(entry.action, entry.entity, entry.entity_id) for entry in entries] == [
        (action, "investment", "1") for action in ("create", "update", "delete")
    ]
    assert all(entry.actor and entry.actor.name == "operator" and entry.detail for entry in entries)
    assert entries[1].detail and entries[1].detail.values["changes"] == {"name": ["Stara", "Nowa"]}
    assert entries[2].detail and entries[2].detail.values["removed"]["name"] == "Nowa"
    assert first_broken_entry(stored) is None


def test_a_refused_change_leaves_no_trace_in_the_audit(visit: Visit, stored: Session) -> None:
    make.make_investment(stored, "Osiedle")
    stored.commit()
    visit("operator").post("/admin/investment/new/", name="Osiedle")
    assert stored.scalar(sa.select(sa.func.count(AuditEntry.id))) == 0
