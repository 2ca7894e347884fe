"""What `ledger verify` finds: entries without a ground, and texts whose money is not where it belongs."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from domain.channel import Channel
from domain.delivery import Status
from domain.outcomes import Refused
from models.ledger import EntryKind, LedgerEntry
from models.message import AttemptOutcome, Message
from models.payment import Payment
from queries.ledger_check import check_ledger
from services.ledger import Stamp, reverse
from tests import factories as make
from tests.services.sms_scene import PRICE, SmsScene, number_of


@pytest.fixture
def scene(database: Flask, now: datetime) -> SmsScene:
    return SmsScene(now)


def sent(scene: SmsScene, texts: int = 1) -> list[Message]:
    """Texts of a campaign that went out."""
    campaign = scene.texts(texts)
    scene.deliver(campaign)
    return scene.messages(campaign)


def problems(scene: SmsScene, *, in_earnest: bool = False) -> tuple[str, ...]:
    scene.session.expire_all()
    return check_ledger(scene.session, in_earnest=in_earnest).problems


def test_texts_that_went_out_and_one_that_was_refused_are_in_order(scene: SmsScene) -> None:
    scene.gateway.answers[number_of(2)] = [Refused("13", "no")]
    assert [message.status for message in sent(scene, 3)] == [Status.SENT, Status.FAILED, Status.SENT]
    assert problems(scene) == ()


@pytest.mark.parametrize("status", [Status.SENT, Status.UNCERTAIN])
def test_a_text_that_nobody_paid_for_is_found(scene: SmsScene, status: Status) -> None:
    now = scene.clock.now
    made = make.make_message(
        scene.session,
        channel=Channel.SMS,
        sms_account_id=scene.paying.id,
        address=number_of(9),
        status=status,
        sent_at=now,
        finished_at=now,
    )
    assert problems(scene) == (f"message {made.id} is {status.value} and not charged",)


def test_a_text_that_went_out_and_was_refunded_is_found(scene: SmsScene) -> None:
    scene.gateway.answers[number_of(1)] = [Refused("13", "no")]
    [message] = sent(scene)
    message.status, message.sent_at = Status.SENT, scene.clock.now
    scene.session.flush()
    assert problems(scene) == (f"message {message.id} is sent and not charged",)


@pytest.mark.parametrize(("minutes", "is_in_order"), [(1, True), (-1, False)])
def test_a_text_that_proved_to_have_gone_out_after_its_refund_stays_refunded(
    scene: SmsScene, minutes: int, is_in_order: bool
) -> None:
    scene.gateway.answers[number_of(1)] = [Refused("13", "no")]
    [message] = sent(scene)
    [refund] = scene.entries(EntryKind.REFUND)
    message.status, message.sent_at = Status.SENT, scene.clock.now
    [attempt] = message.attempts
    attempt.outcome = AttemptOutcome.ACCEPTED
    attempt.finished_at = refund.recorded_at + timedelta(minutes=minutes)
    scene.session.flush()
    assert problems(scene) == (() if is_in_order else (f"message {message.id} is sent and not charged",))


def test_a_charge_that_a_person_reversed_is_in_order(scene: SmsScene) -> None:
    sent(scene)
    [charge] = scene.entries(EntryKind.CHARGE)
    reverse(scene.session, charge, "charged in error", Stamp(scene.clock.now))
    assert problems(scene) == ()


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.SKIPPED])
def test_a_text_that_did_not_go_out_and_kept_its_charge_is_found(scene: SmsScene, status: Status) -> None:
    [message] = sent(scene)
    [charge] = scene.entries(EntryKind.CHARGE)
    scene.session.execute(
        sa.update(Message).where(Message.id == message.id).values(status=status, reason="opted_out")
    )
    assert problems(scene) == (
        f"message {message.id} is {status.value}, and its charge, entry {charge.id}, was not refunded",
    )


@pytest.mark.parametrize("kind", [EntryKind.REFUND, EntryKind.REVERSAL])
def test_what_is_not_the_opposite_of_what_it_takes_back_is_found(scene: SmsScene, kind: EntryKind) -> None:
    [message] = sent(scene)
    [charge] = scene.entries(EntryKind.CHARGE)
    message.status, message.sent_at = Status.FAILED, None
    scene.session.add(
        LedgerEntry(
            account_id=charge.account_id,
            kind=kind,
            amount=PRICE + 1,
            idempotency_key="wrong",
            recorded_at=scene.clock.now,
            message_id=message.id,
            reverses_id=charge.id,
            reason="by hand",
        )
    )
    scene.session.flush()
    [entry] = scene.entries(kind)
    said = (
        f"entry {entry.id}: a {kind.value} of {PRICE + 1} takes back entry {charge.id}, a charge of -{PRICE}"
    )
    assert said in problems(scene)


def test_the_sandboxs_money_is_found_where_real_money_is_taken(scene: SmsScene) -> None:
    payment = scene.session.scalars(sa.select(Payment)).one()
    said = f"payment {payment.id}: the sandbox's 10000 grosze are on the ledger, and real money is taken here"
    assert problems(scene) == ()
    assert problems(scene, in_earnest=True) == (said,)
    [top_up] = scene.entries(EntryKind.TOP_UP)
    reverse(scene.session, top_up, "tried out", Stamp(scene.clock.now))
    assert said not in problems(scene, in_earnest=True)
