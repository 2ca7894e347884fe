"""An address corrected where its error was found, and what that changes in the report."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.contract_types import ContractType
from domain.eligibility import Reason
from models import db
from models.audit import AuditEntry
from models.client import Client, EmailAddress
from models.consent import ConsentAction, ConsentDefinition, ConsentEvent, ConsentMethod, ConsentState
from queries.audience import AudienceOfInvestment
from queries.preflight import preflight
from queries.preflight_recheck import standing_of
from services.correct_contact import NoSuchClient
from services.fix_email_address import AddressNotValid, fix_email_address
from services.grant_consent import (
    ConsentNotOffered,
    SourceMissing,
    grant_marketing_consent,
    marketing_consents,
)
from tests import factories as make


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


def addresses(session: Session, client: Client) -> list[tuple[str, bool]]:
    session.expire_all()
    rows = session.execute(
        sa.select(EmailAddress.address, EmailAddress.is_primary)
        .where(EmailAddress.client_id == client.id)
        .order_by(EmailAddress.address)
    )
    return list(rows)


def audited(session: Session) -> list[tuple[str, dict[str, object]]]:
    entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))
    return [(entry.action, entry.detail.values if entry.detail else {}) for entry in entries]


def test_a_client_without_an_address_gets_a_primary_one(session: Session, now: datetime) -> None:
    client = make.make_person(session)
    fix_email_address(session, client.id, "  Anna@Poczta.example ", actor_id=None, now=now)
    assert addresses(session, client) == [("Anna@Poczta.example", True)]
    assert audited(session) == [
        ("fix_address", {"changes": {"primary_email": [None, "Anna@Poczta.example"]}})
    ]


def test_a_wrong_primary_address_is_corrected_in_its_place(session: Session, now: datetime) -> None:
    client = make.make_client(session, email="anna@@poczta")
    make.give_address(session, client, "praca@poczta.example", is_primary=False)
    row = fix_email_address(session, client.id, "anna@poczta.example", actor_id=None, now=now)
    assert row.is_valid
    assert addresses(session, client) == [("anna@poczta.example", True), ("praca@poczta.example", False)]


def test_an_address_the_client_has_already_becomes_the_primary_one(session: Session, now: datetime) -> None:
    client = make.make_client(session, email="anna@@poczta")
    make.give_address(session, client, "praca@poczta.example", is_primary=False)
    fix_email_address(session, client.id, "praca@poczta.example", actor_id=None, now=now)
    assert addresses(session, client) == [("anna@@poczta", False), ("praca@poczta.example", True)]


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "anna@poczta", "a b@poczta.example", "ż@poczta.example"]
)
def test_an_address_that_is_none_changes_nothing(session: Session, now: datetime, address: str) -> None:
    client = make.make_client(session, email="stary@poczta.example")
    session.commit()
    with pytest.raises(AddressNotValid):
        fix_email_address(session, client.id, address, actor_id=None, now=now)
    assert addresses(session, client) == [("stary@poczta.example", True)]
    assert audited(session) == []


def test_a_client_merged_into_another_is_not_corrected(session: Session, now: datetime) -> None:
    gone = make.make_person(session, merged_into=make.make_person(session))
    with pytest.raises(NoSuchClient):
        fix_email_address(session, gone.id, "anna@poczta.example", actor_id=None, now=now)


def test_the_address_saved_again_as_it_is_leaves_no_entry(session: Session, now: datetime) -> None:
    client = make.make_client(session, email="anna@poczta.example")
    fix_email_address(session, client.id, "anna@poczta.example", actor_id=None, now=now)
    assert audited(session) == []


# --- a consent recorded ---


def test_a_consent_is_recorded_with_its_source_and_audited(session: Session, now: datetime) -> None:
    definition = make.make_definition(session)
    client = make.make_client(session, email="anna@poczta.example")
    grant_marketing_consent(
        session,
        client.id,
        channel=Channel.EMAIL,
        definition_id=definition.id,
        method=ConsentMethod.PAPER,
        source=" segregator 7 ",
        actor_id=None,
        now=now,
    )
    event = session.scalars(sa.select(ConsentEvent)).one()
    assert (event.method, event.source, event.wording.version) == (ConsentMethod.PAPER, "segregator 7", 1)
    assert [action for action, _values in audited(session)] == ["grant_consent"]


def test_a_consent_without_a_source_or_of_another_kind_is_refused(session: Session, now: datetime) -> None:
    offered, switched_off = make.make_definition(session), make.make_definition(session, is_active=False)
    client = make.make_client(session)
    assert marketing_consents(session, Channel.EMAIL) == [offered]
    given = {"channel": Channel.EMAIL, "method": ConsentMethod.FORM, "actor_id": None, "now": now}
    with pytest.raises(SourceMissing):
        grant_marketing_consent(session, client.id, definition_id=offered.id, source="  ", **given)
    with pytest.raises(ConsentNotOffered):
        grant_marketing_consent(session, client.id, definition_id=switched_off.id, source="x", **given)
    assert session.scalar(sa.select(sa.func.count(ConsentEvent.id))) == 0


def given_again(session: Session, client: Client, definition: ConsentDefinition, now: datetime) -> bool:
    """Grant once more, by another proof; whether anything was recorded."""
    event = grant_marketing_consent(
        session,
        client.id,
        channel=Channel.EMAIL,
        definition_id=definition.id,
        method=ConsentMethod.PHONE,
        source="rozmowa",
        actor_id=None,
        now=now,
    )
    return event is not None


def events(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(ConsentEvent.id))) or 0


def test_a_consent_that_is_valid_already_is_not_recorded_again(session: Session, now: datetime) -> None:
    definition, client = make.make_definition(session), make.make_person(session)
    assert given_again(session, client, definition, now)
    assert not given_again(session, client, definition, now + timedelta(days=1))
    assert events(session) == 1
    assert [action for action, _values in audited(session)] == ["grant_consent"]


def test_yes_to_a_new_wording_and_yes_after_a_no_are_recorded(session: Session, now: datetime) -> None:
    definition, client = make.make_definition(session, versions=2), make.make_person(session)
    make.grant(session, client, definition, version=1)
    assert given_again(session, client, definition, now)
    make.grant(session, client, definition, action=ConsentAction.WITHDRAWN, moment=now)
    session.commit()
    assert given_again(session, client, definition, now + timedelta(days=1))
    assert events(session) == 4
    state = session.get_one(ConsentState, (client.id, definition.id))
    assert (state.granted, state.wording_version) == (True, 2)


def test_of_many_grants_of_one_consent_at_once_one_is_recorded(
    database: Flask, session: Session, now: datetime
) -> None:
    definition, client = make.make_definition(session), make.make_person(session)
    definition_id, client_id = definition.id, client.id
    session.commit()
    together = Barrier(4)

    def grant(_number: int) -> bool:
        with database.app_context():
            mine = db.session()
            ours = mine.get_one(Client, client_id), mine.get_one(ConsentDefinition, definition_id)
            together.wait()
            return given_again(mine, *ours, now)

    with ThreadPoolExecutor(4) as pool:
        recorded = list(pool.map(grant, range(4)))
    assert sorted(recorded) == [False, False, False, True]
    assert (events(session), len(audited(session))) == (1, 1)


# --- what a correction changes in the report ---


def test_one_client_looked_at_again_changes_the_report_as_counting_everybody_would(
    session: Session, now: datetime
) -> None:
    definition = make.make_definition(session)
    investment = make.make_investment(session)
    missing = make.make_client(session)
    make.grant(session, missing, definition)
    silent = make.make_client(session, email="bez.zgody@poczta.example")
    ready = make.make_ready_client(session, definition, "wspolny@poczta.example")
    make.make_contract(session, investment, missing, silent, ready)
    make.make_contract(session, investment, missing)
    session.commit()
    audience = AudienceOfInvestment(investment.id, [ContractType.SALE])
    for client, address in (
        (missing, "nowy@poczta.example"),
        (silent, "inny@poczta.example"),
        (missing, "wspolny@poczta.example"),
    ):
        report, before = preflight(session, audience), standing_of(session, audience, client.id)
        fix_email_address(session, client.id, address, actor_id=None, now=now)
        again, after = preflight(session, audience), standing_of(session, audience, client.id)
        assert again.recipients - report.recipients == after.recipients - before.recipients
        assert again.skipped_clients - report.skipped_clients == after.is_skipped - before.is_skipped
        assert {reason: again.errors[reason] - report.errors[reason] for reason in report.errors} == {
            reason: after.errors[reason] - before.errors[reason] for reason in report.errors
        }
    assert standing_of(session, audience, silent.id).reason == Reason.NO_EMAIL_CONSENT
