"""Whatever happens, in whatever order: no forbidden move, nobody mailed twice undecided, nobody lost."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from domain.delivery import TRANSITIONS, UNFINISHED, CampaignStatus, Status
from domain.outcomes import Accepted, AccountRefused, Outcome, Refused, Unavailable, Uncertain
from models import db
from services import steer_campaign as steer
from services.decide_messages import NothingToDecide
from services.deliver_range import deliver_range
from services.recover_claims import recover_claims
from tests.services.delivery_scene import Killed, Scene

RECIPIENTS = 5
NUMBERS = count(1)
LEASE = timedelta(seconds=10)
EXAMPLES = {"sqlite": 25, "postgresql": 10}
ANSWERS: Sequence[Outcome] = (
    Accepted("Q"),
    Refused("550", "5.7.1 no", "rcpt_to"),
    Unavailable("451", "4.7.1 later"),
    Unavailable("", "lost before the end of DATA"),
    Uncertain("", "lost after DATA"),
    AccountRefused("530", "Authentication required"),
)
ALLOWED = {(before.value, after.value) for (before, _move), after in TRANSITIONS.items()}
IN_MID_DELIVERY = (
    "nothing", "killed before sending", "killed before the answer", "lease runs out",
    "lease runs out and a person sends again", "another worker", "pause", "cancel",
)  # fmt: skip
WATCH = {
    "sqlite": (
        "CREATE TRIGGER watch_moves AFTER UPDATE OF status ON message WHEN old.status <> new.status"
        " BEGIN INSERT INTO moves VALUES (old.status, new.status); END",
    ),
    "postgresql": (
        "CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO moves VALUES (old.status, new.status); RETURN new; END $$",
        "CREATE TRIGGER watch_moves AFTER UPDATE OF status ON message FOR EACH ROW"
        " WHEN (old.status <> new.status) EXECUTE FUNCTION note_move()",
    ),
}


class DeliveryMachine(RuleBasedStateMachine):
    """One campaign, two workers, a mail server of moods, and people who cannot leave it alone."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.scene = Scene(now, claim_size=3, lease=LEASE, pause_after=2)
        self.may_be_out: Counter[str] = Counter()
        self.decided: Counter[str] = Counter()
        self.events: list[str] = []
        self.nested = False

    @initialize()
    def approve(self) -> None:
        db.session.execute(sa.text("DELETE FROM moves"))
        account = self.scene.account(f"account {next(NUMBERS)}")
        self.campaign = self.scene.campaign(RECIPIENTS, account_id=account)
        self.addresses = [message.address for message in self.scene.messages(self.campaign)]
        self.scene.server.before_answer = self.in_mid_delivery

    # --- what happens ---

    @rule(
        answers=st.lists(st.sampled_from(ANSWERS), max_size=3),
        events=st.lists(st.sampled_from(IN_MID_DELIVERY), min_size=1, max_size=4),
    )
    def work(self, answers: list[Outcome], events: list[str]) -> None:
        self.events = events
        self.scene.server.answers.clear()
        for address in self.addresses:
            self.scene.server.answers[address] = list(answers[:1])
            answers = answers[1:] + answers[:1]
        with suppress(Killed):
            self.scene.deliver(self.campaign)
        self.scene.session.rollback()

    @rule(event=st.sampled_from(IN_MID_DELIVERY))
    def work_on_a_good_day(self, event: str) -> None:
        """Nothing is held back or paused and the server is willing, so the event surely happens."""
        self.resume()
        self.scene.clock.advance(hours=1)
        self.sweep()
        self.work([], [event])

    @rule()
    def connect_in_vain(self) -> None:
        self.scene.server.opening = [AccountRefused("535", "5.7.8 wrong password")]
        self.scene.deliver(self.campaign)
        self.scene.server.opening = []

    @rule(seconds=st.sampled_from([1, 11, 60, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.scene.clock.advance(seconds=seconds)

    @rule()
    def sweep(self) -> None:
        self.scene.sweep()

    @rule()
    def pause(self) -> None:
        with suppress(steer.NotPossibleNow):
            steer.pause(self.scene.session, self.campaign, actor_id=None, now=self.scene.clock.now)

    @rule()
    def resume(self) -> None:
        with suppress(steer.NotPossibleNow):
            steer.resume(
                self.scene.session, self.campaign, actor_id=None, now=self.scene.clock.now, enqueue=no_ring
            )

    @rule()
    def treat_as_sent(self) -> None:
        with suppress(NothingToDecide):
            steer.treat_as_sent(
                self.scene.session, self.campaign, None, actor_id=None, now=self.scene.clock.now
            )

    @rule()
    def send_uncertain_again(self) -> None:
        self.send_again(Status.UNCERTAIN)

    @rule()
    def resend_failed(self) -> None:
        self.send_again(Status.FAILED)

    def send_again(self, status: Status) -> None:
        messages = self.scene.messages(self.campaign)
        chosen = [message.address for message in messages if message.status == status]
        decision: dict[str, object] = {"actor_id": None, "now": self.scene.clock.now, "enqueue": no_ring}
        with suppress(NothingToDecide, steer.NotPossibleNow):
            if status == Status.FAILED:
                steer.resend_failed(self.scene.session, self.campaign, **decision)  # type: ignore[arg-type]
            else:
                steer.send_uncertain_again(self.scene.session, self.campaign, None, **decision)  # type: ignore[arg-type]
            self.decided.update(chosen)

    def in_mid_delivery(self, recipient: str) -> None:
        """The message is on its way; its answer is not here yet."""
        event = self.events.pop(0) if self.events and not self.nested else "nothing"
        if event == "killed before sending":
            raise Killed
        waiting = self.scene.server.answers[recipient]
        answer = waiting[0] if waiting else Accepted()
        if event == "killed before the answer" or isinstance(answer, Accepted | Uncertain):
            self.may_be_out[recipient] += 1
        if event == "killed before the answer":
            raise Killed
        if event.startswith("lease runs out"):
            recover_claims(self.scene.session, self.scene.clock.advance(seconds=11))
            if event.endswith("sends again"):
                self.send_again(Status.UNCERTAIN)
        elif event == "another worker":
            self.nested = True
            with Session(db.engine) as session:
                deliver_range(session, self.scene.work(self.campaign), self.scene.shop("two"))
            self.nested = False
        elif event == "pause":
            self.pause()
        elif event == "cancel":
            with suppress(steer.NotPossibleNow):
                steer.cancel_rest(self.scene.session, self.campaign, actor_id=None, now=self.scene.clock.now)

    # --- what must hold ---

    @invariant()
    def no_move_is_outside_the_table(self) -> None:
        moves = db.session.execute(sa.text("SELECT DISTINCT a, b FROM moves")).all()
        db.session.rollback()
        assert {(before, after) for before, after in moves} <= ALLOWED

    @invariant()
    def nobody_is_mailed_twice_without_a_decision(self) -> None:
        for address, times in self.may_be_out.items():
            assert times <= 1 + self.decided[address], address

    @invariant()
    def what_failed_undecided_was_never_out(self) -> None:
        if not hasattr(self, "campaign"):
            return
        for message in self.scene.messages(self.campaign):
            if message.status == Status.FAILED and not self.decided[message.address]:
                assert not self.may_be_out[message.address]

    def teardown(self) -> None:
        if hasattr(self, "campaign"):
            self.everybody_is_accounted_for()

    def everybody_is_accounted_for(self) -> None:
        """Left alone, with a server that takes everything, the engine brings each message to an end."""
        scene = self.scene
        self.events = []
        scene.server.answers.clear()
        self.resume()
        for _ in range(12):
            scene.clock.advance(hours=1)
            scene.rings.clear()
            scene.sweep()
            scene.hear_rings()
            statuses = scene.statuses(self.campaign)
            if not set(statuses) & set(UNFINISHED):
                break
        assert len(statuses) == RECIPIENTS
        assert not set(statuses) & set(UNFINISHED)
        assert scene.status_of(self.campaign) in (CampaignStatus.FINISHED, CampaignStatus.CANCELLED)
        self.nobody_is_mailed_twice_without_a_decision()
        self.no_move_is_outside_the_table()


def no_ring(*_arguments: object) -> None:
    """A ring that is lost."""


@pytest.mark.no_cover
def test_no_order_of_events_breaks_the_promises(database: Flask, now: datetime) -> None:
    db.session.execute(sa.text("CREATE TABLE moves (a TEXT, b TEXT)"))
    for statement in WATCH[db.engine.dialect.name]:
        db.session.execute(sa.text(statement))
    db.session.commit()
    run_state_machine_as_test(
        lambda: DeliveryMachine(now),  # type: ignore[arg-type]
        settings=settings(
            max_examples=EXAMPLES[db.engine.dialect.name],
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
