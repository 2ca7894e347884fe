"""What an SMS campaign needs: a price, money on the account, clients with numbers and consents."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from domain.channel import Channel
from models.campaign import Campaign
from models.client import Client
from models.consent import ConsentDefinition
from models.price_list import SmsPrice
from tests import factories as make
from tests.sms_scene import PRICE, make_rich

NUMBERS = tuple(f"+4860010020{place}" for place in range(10))


def set_price(session: Session, price: int = PRICE) -> None:
    session.add(
        SmsPrice(name="Polska", prefix="48", gross_per_part=price, vat_rate=23, valid_from=date(2020, 1, 1))
    )
    session.flush()


def make_texted(
    session: Session, definition: ConsentDefinition | None, number: str | None, **values: Any
) -> Client:
    """A client with a number, and with the consent unless there is none."""
    client = make.make_client(session, **values)
    if number:
        make.give_phone(session, client, number)
    if definition is not None:
        make.grant(session, client, definition)
    return client


def make_sms_draft(session: Session, body: str = "Zapraszamy, {first_name}!", **values: Any) -> Campaign:
    """A draft for two clients, each with a number of their own; there is a price and money enough."""
    make_rich(session)
    set_price(session)
    definition = make.make_definition(session, channel=Channel.SMS)
    draft = make.make_draft(session, make.make_investment(session, "Osiedle Test"), channel=Channel.SMS)
    draft.subject, draft.body = "", body
    for name, value in values.items():
        setattr(draft, name, value)
    for place, name in enumerate(("Jan", "Ewa")):
        client = make_texted(session, definition, NUMBERS[place], first_name=name)
        make.make_contract(session, draft.investment, client)
    session.flush()
    return draft
