"""The audience in SQL says the same as the rule book (design: idea 4)."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.contract_types import ContractType
from domain.eligibility import EmailFacts, Grant, Reason, email_reason
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentPurpose
from models.contact_checks import is_valid_email
from models.investment import Investment
from queries.audience import AudienceOfInvestment, pairs, pairs_once
from queries.preflight import failing_pairs, preflight
from tests import factories as make

ADDRESSES = ("a@poczta.example", "b@poczta.example", "c@poczta.example", "brak", "d..e@poczta.example")
DEFINITIONS = (
    {"versions": 3, "minimum_version": 2},
    {"is_active": False},
    {"channel": Channel.SMS},
    {"channel": Channel.EMAIL, "purpose": ConsentPurpose.OTHER},
    {"channel": None, "purpose": ConsentPurpose.DATA_PROCESSING},
)
"""E-mail marketing whose first wording no longer counts; and four that never permit e-mail marketing."""


@dataclass(frozen=True)
class Someone:
    """A client to be made. ``said``: (definition, version, granted)."""

    primary: str | None
    other: str | None
    allow_email: bool
    is_merged: bool
    said: list[tuple[int, int, bool]] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    people: list[Someone]
    blocked: set[str]
    unblocked: set[str]


statements = st.tuples(
    st.integers(0, len(DEFINITIONS) - 1) | st.just(0), st.integers(1, 3), st.booleans() | st.just(True)
)
people = st.builds(
    Someone,
    primary=st.sampled_from(ADDRESSES) | st.none(),
    other=st.none() | st.just("other@poczta.example"),
    allow_email=st.booleans() | st.just(True),
    is_merged=st.sampled_from((False, False, False, True)),
    said=st.lists(statements, max_size=4),
)
worlds = st.builds(
    World,
    people=st.lists(people, min_size=1, max_size=6),
    blocked=st.sets(st.sampled_from(ADDRESSES), max_size=2),
    unblocked=st.sets(st.sampled_from(ADDRESSES), max_size=2),
)
some = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def build(session: Session, world: World) -> tuple[Investment, dict[int, Someone]]:
    """Everybody signs one sale contract of their own."""
    definitions = [make.make_definition(session, **options) for options in DEFINITIONS]
    investment = make.make_investment(session)
    survivor = make.make_person(session)
    made: dict[int, Someone] = {}
    for one in world.people:
        client = make.make_client(session, email=one.primary, allow_email=one.allow_email)
        client.merged_into = survivor if one.is_merged else None
        if one.other:
            make.give_address(session, client, one.other, is_primary=False)
        for place, version, granted in one.said:
            definition = definitions[place]
            action = ConsentAction.GRANTED if granted else ConsentAction.WITHDRAWN
            make.grant(
                session, client, definition, version=min(version, len(definition.wordings)), action=action
            )
        make.make_contract(session, investment, client)
        made[client.id] = one
    for address in world.blocked:
        make.block(session, address)
    for address in world.unblocked:
        make.block(session, address, lifted=True)
    session.flush()
    return investment, made


def expected(world: World, one: Someone, purpose: Purpose) -> Reason | None:
    """What the rule book says of this person."""
    last = {place: (version, granted) for place, version, granted in one.said}
    grants = []
    for place, (version, granted) in last.items():
        options = DEFINITIONS[place]
        channel, minimum = options.get("channel", Channel.EMAIL), options.get("minimum_version", 1)
        versions = options.get("versions", 1)
        assert isinstance(minimum, int)
        assert isinstance(versions, int)
        grants.append(
            Grant(
                channel=channel if isinstance(channel, Channel) else None,
                purpose=str(options.get("purpose", ConsentPurpose.MARKETING)),
                is_active=bool(options.get("is_active", True)),
                minimum_version=minimum,
                wording_version=min(version, versions),
                granted=granted,
            )
        )
    facts = EmailFacts(
        address=one.primary,
        is_valid=one.primary is not None and is_valid_email(one.primary),
        is_suppressed=one.primary in world.blocked,
        allow_email=one.allow_email,
        grants=grants,
    )
    return email_reason(facts, purpose)


def reasons(session: Session, audience: AudienceOfInvestment) -> dict[int, Reason | None]:
    rows = session.execute(pairs(audience)).all()
    found = {row.client_id: Reason(row.reason) if row.reason else None for row in rows}
    assert len(found) == len(rows)
    return found


@some
@given(world=worlds, purpose=st.sampled_from(Purpose))
def test_the_database_gives_the_reason_the_rule_book_gives(
    database: Flask, world: World, purpose: Purpose
) -> None:
    session = db.session()
    try:
        investment, made = build(session, world)
        found = reasons(session, AudienceOfInvestment(investment.id, [ContractType.SALE], purpose))
        assert found == {
            client_id: expected(world, one, purpose) for client_id, one in made.items() if not one.is_merged
        }
    finally:
        session.rollback()


@some
@given(world=worlds)
def test_the_report_counts_what_the_rule_book_finds(database: Flask, world: World) -> None:
    session = db.session()
    try:
        investment, _ = build(session, world)
        here = [one for one in world.people if not one.is_merged]
        verdicts = [(one, expected(world, one, Purpose.MARKETING)) for one in here]
        report = preflight(session, AudienceOfInvestment(investment.id, [ContractType.SALE]))
        assert report.recipients == len({one.primary for one, reason in verdicts if reason is None})
        assert {reason: number for reason, number in report.errors.items() if number} == {
            reason: sum(other == reason for _, other in verdicts) for _, reason in verdicts if reason
        }
        assert report.skipped_clients == sum(reason is not None for _, reason in verdicts)
    finally:
        session.rollback()


def ready(session: Session) -> tuple[Investment, ConsentDefinition]:
    return make.make_investment(session), make.make_definition(session)


def test_errors_count_pairs_and_skipped_counts_clients(database: Flask) -> None:
    session = db.session()
    investment, _ = ready(session)
    client = make.make_client(session)
    for kind in (ContractType.SALE, ContractType.RESERVATION):
        make.make_contract(session, investment, client, type=kind)
    report = preflight(session, AudienceOfInvestment(investment.id, list(ContractType)))
    assert report.errors[Reason.MISSING_EMAIL] == 2
    assert report.skipped_clients == 1


def test_a_client_with_two_contracts_and_a_shared_address_is_one_recipient(database: Flask) -> None:
    session = db.session()
    investment, definition = ready(session)
    couple = [make.make_ready_client(session, definition, "dom@poczta.example") for _ in range(2)]
    make.make_contract(session, investment, *couple)
    make.make_contract(session, investment, couple[0], type=ContractType.RESERVATION)
    report = preflight(session, AudienceOfInvestment(investment.id, list(ContractType)))
    assert report.recipients == 1
    assert report.is_clean


def test_one_mailbox_spelt_in_two_ways_is_one_recipient(database: Flask) -> None:
    session = db.session()
    investment, definition = ready(session)
    for spelling in ("Anna@Poczta.Example", "anna@poczta.example"):
        make.make_contract(session, investment, make.make_ready_client(session, definition, spelling))
    assert preflight(session, AudienceOfInvestment(investment.id, [ContractType.SALE])).recipients == 1


def test_only_the_chosen_types_and_the_chosen_investment_count(database: Flask) -> None:
    session = db.session()
    investment, definition = ready(session)
    elsewhere = make.make_investment(session)
    for place, kind in ((investment, ContractType.SALE), (investment, ContractType.PRELIMINARY)):
        make.make_contract(session, place, make.make_ready_client(session, definition), type=kind)
    make.make_contract(session, elsewhere, make.make_ready_client(session, definition))
    assert preflight(session, AudienceOfInvestment(investment.id, [ContractType.SALE])).recipients == 1


def test_the_drill_down_lists_each_pair_in_the_order_of_reasons(database: Flask) -> None:
    session = db.session()
    investment, definition = ready(session)
    without_consent = make.make_client(session, email="x@poczta.example")
    nowhere = make.make_client(session)
    make.make_contract(session, investment, without_consent, nowhere)
    make.make_contract(session, investment, make.make_ready_client(session, definition))
    audience = AudienceOfInvestment(investment.id, [ContractType.SALE])
    found = [(pair.reason, pair.client_id) for pair in failing_pairs(session, audience)]
    assert found == [
        (Reason.MISSING_EMAIL, nowhere.id),
        (Reason.NO_EMAIL_CONSENT, without_consent.id),
    ]
    only = failing_pairs(session, audience, reason=Reason.NO_EMAIL_CONSENT)
    assert [pair.client_id for pair in only] == [without_consent.id]


def test_the_grant_relied_on_is_the_newest_that_permits(database: Flask) -> None:
    session = db.session()
    investment, definition = ready(session)
    client = make.make_ready_client(session, definition)
    newer = make.grant(session, client, make.make_definition(session))
    make.grant(session, client, make.make_definition(session, channel=Channel.SMS))
    make.make_contract(session, investment, client)
    row = session.execute(pairs(AudienceOfInvestment(investment.id, [ContractType.SALE]))).one()
    assert row.consent_event_id == newer.id


def test_an_ordered_audience_is_not_every_client_times_every_contract(sqlite_app: Flask) -> None:
    session = db.session()
    rows = pairs_once(AudienceOfInvestment(1, list(ContractType)))
    statement = sa.select(rows).order_by(rows.c.client_id)
    compiled = statement.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True})
    plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}").all()
    tables = [row[3].split()[1] for row in plan if row[3].startswith(("SEARCH", "SCAN"))]
    assert tables.index("contract") < tables.index(Client.__tablename__)
