"""Two people who change one record at once take turns, on both databases: the second starts from the first's.

Each has read the record before, as the page does. One stops wherever it has locked rows of one table more,
and the other goes as far as it can.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from domain.bounces import BounceKind
from domain.channel import Channel
from domain.errors import DomainError
from domain.smtp_replies import BounceVerdict
from models import db
from models.audit import AuditDetail, AuditEntry
from models.bounce import Bounce
from models.client import Client, EmailAddress
from models.consent import ConsentDefinition
from models.conversation import Conversation
from services.consent_page import prefer_channel
from services.decide_bounce import decide_bounce
from services.fix_email_address import fix_email_address
from services.fix_phone_number import fix_phone_number
from services.publish_wording import publish_wording
from services.tend_conversation import assign, close, link_client
from services.topics import topic_of_correspondent
from tests import factories as make
from tests import two_way_scene as scene
from tests.service_desk import ADDRESS
from tests.services.crossing import Work, cross

pytestmark = pytest.mark.no_cover
Works = tuple[Work, Work]


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


def crossings(session: Session, prepare: Callable[[], Works]) -> Iterator[int]:
    """Cross two works, prepared anew for each place where the first can be stopped."""
    app = current_app._get_current_object()
    for place in count(1):
        works = prepare()
        session.commit()
        reached = cross(app, *works, place)
        session.expire_all()
        yield place
        session.rollback()
        if not reached:
            return


def audited(session: Session, entity: str, entity_id: int) -> list[dict[str, Any]]:
    """What the entries about a record say, in order."""
    found = (
        sa.select(AuditDetail.values)
        .join(AuditEntry, AuditEntry.id == AuditDetail.entry_id)
        .where(AuditEntry.entity == entity, AuditEntry.entity_id == str(entity_id))
    )
    return list(session.scalars(found.order_by(AuditEntry.id)))


def changes_of(session: Session, entity: str, entity_id: int, name: str) -> list[list[Any]]:
    return [each["changes"][name] for each in audited(session, entity, entity_id)]


def test_of_two_decisions_about_a_bounce_the_second_knows_the_first(session: Session, now: datetime) -> None:
    made: list[int] = []

    def prepare() -> Works:
        bounce = Bounce(
            kind=BounceKind.OTHER,
            verdict=BounceVerdict.NONE,
            address=ADDRESS,
            address_digest=make.digest_of(session, f"{len(made)}@poczta.example"),
            received_at=now,
        )
        session.add(bounce)
        session.flush()
        made.append(bounce.id)

        def deciding(verdict: BounceVerdict) -> Work:
            def decide(own: Session) -> None:
                own.get_one(Bounce, made[-1])
                decide_bounce(own, made[-1], verdict, why="x", actor_id=None, may_lift=True, now=now)

            return decide

        return deciding(BounceVerdict.SOFT), deciding(BounceVerdict.BLOCK)

    for _place in crossings(session, prepare):
        steps = changes_of(session, "bounce", made[-1], "verdict")
        assert len(steps) == 2 and steps[0][0] == "none" and steps[0][1] == steps[1][0], steps
        assert session.get_one(Bounce, made[-1]).verdict.value == steps[1][1]


def test_a_channel_switched_off_twice_at_once_is_switched_off_once(session: Session, now: datetime) -> None:
    made: list[int] = []

    def prepare() -> Works:
        made.append(make.make_client(session).id)

        def switch(own: Session) -> None:
            own.get_one(Client, made[-1])
            prefer_channel(own, made[-1], Channel.EMAIL, wanted=False, now=now)

        return switch, switch

    for _place in crossings(session, prepare):
        assert changes_of(session, "client", made[-1], "allow_email") == [[True, False]]


def test_of_two_corrections_of_an_address_the_second_corrects_the_first(
    session: Session, now: datetime
) -> None:
    made: list[int] = []

    def prepare() -> Works:
        made.append(make.make_client(session, email="stary@poczta.example").id)

        def fixing(address: str) -> Work:
            def fix(own: Session) -> None:
                assert own.get_one(Client, made[-1]).primary_email
                fix_email_address(own, made[-1], address, actor_id=None, now=now)

            return fix

        return fixing("raz@poczta.example"), fixing("dwa@poczta.example")

    for _place in crossings(session, prepare):
        steps = changes_of(session, "client", made[-1], "primary_email")
        assert len(steps) == 2 and steps[0][1] == steps[1][0], steps
        (kept,) = session.scalars(sa.select(EmailAddress).where(EmailAddress.client_id == made[-1]))
        assert kept.address == steps[1][1]


def test_two_first_numbers_at_once_are_both_kept(session: Session, now: datetime) -> None:
    made: list[int] = []

    def prepare() -> Works:
        made.append(make.make_client(session).id)

        def fixing(number: str) -> Work:
            def fix(own: Session) -> None:
                list(own.get_one(Client, made[-1]).phone_numbers)
                fix_phone_number(own, made[-1], number, actor_id=None, now=now)

            return fix

        return fixing("+48600100201"), fixing("+48600100202")

    for _place in crossings(session, prepare):
        numbers = session.get_one(Client, made[-1]).phone_numbers
        assert sorted(each.is_primary for each in numbers) == [False, True]


def test_a_conversation_given_to_two_at_once_goes_from_one_to_the_other(
    session: Session, now: datetime
) -> None:
    people = [make.make_user(session).id for _number in range(2)]
    made: list[int] = []

    def prepare() -> Works:
        made.append(scene.open_conversation(session, make.make_client(session)).id)

        def giving(person: int) -> Work:
            def give(own: Session) -> None:
                own.get_one(Conversation, made[-1])
                assign(own, made[-1], person, actor_id=None, now=now)

            return give

        return giving(people[0]), giving(people[1])

    for _place in crossings(session, prepare):
        steps = changes_of(session, "conversation", made[-1], "assignee_id")
        assert len(steps) == 2 and steps[0] == [None, steps[1][0]], steps
        assert session.get_one(Conversation, made[-1]).assignee_id == steps[1][1]


def test_a_conversation_closed_twice_at_once_is_closed_once(session: Session, now: datetime) -> None:
    made: list[int] = []

    def prepare() -> Works:
        made.append(scene.open_conversation(session, make.make_client(session)).id)

        def shut(own: Session) -> None:
            close(own, made[-1], actor_id=None, now=now)

        return shut, shut

    for _place in crossings(session, prepare):
        assert len(audited(session, "conversation", made[-1])) == 1


def test_a_strangers_conversation_is_linked_to_one_of_two(session: Session, now: datetime) -> None:
    clients = [make.make_client(session).id for _number in range(2)]
    made: list[int] = []

    def prepare() -> Works:
        number = f"+4870010{len(made):04}"
        topic = topic_of_correspondent(None, scene.digest(session, number))
        made.append(scene.open_conversation(session, None, number, topic).id)

        def linking(client_id: int) -> Work:
            def link(own: Session) -> None:
                with suppress(DomainError):
                    link_client(own, made[-1], client_id, add_number=False, actor_id=None, now=now)

            return link

        return linking(clients[0]), linking(clients[1])

    for _place in crossings(session, prepare):
        (entry,) = audited(session, "conversation", made[-1])
        assert session.get_one(Conversation, made[-1]).client_id == entry["client"]


def test_two_wordings_published_at_once_are_two_versions(session: Session, now: datetime) -> None:
    made: list[int] = []

    def prepare() -> Works:
        made.append(make.make_definition(session).id)

        def publishing(text: str) -> Work:
            def publish(own: Session) -> None:
                publish_wording(
                    own,
                    definition=own.get_one(ConsentDefinition, made[-1]),
                    text=text,
                    invalidates_previous=False,
                    actor_id=None,
                    now=now,
                )
                own.commit()

            return publish

        return publishing("Raz"), publishing("Dwa")

    for _place in crossings(session, prepare):
        wordings = session.get_one(ConsentDefinition, made[-1]).wordings
        assert [each.version for each in wordings] == [1, 2, 3]
