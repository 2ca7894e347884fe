"""Records for tests, one small function each. They add and flush; the test commits where it must."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.channel import Channel
from domain.contract_types import ContractType
from domain.delivery import Status
from models.attachment import Attachment
from models.campaign import Campaign, CampaignKind, CampaignRecipient
from models.client import Client, ClientKind, EmailAddress, PhoneNumber
from models.consent import (
    ConsentAction,
    ConsentDefinition,
    ConsentEvent,
    ConsentMethod,
    ConsentPurpose,
    ConsentState,
    ConsentWording,
)
from models.investment import Contract, ContractParty, Investment
from models.mail_account import MailAccount
from models.message import Direction, Message, Origin
from models.setting import SUPPRESSION_KEY, secret_of
from models.suppression import Suppression, SuppressionReason
from models.user import User

LONG_AGO = datetime(2025, 1, 15, 12, 0, tzinfo=UTC)
CONTENT: dict[str, Any] = {
    "subject": "Dzień dobry",
    "html": "<p><%= client.name %></p>",
    "text": "<%= client.name %>",
    "variables": [],
    "has_logic": False,
}
_numbers = count(1)


def make_person(
    session: Session, first_name: str = "Anna", last_name: str = "Nowak", **values: Any
) -> Client:
    return make_client(session, kind=ClientKind.PERSON, first_name=first_name, last_name=last_name, **values)


def make_company(session: Session, company_name: str = "Arkada Sp. z o.o.", **values: Any) -> Client:
    return make_client(session, kind=ClientKind.COMPANY, company_name=company_name, **values)


def make_client(session: Session, *, email: str | None = None, **values: Any) -> Client:
    """A person unless told otherwise; ``email`` becomes the primary address."""
    client = Client(**{"first_name": "Anna", "last_name": "Nowak"} | values)
    session.add(client)
    session.flush()
    if email is not None:
        give_address(session, client, email)
    return client


def make_ready_client(
    session: Session, definition: ConsentDefinition, email: str | None = None, **values: Any
) -> Client:
    """A client to whom nothing forbids to write."""
    client = make_client(session, email=email or f"client{next(_numbers)}@poczta.example", **values)
    grant(session, client, definition)
    return client


def give_address(session: Session, client: Client, address: str, *, is_primary: bool = True) -> EmailAddress:
    row = EmailAddress(client=client, address=address, is_primary=is_primary)
    session.add(row)
    session.flush()
    return row


def give_phone(session: Session, client: Client, number: str, *, is_primary: bool = True) -> PhoneNumber:
    row = PhoneNumber(client=client, number=number, is_primary=is_primary)
    session.add(row)
    session.flush()
    return row


def digest_of(session: Session, address: str) -> str:
    """The digest a block of the address is keyed by."""
    return address_digest(normalise_email(address), secret_of(session.connection(), SUPPRESSION_KEY))


def block(
    session: Session, address: str, *, channel: Channel = Channel.EMAIL, lifted: bool = False
) -> Suppression:
    row = Suppression(
        channel=channel,
        address_digest=digest_of(session, address),
        reason=SuppressionReason.BOUNCE,
        source="smtp",
        lifted_at=LONG_AGO if lifted else None,
        lift_note="the mailbox is back" if lifted else None,
    )
    session.add(row)
    session.flush()
    return row


def make_definition(
    session: Session,
    *,
    channel: Channel | None = Channel.EMAIL,
    purpose: ConsentPurpose = ConsentPurpose.MARKETING,
    versions: int = 1,
    minimum_version: int = 1,
    is_active: bool = True,
) -> ConsentDefinition:
    """A consent with so many wordings, by default to marketing e-mail."""
    definition = ConsentDefinition(
        name=f"consent {next(_numbers)}",
        channel=channel,
        purpose=purpose,
        minimum_version=minimum_version,
        is_active=is_active,
        wordings=[
            ConsentWording(version=version, text=f"wording {version}", created_at=LONG_AGO)
            for version in range(1, versions + 1)
        ],
    )
    session.add(definition)
    session.flush()
    return definition


def grant(
    session: Session,
    client: Client,
    definition: ConsentDefinition,
    *,
    version: int | None = None,
    action: ConsentAction = ConsentAction.GRANTED,
    moment: datetime = LONG_AGO,
) -> ConsentEvent:
    """What the client said (by default yes to the current wording), with the state it amounts to."""
    wording = definition.wordings[version - 1 if version else -1]
    event = ConsentEvent(
        client_id=client.id,
        definition_id=definition.id,
        wording_id=wording.id,
        action=action,
        method=ConsentMethod.FORM,
        occurred_at=moment,
        recorded_at=moment,
    )
    session.add(event)
    session.flush()
    state = session.get(ConsentState, (client.id, definition.id))
    if state is None:
        state = ConsentState(client_id=client.id, definition_id=definition.id)
        session.add(state)
    state.granted = action == ConsentAction.GRANTED
    state.wording_version, state.event_id = wording.version, event.id
    session.flush()
    return event


def make_investment(session: Session, name: str | None = None) -> Investment:
    investment = Investment(name=name or f"Osiedle {next(_numbers)}", city="Wrocław")
    session.add(investment)
    session.flush()
    return investment


def make_contract(
    session: Session, investment: Investment, *clients: Client, type: ContractType = ContractType.SALE
) -> Contract:
    """A contract of the investment, signed by the clients."""
    contract = Contract(
        investment=investment,
        type=type,
        number=f"{next(_numbers)}/2025",
        unit="A/1/1",
        signed_on=date(2025, 6, 30),
        parties=[ContractParty(client=client) for client in clients],
    )
    session.add(contract)
    session.flush()
    return contract


def make_user(session: Session, email: str | None = None) -> User:
    user = User(email=email or f"user{next(_numbers)}@goniec.example", fs_uniquifier=uuid4().hex)
    session.add(user)
    session.flush()
    return user


def default_account(session: Session) -> MailAccount:
    """The account the schema comes with."""
    return session.query(MailAccount).filter(MailAccount.is_default).one()


def make_draft(session: Session, investment: Investment, *types: ContractType, **values: Any) -> Campaign:
    """A draft for the clients of an investment, by default behind sale contracts."""
    campaign = Campaign(
        kind=CampaignKind.INVESTMENT,
        investment=investment,
        contract_types=[kind.value for kind in types or (ContractType.SALE,)],
        subject="Dzień dobry",
        body="<p>{client_name}</p>",
        **values,
    )
    session.add(campaign)
    session.flush()
    return campaign


def make_campaign(session: Session, investment: Investment, **values: Any) -> Campaign:
    """An approved campaign that is being sent."""
    approved = {"status": "sending", "approved_at": LONG_AGO, "frozen_content": CONTENT, "account_id": None}
    approved["account_id"] = default_account(session).id
    return make_draft(session, investment, **approved | values)


def make_message(session: Session, **values: Any) -> Message:
    """A queued e-mail written by hand unless told otherwise."""
    defaults: dict[str, Any] = {
        "idempotency_key": str(uuid4()),
        "channel": Channel.EMAIL,
        "direction": Direction.OUTGOING,
        "origin": Origin.CAMPAIGN if values.get("campaign") else Origin.MANUAL,
        "status": Status.QUEUED,
        "address": "anna@poczta.example",
        "created_at": LONG_AGO,
        "due_at": LONG_AGO,
    }
    message = Message(**defaults | values)
    session.add(message)
    session.flush()
    return message


def make_recipient(
    session: Session, campaign: Campaign, client: Client, message: Message | None, **values: Any
) -> CampaignRecipient:
    """One of the frozen audience, behind a message (or, with a ``reason``, skipped)."""
    row = CampaignRecipient(
        campaign=campaign,
        channel=Channel.EMAIL,
        client=client,
        message_id=message.id if message else None,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def make_attachment(session: Session, filename: str = "cennik.pdf") -> Attachment:
    """A file's row; its bytes are nowhere."""
    attachment = Attachment(
        uuid=str(uuid4()),
        filename=filename,
        content_type="application/pdf",
        size=5,
        sha256="0" * 64,
        created_at=LONG_AGO,
    )
    session.add(attachment)
    session.flush()
    return attachment
