"""The audience of an SMS in SQL says the same as the rule book (design: idea 4)."""

from dataclasses import dataclass

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.contract_types import ContractType
from domain.eligibility import Grant, Reason, SmsFacts, sms_reason
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition
from models.investment import Investment
from models.suppression import Suppression, SuppressionReason
from queries.audience import AudienceOfInvestment, pairs
from queries.preflight import preflight
from tests import factories as make

MOBILES = ("600 100 200", "+48 601 100 200", "48602100200")
OTHERS = ("22 555 66 77", "+49 170 1234567", "12", "brak")
E164 = {"600 100 200": "+48600100200", "+48 601 100 200": "+48601100200", "48602100200": "+48602100200"}


@dataclass(frozen=True)
class Someone:
    """A client to be made; ``said``: what they answered about SMS, and then about e-mail."""

    primary: str | None
    other: str | None
    allow_sms: bool
    by_sms: bool | None
    by_email: bool | None


people = st.builds(
    Someone,
    primary=st.sampled_from(MOBILES + OTHERS) | st.none(),
    other=st.none() | st.just("603 100 200"),
    allow_sms=st.booleans() | st.just(True),
    by_sms=st.none() | st.booleans() | st.just(True),
    by_email=st.none() | st.just(True),
)
some = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def build(
    session: Session, everybody: list[Someone], blocked: set[str]
) -> tuple[Investment, dict[int, Someone]]:
    """Everybody signs one sale contract of their own."""
    by_sms = make.make_definition(session, channel=Channel.SMS)
    by_email = make.make_definition(session)
    investment = make.make_investment(session)
    made: dict[int, Someone] = {}
    for one in everybody:
        client = make.make_client(session, allow_sms=one.allow_sms)
        if one.primary:
            make.give_phone(session, client, one.primary)
        if one.other:
            make.give_phone(session, client, one.other, is_primary=False)
        say(session, client, by_sms, one.by_sms)
        say(session, client, by_email, one.by_email)
        make.make_contract(session, investment, client)
        made[client.id] = one
    for number in sorted(blocked):
        session.add(
            Suppression(
                channel=Channel.SMS,
                address_digest=make.digest_of(session, E164[number]),
                reason=SuppressionReason.MANUAL,
                source="test",
                created_at=make.LONG_AGO,
            )
        )
    session.flush()
    return investment, made


def say(session: Session, client: Client, definition: ConsentDefinition, granted: bool | None) -> None:
    if granted is not None:
        action = ConsentAction.GRANTED if granted else ConsentAction.WITHDRAWN
        make.grant(session, client, definition, action=action)


def expected(one: Someone, blocked: set[str], purpose: Purpose) -> Reason | None:
    """What the rule book says of this person."""
    grants = [
        Grant(channel, "marketing", is_active=True, minimum_version=1, wording_version=1, granted=bool(said))
        for channel, said in ((Channel.SMS, one.by_sms), (Channel.EMAIL, one.by_email))
        if said is not None
    ]
    facts = SmsFacts(
        number=one.primary,
        is_polish_mobile=one.primary in MOBILES,
        is_suppressed=one.primary in blocked,
        allow_sms=one.allow_sms,
        grants=grants,
    )
    return sms_reason(facts, purpose)


@some
@given(
    everybody=st.lists(people, min_size=1, max_size=6),
    blocked=st.sets(st.sampled_from(MOBILES), max_size=2),
    purpose=st.sampled_from(Purpose),
)
def test_the_database_gives_the_reason_the_rule_book_gives(
    database: Flask, everybody: list[Someone], blocked: set[str], purpose: Purpose
) -> None:
    session = db.session()
    try:
        investment, made = build(session, everybody, blocked)
        audience = AudienceOfInvestment(investment.id, [ContractType.SALE], purpose, channel=Channel.SMS)
        found = {
            row.client_id: Reason(row.reason) if row.reason else None
            for row in session.execute(pairs(audience))
        }
        verdicts = {client_id: expected(one, blocked, purpose) for client_id, one in made.items()}
        assert found == verdicts
        ready = {
            E164[one.primary] for client_id, one in made.items() if one.primary and not verdicts[client_id]
        }
        assert preflight(session, audience).recipients == len(ready)
    finally:
        session.rollback()


def test_a_text_goes_to_the_number_as_the_network_writes_it(database: Flask) -> None:
    session = db.session()
    investment, _ = build(session, [Someone("600 100 200", None, True, True, None)], set())
    row = session.execute(
        pairs(AudienceOfInvestment(investment.id, [ContractType.SALE], channel=Channel.SMS))
    ).one()
    assert (row.address, row.normalised) == ("+48600100200", "+48600100200")
