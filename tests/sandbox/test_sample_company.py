"""The sample company a demo shows and the tests of the whole rely on."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from stdnum.pl import nip

from commands.seed_demo import seed_demo
from domain.bounces import BounceKind, classify
from domain.channel import Channel
from domain.contract_types import ContractType
from domain.delivery import Status
from domain.eligibility import EMAIL_REASONS, Reason
from domain.names import fold
from domain.stored_mail import kept_bytes
from gateways.bounce_mail import read_message
from gateways.ejs import EjsRuntime
from models import db
from models.bounce import Bounce
from models.campaign import Campaign
from models.client import Client, ClientKind, EmailAddress, Membership, PhoneNumber
from models.consent import ConsentAction, ConsentEvent, ConsentState
from models.contact_checks import email_columns, phone_columns
from models.conversation import Conversation, ConversationState
from models.investment import Contract, ContractParty
from models.message import Message
from models.message_template import MessageTemplate
from models.setting import SUPPRESSION_KEY, secret_of
from queries.audience import AudienceOfInvestment
from queries.audit_chain import first_broken_entry
from queries.preflight import preflight
from queries.two_way import one_way
from sandbox.sample_company import AlreadyInUse
from services.message_content import ContentRenderer, prepare_content
from tests.conftest import build_app, migrated_postgres
from tests.sample_company import MONDAY, PASSWORD, SMALL, USUAL, copy_of_company, opened, write

EVERYTHING = tuple(ContractType)


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Flask]:
    """The application on a copy of the sample company, its context pushed."""
    with opened(copy_of_company(USUAL, tmp_path)) as app:
        yield app


@pytest.fixture(scope="module")
def on_postgres() -> Iterator[str]:
    with migrated_postgres() as url:
        with opened(url):
            write(SMALL)
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def company(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A small one on each database; on PostgreSQL the tests of this file share it."""
    sqlite = request.param == "sqlite"
    with opened(
        copy_of_company(SMALL, tmp_path) if sqlite else request.getfixturevalue("on_postgres")
    ) as app:
        yield app


def errors(investment_id: int, *types: ContractType) -> dict[Reason, int]:
    return preflight(db.session(), AudienceOfInvestment(investment_id, types)).errors


def count(model: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(seed_demo, list(arguments))


@pytest.mark.parametrize("clients", [SMALL, 333, 1200])
def test_the_first_investment_has_ten_missing_addresses_and_seventeen_without_consent(
    tmp_path: Path, clients: int
) -> None:
    with opened(copy_of_company(clients, tmp_path)):
        check_the_first_investment(clients)


def check_the_first_investment(clients: int) -> None:
    assert count(Client) == clients
    assert errors(1, ContractType.SALE, ContractType.RESERVATION) == {
        **dict.fromkeys(EMAIL_REASONS, 0),
        Reason.MISSING_EMAIL: 10,
        Reason.NO_EMAIL_CONSENT: 17,
    }


def test_the_second_investment_has_every_kind_of_error_behind_every_type(company: Flask) -> None:
    for kind in ContractType:
        assert all(errors(2, kind).values()), kind
    assert errors(1, ContractType.SALE, ContractType.RESERVATION)[Reason.NO_EMAIL_CONSENT] == 17


def test_it_is_the_same_company_every_time(sqlite_app: Flask, tmp_path: Path) -> None:
    def snapshot() -> list[Any]:
        columns = (Client.name, Client.nip, Client.city, EmailAddress.address)
        query = sa.select(*columns).outerjoin(EmailAddress, EmailAddress.client_id == Client.id)
        return [tuple(row) for row in db.session.execute(query.order_by(Client.id, EmailAddress.id))]

    write(SMALL)
    first = snapshot()
    with opened(copy_of_company(SMALL, tmp_path)):
        assert snapshot() == first


def test_a_second_seed_is_refused_and_changes_nothing(company: Flask) -> None:
    before = {table.name: count(table) for table in db.metadata.sorted_tables}
    second = run(company, "--clients", str(SMALL))
    assert second.exit_code == 3
    assert second.stdout == ""
    assert len(second.stderr.splitlines()) == 1
    assert "refused" in second.stderr
    assert {table.name: count(table) for table in db.metadata.sorted_tables} == before


def test_a_demo_started_again_keeps_its_company_without_complaint(seeded: Flask) -> None:
    before = count(Client)
    again = run(seeded, "--if-empty")
    assert again.exit_code == 0
    assert again.output == "the database holds data already: it is left as it is\n"
    assert count(Client) == before


def test_a_seed_that_fails_leaves_nothing(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any, **_named: Any) -> None:
        raise AlreadyInUse("stopped at the very end")

    monkeypatch.setattr("sandbox.sample_company.append_audit", fail)
    with pytest.raises(AlreadyInUse):
        write(SMALL)
    assert count(Client) == 0
    assert count(MessageTemplate) == 0


def test_too_few_clients_are_bad_input(sqlite_app: Flask) -> None:
    result = run(sqlite_app, "--clients", "199")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_the_password_is_the_one_given_or_one_that_is_printed(sqlite_app: Flask) -> None:
    result = run(sqlite_app, "--clients", str(SMALL), "--json", "--password", PASSWORD)
    assert json.loads(result.stdout)["password"] == PASSWORD


def test_the_administrator_can_log_in(environment: dict[str, str], tmp_path: Path) -> None:
    app = build_app({**environment, "DATABASE_URL": copy_of_company(SMALL, tmp_path)}, panel=True)
    app.config["WTF_CSRF_ENABLED"] = False
    client: FlaskClient = app.test_client()
    for password, status in (("not-this-one", 200), (PASSWORD, 302)):
        answer = client.post("/admin/login", data={"email": "anna@goniec.example", "password": password})
        assert answer.status_code == status


def test_bulk_rows_hold_what_the_models_would_have_derived(seeded: Flask) -> None:
    key = secret_of(db.session.connection(), SUPPRESSION_KEY)
    for row in db.session.scalars(sa.select(EmailAddress)):
        assert email_columns(row.address, key) == {
            "normalised": row.normalised,
            "address_digest": row.address_digest,
            "is_valid": row.is_valid,
        }
    for number in db.session.scalars(sa.select(PhoneNumber)):
        assert phone_columns(number.number, key) == {
            "normalised": number.normalised,
            "address_digest": number.address_digest,
            "is_valid": number.is_valid,
            "is_polish_mobile": number.is_polish_mobile,
        }
    for client in db.session.scalars(sa.select(Client)):
        called = client.company_name or f"{client.first_name} {client.last_name}"
        assert client.name == called
        assert client.search == fold(f"{called} {client.nip or ''} {client.city}")


def test_no_address_could_leave_this_machine(seeded: Flask) -> None:
    """RFC 2606: nobody can own these."""
    for address in db.session.scalars(sa.select(EmailAddress.normalised).where(EmailAddress.is_valid)):
        domain = address.partition("@")[2]
        assert domain.endswith(".example") or domain in {"example.com", "example.org", "example.net"}


def test_companies_have_a_valid_nip_and_a_default_contact_person(seeded: Flask) -> None:
    companies = db.session.scalars(sa.select(Client).where(Client.kind == ClientKind.COMPANY)).all()
    assert 0.09 < len(companies) / 1200 < 0.15
    assert all(nip.is_valid(company.nip or "") for company in companies)
    assert count(Membership) > len(companies) / 2
    defaults = sa.select(Membership.company_id).where(Membership.is_default)
    assert set(db.session.scalars(defaults)) == set(db.session.scalars(sa.select(Membership.company_id)))


def test_contracts_are_shared_and_clients_have_several(seeded: Flask) -> None:
    parties = sa.select(sa.func.count()).select_from(ContractParty)
    assert max(db.session.scalars(parties.group_by(ContractParty.contract_id))) == 2
    assert max(db.session.scalars(parties.group_by(ContractParty.client_id))) > 2
    assert set(db.session.scalars(sa.select(Contract.type))) == set(ContractType)
    shared = sa.select(EmailAddress.normalised).where(EmailAddress.is_primary)
    assert db.session.scalars(shared.group_by(EmailAddress.normalised).having(sa.func.count() > 1)).all()


def test_consent_states_are_what_the_events_amount_to(seeded: Flask) -> None:
    last: dict[tuple[int, int], ConsentEvent] = {}
    for event in db.session.scalars(sa.select(ConsentEvent).order_by(ConsentEvent.occurred_at)):
        last[event.client_id, event.definition_id] = event
    states = db.session.scalars(sa.select(ConsentState)).all()
    assert len(states) == len(last)
    for state in states:
        event = last[state.client_id, state.definition_id]
        assert state.event_id == event.id
        assert state.granted == (event.action == ConsentAction.GRANTED)
        assert state.wording_version == event.wording.version
        assert event.occurred_at <= MONDAY


def test_the_dashboard_has_something_to_show(seeded: Flask) -> None:
    statuses = set(db.session.scalars(sa.select(Message.status)))
    ours = {Status.SENT, Status.FAILED, Status.SKIPPED, Status.UNCERTAIN}
    assert ours | {Status.RECEIVED} == statuses
    bounces = list(db.session.scalars(sa.select(Bounce)))
    assert {bounce.kind for bounce in bounces} == {BounceKind.SMTP, BounceKind.DSN}
    for bounce in bounces:
        if bounce.raw:  # judged anew, it says the same
            (found,) = classify(read_message(kept_bytes(bounce.raw))).recipients
            assert (found.address, found.verdict) == (bounce.address, bounce.verdict)
    days = {moment.date() for moment in db.session.scalars(sa.select(Message.finished_at)) if moment}
    assert len(days) > 7
    assert min(days) >= (MONDAY - timedelta(days=30)).date()
    assert max(days) <= MONDAY.date()


def test_there_are_answers_of_every_kind(seeded: Flask) -> None:
    """Unread ones, one by e-mail; one that could be about something else, one of nobody, one closed."""
    found = list(db.session.scalars(sa.select(Conversation)))
    assert [one.unread for one in found if one.unread] == [1, 1, 1, 1]
    assert [one.client_id for one in found].count(None) == 1
    assert [one.state for one in found].count(ConversationState.CLOSED) == 1
    heard = sa.select(Message.channel, Message.is_ambiguous).where(Message.status == Status.RECEIVED)
    assert sorted(map(tuple, db.session.execute(heard))) == [
        (Channel.EMAIL, False),
        *[(Channel.SMS, False)] * 3,
        (Channel.SMS, True),
    ]
    assert one_way(db.session()) is None


def test_the_audit_is_whole(seeded: Flask) -> None:
    assert first_broken_entry(db.session) is None


def test_templates_and_campaigns_can_be_rendered(seeded: Flask) -> None:
    runtime: EjsRuntime = seeded.extensions["goniec"].ejs()
    for template in db.session.scalars(sa.select(MessageTemplate)):
        ContentRenderer(prepare_content(template.subject, template.body), runtime)
    for campaign in db.session.scalars(sa.select(Campaign)):
        assert campaign.frozen_content is not None
        assert campaign.status == "finished"


def test_records_made_later_get_ids_of_their_own(company: Flask) -> None:
    client = Client(first_name="Nowa", last_name="Klientka")
    db.session.add(client)
    db.session.flush()
    assert client.id == SMALL + 1
    db.session.rollback()
