"""The ten events, by both channels, under every rule and consent: what goes out, and why not."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.delivery import Status
from domain.events import CHANNELS, PAIRS, EventKind
from domain.notification_rules import RuleMode, Withheld
from domain.notification_texts import default_text
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentDefinition, ConsentPurpose
from models.mail_account import MailAccount
from models.message import Message, Origin
from models.notification import FiredEvent, Notification, NotificationRule
from models.repair import Repair
from services.fire_event import Fired, Occurrence, fire_event, ring_all
from services.job_names import DELIVER, DELIVER_SMS
from tests import factories as make
from tests.service_desk import ADDRESS, NUMBER, give_offer, make_repair, make_told_client, record_for

ASTERISK = {EventKind.REPAIR_RECEIVED, EventKind.AWAITING_PARTS, EventKind.REPAIR_CLOSED}


@pytest.fixture
def session(sqlite_app: Flask) -> Session:
    return db.session()


@pytest.fixture
def client(session: Session) -> Client:
    return make_told_client(session)


Fire = Callable[..., Fired]


@pytest.fixture
def fire(session: Session, client: Client, now: datetime) -> Fire:
    def fire(kind: EventKind, **values: object) -> Fired:
        offer = None
        record = record_for(session, kind, client)
        if kind is EventKind.COST_ACCEPTANCE:
            offer = give_offer(session, record)  # type: ignore[arg-type]
        what = Occurrence(kind, f"command:{kind}", record, offer)
        return fire_event(session, replace(what, **values), runtime=wiring().ejs(), now=now)  # type: ignore[arg-type]

    return fire


def outcome(fired: Fired, channel: Channel) -> Notification:
    (found,) = (each for each in fired.event.notifications if each.channel == channel)
    return found


def expected(kind: EventKind, channel: Channel, mode: RuleMode | None, grants: str) -> Withheld | None:
    """The manual's rules, said once more in other words."""
    if kind is EventKind.SHIPMENT_CREATED and channel is Channel.SMS:
        return Withheld.NOT_OFFERED
    never = mode is RuleMode.NEVER or (mode is None and channel is Channel.SMS and kind in ASTERISK)
    if never:
        return Withheld.RULE_NEVER
    if "processing" not in grants:
        return Withheld.NO_PROCESSING_CONSENT
    if mode is RuleMode.CONSENT and "named" not in grants:
        return Withheld.NO_NAMED_CONSENT
    return None


MODES = (None, *RuleMode)
GRANTS = ("nothing", "processing", "named", "processing and named")


@dataclass(frozen=True)
class Consents:
    named: ConsentDefinition
    processing: ConsentDefinition


@pytest.fixture
def consents(session: Session) -> Consents:
    return Consents(
        make.make_definition(session, channel=None, purpose=ConsentPurpose.OTHER),
        make.make_definition(session, channel=None, purpose=ConsentPurpose.DATA_PROCESSING),
    )


def _client_with(session: Session, consents: Consents, grants: str) -> Client:
    client = make.make_client(session, email=ADDRESS)
    make.give_phone(session, client, NUMBER)
    if "processing" in grants:
        make.grant(session, client, consents.processing)
    if "named" in grants:
        make.grant(session, client, consents.named)
    return client


def _set(session: Session, kind: EventKind, channel: Channel, mode: RuleMode | None, named: int) -> None:
    of_pair = (NotificationRule.event == kind, NotificationRule.channel == channel)
    session.execute(sa.delete(NotificationRule).where(*of_pair))
    if mode is not None:
        consent = named if mode is RuleMode.CONSENT else None
        session.add(NotificationRule(event=kind, channel=channel, mode=mode, consent_definition_id=consent))


@pytest.mark.parametrize("kind", EventKind)
def test_an_event_goes_by_each_channel_as_its_rule_and_the_consents_say(
    session: Session, consents: Consents, now: datetime, kind: EventKind
) -> None:
    said: dict[str, Withheld | None] = {}
    due: dict[str, Withheld | None] = {}
    for channel, mode, grants in product(CHANNELS, MODES, GRANTS):
        if mode is not None and (kind, channel) not in PAIRS:
            continue
        name = f"{channel}, {mode or 'by default'}, {grants}"
        record = record_for(session, kind, _client_with(session, consents, grants))
        offer = give_offer(session, record) if isinstance(record, Repair) else None
        _set(session, kind, channel, mode, consents.named.id)
        what = Occurrence(kind, f"command:{name}", record, offer)
        found = outcome(fire_event(session, what, runtime=wiring().ejs(), now=now), channel)
        said[name], due[name] = found.reason, expected(kind, channel, mode, grants)
        assert (found.message_id is not None) == (found.reason is None), name
    assert said == due
    assert len(said) == (20 if kind is EventKind.SHIPMENT_CREATED else 32)


# --- what goes out ---


def test_both_channels_carry_it_where_both_addresses_are_good(session: Session, fire: Fire) -> None:
    fired = fire(EventKind.COST_ACCEPTANCE)
    mail, text = (outcome(fired, channel).message for channel in CHANNELS)
    assert mail and text
    assert (mail.address, text.address) == (ADDRESS, NUMBER)
    assert {mail.origin, text.origin} == {Origin.EVENT} and {mail.status, text.status} == {Status.QUEUED}
    assert "123,45 zł" in (text.body_text or "") and "TAK lub NIE" in (text.body_text or "")
    assert "<strong>123,45 zł</strong>" in (mail.body_html or "") and "123,45 zł" in (mail.body_text or "")
    assert mail.conversation_id == text.conversation_id is not None


@pytest.mark.parametrize(("kind", "channel"), PAIRS)
def test_every_default_text_renders_and_leaves_nothing_open(
    session: Session, fire: Fire, kind: EventKind, channel: Channel
) -> None:
    session.add(NotificationRule(event=kind, channel=channel, mode=RuleMode.ALWAYS))
    message = outcome(fire(kind), channel).message
    assert message is not None
    whole = f"{message.subject or ''}{message.body_html or ''}{message.body_text}"
    assert not any(mark in whole for mark in ("<%", "%>", "undefined", "null"))
    assert (message.subject is None) == (channel is Channel.SMS)
    assert default_text(kind, channel).body


def test_one_change_tells_nothing_twice(session: Session, fire: Fire) -> None:
    first, again = (fire(EventKind.TICKET_DONE, change_key="ticket:1:done") for _time in range(2))
    assert first.is_new and not again.is_new and again.event is first.event and again.rings == ()
    assert session.scalar(sa.select(sa.func.count(Message.id))) == 2


def test_a_change_rolled_back_tells_nothing(session: Session, fire: Fire) -> None:
    session.commit()
    fire(EventKind.TICKET_DONE)
    session.rollback()
    for table in (FiredEvent, Notification, Message):
        assert session.scalar(sa.select(sa.func.count(table.id))) == 0


def test_it_rings_for_each_message_and_for_nothing_else(fire: Fire) -> None:
    heard: list[tuple[object, ...]] = []
    ring_all(fire(EventKind.TICKET_DONE).rings, lambda *ring: heard.append(ring))
    assert [name for name, *_rest in heard] == [DELIVER, DELIVER_SMS]


# --- what keeps it from going out ---


def test_whoever_makes_the_change_may_hold_that_one_back(fire: Fire) -> None:
    fired = fire(EventKind.TICKET_DONE, held_back=True)
    assert {each.reason for each in fired.event.notifications} == {Withheld.HELD_BACK}


def test_an_address_blocked_or_wrong_is_named(session: Session, client: Client, fire: Fire) -> None:
    make.block(session, ADDRESS)
    client.phone_numbers[0].number = "12 345 67 89"
    session.flush()
    fired = fire(EventKind.TICKET_DONE)
    assert outcome(fired, Channel.EMAIL).reason is Withheld.BLOCKED_EMAIL
    assert outcome(fired, Channel.SMS).reason is Withheld.NOT_POLISH_MOBILE


def test_a_preference_counts_by_its_channel_alone(session: Session, client: Client, fire: Fire) -> None:
    client.allow_sms = False
    session.flush()
    fired = fire(EventKind.TICKET_DONE)
    assert outcome(fired, Channel.SMS).reason is Withheld.OPTED_OUT
    assert outcome(fired, Channel.EMAIL).reason is None


def test_an_outdated_grant_is_none(session: Session, client: Client, fire: Fire) -> None:
    named = make.make_definition(
        session, channel=None, purpose=ConsentPurpose.OTHER, versions=2, minimum_version=2
    )
    make.grant(session, client, named, version=1)
    for channel in CHANNELS:
        session.add(
            NotificationRule(
                event=EventKind.TICKET_DONE,
                channel=channel,
                mode=RuleMode.CONSENT,
                consent_definition_id=named.id,
            )
        )
    fired = fire(EventKind.TICKET_DONE)
    assert {each.reason for each in fired.event.notifications} == {Withheld.NO_NAMED_CONSENT}


@pytest.mark.parametrize("body", ["<p><%= nobody.name %></p>", "<p>{amount_of_nothing}</p>"])
def test_a_text_that_fails_is_named_and_keeps_no_change_from_happening(
    session: Session, fire: Fire, body: str
) -> None:
    session.add(
        NotificationRule(
            event=EventKind.TICKET_DONE, channel=Channel.EMAIL, mode=RuleMode.ALWAYS, subject="x", body=body
        )
    )
    fired = fire(EventKind.TICKET_DONE)
    failed = outcome(fired, Channel.EMAIL)
    assert failed.reason is Withheld.TEXT_FAILED and failed.detail
    assert outcome(fired, Channel.SMS).reason is None


def test_without_an_account_it_says_so(session: Session, fire: Fire) -> None:
    session.execute(sa.update(MailAccount).values(is_active=False))
    assert outcome(fire(EventKind.TICKET_DONE), Channel.EMAIL).reason is Withheld.NO_ACCOUNT


def test_what_a_client_wrote_is_text_and_never_markup(
    session: Session, client: Client, now: datetime
) -> None:
    repair = make_repair(session, client, device="<script>alert(1)</script><%= 1 %>")
    what = Occurrence(EventKind.REPAIR_RECEIVED, "command:x", repair)
    mail = outcome(fire_event(session, what, runtime=wiring().ejs(), now=now), Channel.EMAIL).message
    assert mail is not None and "<script>" not in (mail.body_html or "")
    assert "&lt;script&gt;" in (mail.body_html or "") and "<%= 1 %>" in (mail.body_text or "")


def test_a_withdrawn_consent_leaves_no_grant(session: Session, client: Client, fire: Fire) -> None:
    definition = session.scalars(
        sa.select(ConsentDefinition).where(ConsentDefinition.purpose == ConsentPurpose.DATA_PROCESSING)
    ).one()
    make.grant(session, client, definition, action=ConsentAction.WITHDRAWN)
    fired = fire(EventKind.TICKET_DONE)
    assert {each.reason for each in fired.event.notifications} == {Withheld.NO_PROCESSING_CONSENT}
