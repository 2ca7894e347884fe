"""Double opt-in: who may be asked, how often, and what one click on the link is worth."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from models import db
from models.audit import AuditEntry
from models.consent import ConsentEvent, ConsentMethod
from models.consent_request import ConsentRequest
from models.message import Origin
from queries.given_consents import processing_grant
from services import ask_for_consent as asking
from services.ask_for_consent import Asking, ask_from_office, ask_to_confirm
from services.confirm_consent import Standing, confirm_consent, request_of_link
from services.job_names import DELIVER
from services.publish_wording import publish_wording
from tests import consent_scene as scene
from tests import factories as make
from tests.consent_scene import Scene


@pytest.fixture
def there(database: Flask) -> Scene:
    return scene.make_scene(db.session())


@pytest.fixture
def here(sqlite_app: Flask) -> Scene:
    """As `there`, on SQLite alone."""
    return scene.make_scene(db.session())


class Bell(list[Any]):
    def __call__(self, *ring: Any) -> None:
        self.append(ring)


def ask(
    scene_: Scene, now: datetime, *, by_office: bool = False, definition: Any = None, bell: Any = None
) -> ConsentRequest:
    session = db.session()
    actor = make.make_user(session).id if by_office else None
    session.commit()
    order = Asking(scene_.client.id, (definition or scene_.by_mail).id, actor)
    service = ask_from_office if by_office else ask_to_confirm
    enqueue = Bell() if bell is None else bell
    return service(session, order, base_url="https://g.example", now=now, enqueue=enqueue)


def answer(request: ConsentRequest, now: datetime) -> Standing:
    return confirm_consent(db.session(), request, now=now, ip="192.0.2.7", user_agent="Firefox")


@pytest.mark.parametrize("by_office", [False, True])
def test_the_letter_goes_out_and_its_link_grants_once(there: Scene, now: datetime, by_office: bool) -> None:
    session, bell = db.session(), Bell()
    request = ask(there, now, by_office=by_office, bell=bell)
    letter = scene.the_letter(session)
    assert bell == [(DELIVER, letter.account_id, None, letter.id, letter.id)]
    assert (letter.address, letter.client_id) == (scene.ADDRESS, there.client.id)
    agreed = session.scalar(sa.select(processing_grant(there.client.id)))
    assert (letter.origin, letter.consent_event_id) == (
        (Origin.EVENT, agreed) if by_office else (Origin.MANUAL, None)
    )
    path = scene.confirm_page(session, request)
    for body in (letter.body_text or "", letter.body_html or ""):
        assert f"https://g.example{path}" in body and "wording 1" in body and "09.03.2026" in body
    found = request_of_link(session, path.rpartition("/")[2])
    assert found is not None and found.id == request.id
    assert [answer(found, now + timedelta(days=1)) for _ in range(2)] == [Standing.OPEN, Standing.ANSWERED]
    [event] = session.scalars(sa.select(ConsentEvent).where(ConsentEvent.definition_id == there.by_mail.id))
    assert (event.method, event.source) == (ConsentMethod.LINK, f"potwierdzona z wiadomości #{letter.id}")
    assert event.evidence is not None and event.evidence.ip_address == "192.0.2.7"
    assert (request.event_id, request.answered_at) == (event.id, now + timedelta(days=1))


def test_a_consent_withdrawn_since_does_not_come_back_by_the_old_link(here: Scene, now: datetime) -> None:
    request = ask(here, now)
    answer(request, now)
    make.grant(db.session(), here.client, here.by_mail, action=make.ConsentAction.WITHDRAWN, moment=now)
    db.session.commit()
    assert answer(request, now) is Standing.ANSWERED
    assert scene.granted(db.session(), here.client.id, here.by_mail) is False


def test_an_older_question_does_not_bring_back_what_was_withdrawn_since(here: Scene, now: datetime) -> None:
    """The letter was lost, another one asked for, that one confirmed, and the consent withdrawn."""
    first, second = ask(here, now), ask(here, now + timedelta(days=1, minutes=1))
    later = now + timedelta(days=2)
    assert answer(second, later) is Standing.OPEN
    make.grant(db.session(), here.client, here.by_mail, action=make.ConsentAction.WITHDRAWN, moment=later)
    db.session.commit()
    assert answer(first, later + timedelta(minutes=1)) is Standing.VOID
    assert scene.granted(db.session(), here.client.id, here.by_mail) is False


def test_the_link_expires_after_seven_days(here: Scene, now: datetime) -> None:
    request = ask(here, now)
    assert answer(request, now + timedelta(days=7)) is Standing.EXPIRED
    assert scene.granted(db.session(), here.client.id, here.by_mail) is None


def test_a_yes_to_other_words_or_from_another_hand_counts_for_nothing(here: Scene, now: datetime) -> None:
    session, request = db.session(), ask(here, now)
    assert here.client.primary_email
    here.client.primary_email.address = "ktos.inny@poczta.example"
    session.commit()
    assert answer(request, now) is Standing.VOID
    here.client.primary_email.address = scene.ADDRESS
    publish_wording(
        session, definition=here.by_mail, text="new", invalidates_previous=False, actor_id=None, now=now
    )
    session.commit()
    assert answer(request, now) is Standing.VOID
    assert scene.events(session) == 1


def test_a_client_merged_meanwhile_is_granted_it_under_the_survivor(here: Scene, now: datetime) -> None:
    session, request = db.session(), ask(here, now)
    survivor = make.make_client(session)
    here.client.merged_into = survivor
    session.commit()
    assert answer(request, now) is Standing.OPEN
    assert scene.granted(session, survivor.id, here.by_mail) is True
    assert scene.granted(session, here.client.id, here.by_mail) is None


def test_whoever_was_asked_is_left_in_peace(there: Scene, now: datetime) -> None:
    ask(there, now)
    with pytest.raises(asking.AskedAlready, match=r"02\.03\.2026 10:00.*03\.03\.2026 10:00"):
        ask(there, now + timedelta(hours=23))
    ask(there, now + timedelta(hours=25))
    with pytest.raises(asking.AskedAlready):
        ask(there, now + timedelta(days=29), by_office=True, definition=there.by_sms)
    ask(there, now + timedelta(days=32), by_office=True, definition=there.by_sms)


def test_the_office_asks_only_who_agreed_to_data_processing(here: Scene, now: datetime) -> None:
    session = db.session()
    make.grant(session, here.client, here.processing, action=make.ConsentAction.WITHDRAWN)
    session.commit()
    with pytest.raises(asking.NoProcessingConsent):
        ask(here, now, by_office=True)
    ask(here, now)  # the client's own click needs none


def test_the_office_asks_for_marketing_alone_and_is_audited(here: Scene, now: datetime) -> None:
    here.processing.minimum_version = 2  # it stands no more, so there would be something to ask for
    here.processing.wordings.append(make.ConsentWording(version=2, text="w", created_at=now))
    db.session.commit()
    with pytest.raises(asking.NothingToAsk):
        ask(here, now, by_office=True, definition=here.processing)
    db.session.rollback()
    make.grant(db.session(), here.client, here.processing)
    ask(here, now, by_office=True)
    assert db.session.scalars(sa.select(AuditEntry.action)).all()[-1] == "ask_consent"


@pytest.mark.parametrize(
    ("spoil", "refusal"),
    [
        (lambda s, c: setattr(c, "allow_email", False), asking.ChannelIsOff),
        (lambda s, c: setattr(c, "allow_sms", False), asking.ChannelIsOff),
        (lambda s, c: make.block(s, scene.ADDRESS), asking.AddressIsBlocked),
        (lambda s, c: setattr(c.primary_email, "address", "nobody"), asking.NoAddressToAsk),
        (lambda s, c: c.email_addresses.clear(), asking.NoAddressToAsk),
        (lambda s, c: setattr(c.primary_phone, "number", "22 123 45 67"), asking.NoNumberToAskFor),
        (lambda s, c: setattr(c, "erased_at", make.LONG_AGO), asking.NoSuchClient),
    ],
)
def test_who_may_not_be_written_to_is_not_asked(
    here: Scene, now: datetime, spoil: Any, refusal: type[Exception]
) -> None:
    session = db.session()
    spoil(session, here.client)
    session.commit()
    with pytest.raises(refusal):
        ask(here, now, definition=here.by_sms)
    session.rollback()
    assert session.scalar(sa.select(sa.func.count(ConsentRequest.id))) == 0


def test_what_stands_is_not_asked_for_again(here: Scene, now: datetime) -> None:
    make.grant(db.session(), here.client, here.by_mail)
    db.session.commit()
    with pytest.raises(asking.ConsentStands):
        ask(here, now)


def test_nothing_anybody_typed_is_markup_in_the_letter(here: Scene, now: datetime) -> None:
    here.by_mail.name = "<b>{url}</b> %s <script>"
    db.session.commit()
    ask(here, now)
    letter = scene.the_letter(db.session())
    assert "<script>" not in (letter.body_html or "") and "<b>" not in (letter.body_html or "")
    assert "<b>{url}</b> %s <script>" in (letter.body_text or "")
    assert letter.channel is Channel.EMAIL
