"""How a client looks in the list and on the card."""

from typing import Any

from flask_babel import gettext
from markupsafe import Markup, escape

from admin_views.formatters import NOTHING, badge, channel_icon, tag
from admin_views.money import units
from admin_views.phone_check import mark_of
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.consent import ConsentAction, ConsentMethod
from queries.client_card import (
    active_suppressions,
    consent_lines,
    contact_persons,
    contracts_of,
    last_messages,
)
from queries.desk_card import of_client
from services.company_name import company_name
from services.read_message import SubjectReader


def primary_email(_view: Any, _context: Any, client: Client, _name: str) -> Markup:
    """The primary address; a badge says what is wrong with it."""
    address = client.primary_email
    if address is None:
        return tag(gettext("missing"), "warning")
    if not address.is_valid:
        return Markup("{} {}").format(address.address, tag(gettext("invalid"), "bad"))
    return escape(address.address)


def primary_phone(_view: Any, _context: Any, client: Client, _name: str) -> Markup:
    number = client.primary_phone
    return Markup('<span class="num">{}</span>').format(number.number) if number else NOTHING


def plain_email(_view: Any, _context: Any, client: Client, _name: str) -> str:
    return str(client.primary_email or "")


def plain_phone(_view: Any, _context: Any, client: Client, _name: str) -> str:
    return str(client.primary_phone or "")


def postal_address(_view: Any, _context: Any, client: Client, _name: str) -> Markup:
    lines = [client.street, f"{client.postal_code} {client.city}".strip()]
    if client.country != "PL":
        lines.append(client.country)
    written = [escape(line) for line in lines if line]
    return Markup("<br>").join(written) if written else NOTHING


def banners(view: Any, client: Client) -> list[Markup]:
    """What stands in the way of writing to the client."""
    blocks = active_suppressions(db.session, client.id)
    return [view.section("client_blocks", blocks=blocks)] if blocks else []


def sections(view: Any, client: Client) -> list[Markup]:
    session = db.session
    return [
        view.section(
            "client_contact",
            client=client,
            persons=contact_persons(session, client.id),
            mark_of=mark_of,
        ),
        view.section(
            "client_consents",
            client=client,
            lines=consent_lines(session, client.id),
            actions=list(ConsentAction),
            methods=list(ConsentMethod),
            badge=badge,
            has_controller=bool(company_name(session())),
        ),
        view.section("client_contracts", contracts=contracts_of(session, client.id), badge=badge),
        view.section(
            "client_desk", client=client, some=of_client(session, client.id), units=units, badge=badge
        ),
        view.section(
            "client_messages",
            messages=last_messages(session, client.id),
            subjects=SubjectReader(wiring().ejs()),
            channel_icon=channel_icon,
            badge=badge,
            client=client,
        ),
    ]
