"""Consents: the record is never changed, and the state is always what the record says."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.consent import Said, deciding
from models import db
from models.consent import ConsentAction, ConsentDefinition, ConsentEvent, ConsentMethod, ConsentState
from services.publish_wording import WordingIsEmpty, publish_wording
from services.record_consent import ConsentFromTheFuture, ConsentHasNoWording, record_consent
from tests import factories as make

GRANTED, WITHDRAWN = ConsentAction.GRANTED, ConsentAction.WITHDRAWN


def record(
    client_id: int, definition: ConsentDefinition, action: ConsentAction, now: datetime, **more: object
) -> ConsentEvent:
    details: dict[str, object] = {"method": ConsentMethod.PAPER, "source": "form", "actor_id": None} | more
    return record_consent(
        db.session,
        client_id=client_id,
        definition=definition,
        action=action,
        now=now,
        **details,  # type: ignore[arg-type]
    )


def replayed(client_id: int, definition_id: int) -> tuple[bool, int, int] | None:
    events = db.session.scalars(
        sa.select(ConsentEvent).where(
            ConsentEvent.client_id == client_id, ConsentEvent.definition_id == definition_id
        )
    )
    last = deciding(
        Said(event.action == GRANTED, event.wording.version, event.occurred_at, event.id) for event in events
    )
    return (last.granted, last.wording_version, last.recorded) if last else None


steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from([GRANTED, WITHDRAWN]), st.integers(0, 1), st.integers(0, 1), st.integers(0, 5)
        ),
        st.just("new wording"),
    ),
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_the_stored_state_is_what_replaying_the_events_gives(
    sqlite_app: Flask, now: datetime, history: list[object]
) -> None:
    clients = [make.make_person(db.session) for _ in range(2)]
    definitions = [make.make_definition(db.session) for _ in range(2)]
    for minute, step in enumerate(history):
        moment = now + timedelta(minutes=minute)
        if isinstance(step, tuple):
            action, client, definition, days_ago = step
            said = moment - timedelta(days=days_ago)
            record(clients[client].id, definitions[definition], action, moment, occurred_at=said)
        else:
            publish_wording(
                db.session,
                definition=definitions[0],
                text=f"wording of minute {minute}",
                invalidates_previous=False,
                actor_id=None,
                now=moment,
            )
    for client_row in clients:
        for definition_row in definitions:
            state = db.session.get(ConsentState, (client_row.id, definition_row.id))
            stored = (state.granted, state.wording_version, state.event_id) if state else None
            assert stored == replayed(client_row.id, definition_row.id)
    db.session.rollback()


def test_what_is_personal_stands_beside_the_event(database: Flask, now: datetime) -> None:
    client, definition = make.make_person(db.session), make.make_definition(db.session)
    event = record(client.id, definition, GRANTED, now, ip="10.0.0.1", user_agent="Firefox")
    assert event.evidence and (event.evidence.ip_address, event.evidence.user_agent) == (
        "10.0.0.1",
        "Firefox",
    )
    assert record(client.id, definition, GRANTED, now).evidence is None


def test_an_event_cannot_be_changed_afterwards(database: Flask, now: datetime) -> None:
    event = record(make.make_person(db.session).id, make.make_definition(db.session), GRANTED, now)
    db.session.commit()
    event.action = WITHDRAWN
    with pytest.raises(sa.exc.DBAPIError, match="append-only"):
        db.session.flush()
    db.session.rollback()


def test_nobody_consents_tomorrow_nor_to_nothing(sqlite_app: Flask, now: datetime) -> None:
    client, definition = make.make_person(db.session), make.make_definition(db.session)
    with pytest.raises(ConsentFromTheFuture):
        record(client.id, definition, GRANTED, now, occurred_at=now + timedelta(days=1))
    with pytest.raises(ConsentHasNoWording):
        record(client.id, make.make_definition(db.session, versions=0), GRANTED, now)


def publish(definition: ConsentDefinition, text: str, now: datetime, *, invalidates: bool = False) -> object:
    return publish_wording(
        db.session, definition=definition, text=text, invalidates_previous=invalidates, actor_id=None, now=now
    )


def test_a_wording_that_means_something_else_ends_the_older_grants(database: Flask, now: datetime) -> None:
    definition = make.make_definition(db.session)
    publish(definition, "the same in other words", now)
    assert (definition.current_wording.version, definition.minimum_version) == (2, 1)
    publish(definition, "something else", now, invalidates=True)
    assert (definition.current_wording.version, definition.minimum_version) == (3, 3)


def test_the_same_text_is_no_new_version_and_none_is_no_text(sqlite_app: Flask, now: datetime) -> None:
    definition = make.make_definition(db.session)
    assert publish(definition, " wording 1 ", now) is None
    with pytest.raises(WordingIsEmpty):
        publish(definition, "  ", now)
