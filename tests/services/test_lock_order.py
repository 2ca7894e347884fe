"""Everybody who moves money locks the account, then the campaign, then the messages: nobody deadlocks.

Each test stops one of two transactions wherever it has locked rows of one table more, and lets the other go
as far as it can: of two who lock in another order PostgreSQL ends one (SQLSTATE 40P01). Which of the two is
stopped makes no difference: it holds the one table when the other, coming from the other end, waits for it.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from domain.delivery import DeliveryState, Status
from domain.outcomes import AccountRefused, Unavailable, Uncertain
from domain.text_messages import DeliveryReport
from models import db
from models.campaign import Campaign
from models.consent import ConsentState
from models.message import DeliveryAttempt, DeliveryClaim, Message
from models.sending_lines import SMS
from models.sms_account import SmsAccount
from models.sms_gateway import SmsGateway
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from services.account_failures import record_account_failure
from services.approve_campaign import approve_campaign
from services.claim_deliveries import WorkRange, claim_range
from services.compose_mail import Outgoing
from services.compose_text import TextLetter
from services.decide_messages import NothingToDecide
from services.sms_till import SmsAccountFacts, SmsTill
from services.steer_campaign import NotPossibleNow, cancel_rest, send_uncertain_again
from services.take_report import take_reports
from tests.services.crossing import cross
from tests.services.sms_scene import SmsScene

PAIRS = [
    ("till", "give_up"), ("till", "cancel"), ("till", "report"), ("till", "approve"), ("claim", "give_up"),
    ("again", "cancel"), ("again", "give_up"), ("approve", "give_up"),
]  # fmt: skip


@pytest.fixture
def deadlocks(app_on_postgres: Flask) -> list[str]:
    """The statements that PostgreSQL ended to undo a deadlock, also where somebody tries again."""
    ended: list[str] = []

    @sa.event.listens_for(db.engine, "handle_error")
    def note(context: sa.engine.ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == "40P01":
            ended.append(context.statement or "")

    return ended


class Crossroads:
    """A campaign of six texts of which two are uncertain, two are queued and charged, and two are claimed.

    The client of the third has withdrawn consent, the gateways have failed for days, and there is a draft.
    """

    def __init__(self, scene: SmsScene) -> None:
        session = scene.session
        self._scene, self._now = scene, scene.clock.now
        session.execute(sa.update(SmsAccount).values(held_until=None, failing_since=None))
        session.execute(sa.update(SmsGateway).values(held_until=None))
        session.commit()
        self.campaign, self._draft = scene.texts(6), scene.draft(2)
        messages = scene.messages(self.campaign)
        for message, answer in zip(
            messages, [Uncertain("", "?")] * 2 + [Unavailable("", "down")], strict=False
        ):
            scene.gateway.answers[message.address] = [answer]
        scene.deliver(self.campaign)
        assert scene.statuses(self.campaign) == [Status.UNCERTAIN] * 2 + [Status.QUEUED] * 4
        session.execute(
            sa.update(ConsentState)
            .where(ConsentState.client_id == scene.messages(self.campaign)[2].client_id)
            .values(granted=False)
        )
        long_ago = self._now - timedelta(days=3)
        session.execute(sa.update(Message).values(due_at=long_ago))
        session.execute(sa.update(SmsAccount).values(held_until=None, failing_since=long_ago))
        session.commit()
        self._account = scene.paying.id
        self._ids = [message.id for message in scene.messages(self.campaign)]
        claim = self._claim(session, 4, 5)
        assert claim is not None
        self._claimed = claim.id
        self._uuids = list(
            session.scalars(sa.select(DeliveryAttempt.uuid).where(DeliveryAttempt.message_id.in_(self._ids)))
        )
        (self._gateway,) = scene.gateways
        session.commit()

    def _claim(self, session: Session, first: int, last: int) -> DeliveryClaim | None:
        work = WorkRange(self._account, self.campaign, self._ids[first], self._ids[last], SMS)
        return claim_range(session, work, policy=self._scene.policy, worker="", now=self._now)

    def till(self, session: Session) -> None:
        facts = SmsAccountFacts(self._account, "Nadrzecze", 9)
        batch = [
            (Outgoing(number, "+48600000001", "", 0, {}), TextLetter("+48600000001", "x"))
            for number in self._ids[4:]
        ]
        list(SmsTill(session, facts, self.campaign, self._scene.clock).take(self._claimed, batch))

    def claim(self, session: Session) -> None:
        self._claim(session, 2, 3)

    def give_up(self, session: Session) -> None:
        record_account_failure(
            session,
            account_id=self._account,
            campaign_id=self.campaign,
            failure=AccountRefused("103", "no credits"),
            policy=self._scene.policy,
            now=self._now,
            line=SMS,
        )

    def cancel(self, session: Session) -> None:
        with suppress(NotPossibleNow):
            cancel_rest(session, self.campaign, actor_id=None, now=self._now)

    def again(self, session: Session) -> None:
        with suppress(NotPossibleNow, NothingToDecide):
            send_uncertain_again(
                session, self.campaign, None, actor_id=None, now=self._now, enqueue=self._scene.enqueue
            )

    def report(self, session: Session) -> None:
        reports = [DeliveryReport(uuid, "", DeliveryState.DELIVERED, None, "404") for uuid in self._uuids]
        take_reports(session, self._gateway, reports, now=self._now)

    def approve(self, _session: Session) -> None:
        order = self._scene.order("Zapraszamy")
        approve_campaign(self._draft, order, now=self._now, enqueue=self._scene.enqueue)


@pytest.mark.no_cover
@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_who_cross_wait_for_one_another_in_turn(
    app_on_postgres: Flask, deadlocks: list[str], now: datetime, one: str, other: str
) -> None:
    scene = SmsScene(now, claim_size=4)
    for place in count(1):
        crossroads = Crossroads(scene)
        app = current_app._get_current_object()
        reached = cross(app, getattr(crossroads, one), getattr(crossroads, other), place)
        assert deadlocks == [], f"{one} stopped at {place}"
        if not reached:
            break
        scene.session.execute(sa.update(Campaign).values(status="cancelled"))
        scene.session.commit()
    assert place > 1
    assert check_ledger(scene.session).problems == ()
    assert check_reports(scene.session).problems == ()
