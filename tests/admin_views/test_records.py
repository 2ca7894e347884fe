"""What forms and cards do with a record: saved whole or not at all, secrets kept, every change audited."""

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.audit import AuditEntry
from models.client import Client
from models.consent import ConsentAction, ConsentState
from models.investment import Contract, Investment
from models.mail_account import MailAccount
from models.user import User
from queries.audit_chain import first_broken_entry
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


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
        "imap_port": "993",
        "imap_security": "tls",
        "is_default": "y",
    }
    path = f"/admin/mail_account/edit/?id={account.id}"
    secrets = {"new_password": "tajne-hasło", "new_imap_password": "tajne-imap"}
    assert administrator.post(path, **fields, **secrets).status_code == 302
    assert administrator.post(path, **fields, **dict.fromkeys(secrets, "")).status_code == 302
    pages = [administrator.get(f"/admin/mail_account/{page}").text for page in ("", "export/csv/")]
    pages += [administrator.get(path).text, administrator.get(path.replace("edit", "details")).text]
    pages += [administrator.get("/admin/audit/details/", id=str(number)).text for number in (1, 2)]
    assert all("tajne" not in page for page in pages)
    stored.expire_all()
    raw = stored.execute(sa.text("SELECT password, imap_password FROM mail_account")).one()
    assert "tajne" not in "".join(raw)
    kept = stored.get_one(MailAccount, account.id)
    assert (kept.password, kept.imap_password) == ("tajne-hasło", "tajne-imap")


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
