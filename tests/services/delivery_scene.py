"""A campaign on its way: real rows, a clock that is told the time, a scripted mail server, rings on paper."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Purpose
from domain.delivery import CampaignStatus, Status
from domain.outcomes import Accepted, Failure, Outcome, Unavailable, Uncertain
from models import db
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.mail_account import MailAccount
from models.message import DeliveryAttempt, DeliveryClaim, Message
from services.approve_campaign import SendOrder, approve_campaign
from services.claim_deliveries import WorkRange
from services.compose_mail import Envelope, Outgoing
from services.deliver_range import Workshop, deliver_range
from services.delivery_policy import DeliveryPolicy
from services.mail_desk import MailDesk
from services.sweep_deliveries import sweep_deliveries
from tests.services.consenting_clients import write_clients

CONTENT = {
    "subject": "Dzień dobry, <%= client.name %>",
    "html": "<p>Witamy, <%= client.name %>!</p>",
    "text": "Witamy, <%= client.name %>!",
    "variables": [],
    "has_logic": False,
}


class Killed(BaseException):
    """The process is gone: nothing after this line happens, and nothing catches it."""


@dataclass
class Clock:
    """The time, moved by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **length: float) -> datetime:
        self.now += timedelta(**length)
        return self.now


@dataclass
class MailServer:
    """What the other side answers, per address in turn (then it accepts), and all it was handed."""

    answers: dict[str, list[Outcome]] = field(default_factory=lambda: defaultdict(list))
    opening: list[Failure] = field(default_factory=list)
    before_answer: Callable[[str], None] = lambda _recipient: None
    hangs_up_after: set[str] = field(default_factory=set)
    handed: list[str] = field(default_factory=list)
    connections: int = 0


class Connection:
    """One scripted connection; like a real one it is unusable after it was lost."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self.usable = False

    def open(self) -> Unavailable | None:
        self._server.connections += 1
        if self._server.opening:
            return cast("Unavailable", self._server.opening.pop(0))
        self.usable = True
        return None

    def send(
        self, envelope_from: str, recipient: str, payload: bytes, meanwhile: Callable[[], None]
    ) -> Outcome:
        server = self._server
        server.handed.append(recipient)
        meanwhile()
        server.before_answer(recipient)
        answer = server.answers[recipient].pop(0) if server.answers[recipient] else Accepted("Q1")
        self.usable = recipient not in server.hangs_up_after and not (
            isinstance(answer, Uncertain) or (isinstance(answer, Unavailable) and not answer.code)
        )
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.usable = False


class AddressOnly:
    """A composer for tests that do not care what a message says."""

    def compose(self, messages: Iterable[Outgoing], date: datetime) -> Iterator[tuple[Outgoing, Envelope]]:
        for message in messages:
            yield message, Envelope(message.address, b"")


class Scene:
    """A database with clients in it, and the engine's entrances around it."""

    def __init__(self, now: datetime, **policy: Any) -> None:
        self.clock = Clock(now)
        self.server = MailServer()
        self.policy = replace(DeliveryPolicy(), **policy)
        self.rings: list[tuple[Any, ...]] = []
        self._clients = 0

    @property
    def session(self) -> Session:
        return db.session()

    def enqueue(self, _job: str, *arguments: Any) -> None:
        self.rings.append(arguments)

    def shop(self, worker: str = "one") -> Workshop[Envelope]:
        return Workshop(
            connect=lambda: MailDesk(Connection(self.server), lambda _id: "biuro@goniec.example"),
            composer=AddressOnly,
            policy=self.policy,
            clock=self.clock,
            enqueue=self.enqueue,
            worker=worker,
        )

    # --- people and campaigns ---

    def account(self, name: str, **columns: Any) -> int:
        account = MailAccount(name=name, uses_settings=True, port=25, **columns)
        self.session.add(account)
        self.session.commit()
        return account.id

    def campaign(
        self,
        recipients: int,
        *,
        account_id: int | None = None,
        purpose: Purpose = Purpose.MARKETING,
        starts_at: datetime | None = None,
    ) -> int:
        """An approved campaign to new clients, who all consent; its rings are in ``rings``."""
        ids = write_clients(self.session, recipients, now=self.clock.now, first=self._clients + 1)
        self._clients += recipients
        campaign = Campaign(kind=CampaignKind.CLIENTS, purpose=purpose, account_id=account_id, subject="x")
        self.session.add(campaign)
        self.session.flush()
        self.session.execute(
            sa.insert(CampaignClient), [{"campaign_id": campaign.id, "client_id": each} for each in ids]
        )
        self.session.commit()
        order = SendOrder(CONTENT, {}, skip_errors=False, approved_by_id=None, starts_at=starts_at)
        approve_campaign(campaign.id, order, now=self.clock.now, enqueue=self.enqueue)
        return campaign.id

    # --- the engine's entrances ---

    def work(self, campaign_id: int) -> WorkRange:
        """The whole campaign as one range."""
        messages = self.messages(campaign_id)
        account_id = messages[0].account_id
        assert account_id is not None
        return WorkRange(account_id, campaign_id, messages[0].id, messages[-1].id)

    def deliver(self, campaign_id: int, *, worker: str = "one") -> int:
        """One job on the whole campaign; the number tried."""
        return deliver_range(self.session, self.work(campaign_id), self.shop(worker))

    def die_delivering(self, campaign_id: int, at: str) -> None:
        """One job whose process is killed after ``at`` was handed over, before the answer came."""
        before = self.server.before_answer

        def kill(recipient: str) -> None:
            if recipient == at:
                raise Killed

        self.server.before_answer = kill
        try:
            self.deliver(campaign_id)
        except Killed:
            self.session.rollback()
        else:
            raise AssertionError(f"{at} was never handed over")
        finally:
            self.server.before_answer = before

    def sweep(self) -> int:
        return sweep_deliveries(self.session, now=self.clock.now, enqueue=self.enqueue)

    def hear_rings(self) -> None:
        """Do all that was rung for, and what that rings for."""
        while self.rings:
            deliver_range(self.session, WorkRange(*self.rings.pop(0)), self.shop())

    # --- what there is to see ---

    def messages(self, campaign_id: int) -> list[Message]:
        self.session.expire_all()
        query = sa.select(Message).where(Message.campaign_id == campaign_id).order_by(Message.id)
        return list(self.session.scalars(query))

    def statuses(self, campaign_id: int) -> list[Status]:
        return [message.status for message in self.messages(campaign_id)]

    def status_of(self, campaign_id: int) -> CampaignStatus:
        self.session.expire_all()
        return self.session.get_one(Campaign, campaign_id).status

    def attempts(self, message_id: int) -> Sequence[DeliveryAttempt]:
        self.session.expire_all()
        query = sa.select(DeliveryAttempt).where(DeliveryAttempt.message_id == message_id)
        return self.session.scalars(query.order_by(DeliveryAttempt.id)).all()

    def claims(self) -> Sequence[DeliveryClaim]:
        self.session.expire_all()
        return self.session.scalars(sa.select(DeliveryClaim).order_by(DeliveryClaim.id)).all()
