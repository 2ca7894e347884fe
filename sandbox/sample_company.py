"""The sample company: the same one every time, in one transaction, in an empty database only."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from domain.eligibility import Reason
from models.audit import AuditHead
from models.campaign import Campaign
from models.client import Client
from models.consent import ConsentDefinition, ConsentEvent, ConsentWording
from models.investment import Contract, Investment
from models.message_template import MessageTemplate
from models.setting import SUPPRESSION_KEY, secret_of
from models.user import Role, User
from sandbox.sample_account import write_account
from sandbox.sample_campaign import write_past_campaigns
from sandbox.sample_clients import ClientWriter
from sandbox.sample_consents import write_definitions
from sandbox.sample_contracts import ContractWriter
from sandbox.sample_conversations import write_conversations
from sandbox.sample_desk import write_service_desk
from sandbox.sample_desk_sending import send_notifications
from sandbox.sample_look import LogoPlace, write_look
from sandbox.sample_plan import plan
from sandbox.sample_rows import Rows, settle
from sandbox.sample_sms import write_gateway, write_past_texts
from sandbox.sample_texts import INVESTMENTS, TEMPLATES
from services.record_audit import append_audit

FEWEST_CLIENTS = 200
SEED = 20261121
WARSAW = ZoneInfo("Europe/Warsaw")
USERS = (
    ("anna@goniec.example", "Anna Zielińska", "administrator"),
    ("piotr@goniec.example", "Piotr Wójcik", "operator"),
    ("maria@goniec.example", "Maria Dąbrowska", "accountant"),
    ("tomasz@goniec.example", "Tomasz Król", "viewer"),
)
MUST_BE_EMPTY = (Client, Investment, Campaign, ConsentDefinition, MessageTemplate)


class AlreadyInUse(Exception):
    """The database holds data already; nothing was changed."""


@dataclass(frozen=True, slots=True)
class SampleCompany:
    """What was made."""

    clients: int
    contracts: int
    investments: tuple[tuple[int, str], ...]
    campaigns: tuple[int, ...]
    messages: int
    users: tuple[str, ...]


def write_sample_company(
    session: Session,
    *,
    clients: int,
    password: str,
    now: datetime,
    sms_secret: str = "",
    logo: LogoPlace | None = None,
) -> SampleCompany:
    """Make the company in one transaction and commit; dates are relative to ``now``.

    Without a ``logo`` to put somewhere the company has none. Raises AlreadyInUse, and ValueError for fewer
    than FEWEST_CLIENTS clients. Everything but password hashes, log-in identities, the logo's file and
    ``sms_secret`` (made up when empty) is the same for the same number and moment.
    """
    if clients < FEWEST_CLIENTS:
        raise ValueError(f"at least {FEWEST_CLIENTS} clients, not {clients}")
    try:
        company = _write(session, clients, password, now.replace(microsecond=0), sms_secret, logo)
    except BaseException:
        session.rollback()
        raise
    session.commit()
    return company


def _write(
    session: Session, clients: int, password: str, now: datetime, sms_secret: str, logo: LogoPlace | None
) -> SampleCompany:
    _refuse_a_used_database(session)
    rng = Random(SEED)
    users = _write_users(session, password, now)
    managers = tuple(user.id for user in users[:2])
    _write_texts(session, managers[0], now)
    write_look(session, logo, actor_id=managers[0], now=now)
    rows = Rows(session)
    key = secret_of(session.connection(), SUPPRESSION_KEY)
    people = ClientWriter(rows, rng, key=key, now=now, manager_ids=managers)
    contracts = ContractWriter(rows, rng, today=now.astimezone(WARSAW).date())
    bouncing: list[int] = []
    for party in plan(rng, clients):
        ids = people.write(party)
        contracts.write(party, ids)
        bouncing += ids[:1] if party.defect == Reason.BLOCKED_EMAIL else []
        rows.write_when_many()
    rows.write()
    settle(session, Investment, Client, Contract, ConsentDefinition, ConsentWording, ConsentEvent)
    campaigns, messages = write_past_campaigns(session, rng, bouncing=bouncing, actor_id=managers[0], now=now)
    write_account(session, actor_id=users[2].id, now=now)
    secret = sms_secret or secrets.token_urlsafe(32)
    write_gateway(session, secret=secret, actor_id=managers[0], now=now)
    by_sms, texts = write_past_texts(session, rng, actor_id=managers[0], now=now)
    write_conversations(session, assignee_id=managers[1], now=now)
    write_service_desk(session, actor_id=managers[1], now=now)
    told = send_notifications(session, rng)
    append_audit(
        session,
        actor_id=managers[0],
        action="seed_demo",
        entity="company",
        entity_id="",
        values={"clients": clients},
        now=now,
    )
    return SampleCompany(
        clients=clients,
        contracts=contracts.count,
        investments=tuple((number, one.name) for number, one in enumerate(INVESTMENTS, start=1)),
        campaigns=(*campaigns, by_sms),
        messages=messages + texts + told,
        users=tuple(email for email, _name, _role in USERS),
    )


def _refuse_a_used_database(session: Session) -> None:
    # The audit's head is locked first, so that of two seeds at once the second one sees the first.
    session.execute(sa.update(AuditHead).values(digest=AuditHead.digest))
    for model in MUST_BE_EMPTY:
        if session.scalar(sa.select(sa.exists().select_from(model))):
            raise AlreadyInUse("the database holds data already; the sample company needs an empty one.")
    taken = session.scalar(sa.select(User.email).where(User.email.in_([email for email, _, _ in USERS])))
    if taken:
        raise AlreadyInUse(f"there is a user {taken} already; the sample company needs an empty database.")


def _write_users(session: Session, password: str, now: datetime) -> list[User]:
    """Hashed as Flask-Security does with argon2 and SECURITY_PASSWORD_SINGLE_HASH; once, for it is slow."""
    hashed = PasswordHasher().hash(password)
    roles = {role.name: role for role in session.scalars(sa.select(Role))}
    users: list[User] = []
    for email, name, role in USERS:
        user = User(
            email=email,
            name=name,
            password=hashed,
            fs_uniquifier=uuid4().hex,
            confirmed_at=now,
            created_at=now,
            updated_at=now,
        )
        user.roles.append(roles[role])
        session.add(user)
        session.flush()
        users.append(user)
    return users


def _write_texts(session: Session, actor_id: int, now: datetime) -> None:
    for number, one in enumerate(INVESTMENTS, start=1):
        session.add(
            Investment(
                id=number, name=one.name, street=one.street, city=one.city, description=one.description
            )
        )
    for template in TEMPLATES:
        session.add(
            MessageTemplate(
                name=template.name,
                channel=template.channel,
                purpose=template.purpose,
                subject=template.subject,
                body=template.body,
                updated_by_id=actor_id,
                created_at=now,
                updated_at=now,
            )
        )
        session.flush()
    write_definitions(session, now)
