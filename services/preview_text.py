"""An SMS while it is written: as one client will read it, and what it will cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.correspondence import SAMPLE_VALUES
from domain.errors import DomainError
from domain.merge_tags import field_name
from domain.segments import Segmentation, check_parts, segment
from domain.tariff import Tariff
from domain.transliteration import to_gsm
from gateways.ejs import EjsRuntime
from models.campaign import Campaign
from models.client import PhoneNumber
from models.conversation import Conversation
from queries.audience import audience_of, pairs
from queries.correspondent import correspondent
from queries.merge_values import merge_values_column, with_records
from services.company_name import COMPANY_NAME, company_name
from services.draft_campaign import filled_in, sample_values
from services.price_list import NoPrice
from services.sms_settings import SmsSettings, sms_settings
from services.text_content import FrozenText, TextRenderer, prepare_text

ANY_POLISH = "+48"
"""Whose price is shown while nobody's number is known."""


@dataclass(frozen=True, slots=True)
class TypedText:
    """What its author has typed so far; ``strip_letters`` none: as the settings say."""

    body: str
    strip_letters: bool | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a text is shown for: merge values (dotted path to text) and an E.164 number or its beginning."""

    values: Mapping[str, str]
    number: str = ANY_POLISH


@dataclass(frozen=True, slots=True)
class CountedText:
    """``text`` as it leaves, or as it was typed where it cannot be rendered, which ``problem`` explains.

    ``plain`` counts it without Polish letters and typography; ``strips`` says that it leaves so anyway.
    ``unit_price``: 1/10000 PLN a part, none when the price list has no price.
    """

    text: str
    counted: Segmentation
    plain: Segmentation
    strips: bool
    unit_price: int | None
    problem: DomainError | None


def reader_in_campaign(session: Session, campaign: Campaign, client_id: int | None) -> Reader:
    """One client of a campaign's audience, by default the first."""
    rows = pairs(audience_of(campaign)).subquery("pairs")
    query = sa.select(rows.c.normalised).order_by(rows.c.client_id, rows.c.contract_id).limit(1)
    if client_id is not None:
        query = query.where(rows.c.client_id == client_id)
    values = {**_company(session), **sample_values(session, campaign, client_id)}
    return Reader(values, session.scalar(query) or ANY_POLISH)


def reader_alone(session: Session, client_id: int) -> Reader:
    """A client who is written to alone, without a contract."""
    row = sa.select(sa.literal(client_id).label("client_id")).subquery("alone")
    source = with_records(row, with_contract=False)
    found = session.scalar(sa.select(merge_values_column(with_contract=False)).select_from(source))
    number = session.scalar(
        sa.select(PhoneNumber.normalised).where(PhoneNumber.client_id == client_id, PhoneNumber.is_primary)
    )
    return Reader({**_company(session), **(found or {})}, number or ANY_POLISH)


def reader_in_conversation(session: Session, conversation: Conversation) -> Reader:
    """Whoever an answer there goes to, a stranger included."""
    found = correspondent(session, conversation, Channel.SMS)
    if found is None:
        return Reader(_company(session))
    return Reader({**_company(session), **found.values}, found.address or ANY_POLISH)


def sample_reader(session: Session) -> Reader:
    """A client who does not exist."""
    return Reader({**SAMPLE_VALUES, **_company(session)})


def render_typed(session: Session, typed: TypedText, reader: Reader, runtime: EjsRuntime) -> str:
    """The text as it leaves; a field that nobody has filled in yet shows its own name in braces.

    Raises TemplateRefused and TemplateFailed.
    """
    return _render(typed, sms_settings(session), reader, runtime)


def count_typed(
    session: Session, typed: TypedText, reader: Reader, runtime: EjsRuntime, tariff: Tariff
) -> CountedText:
    """Count the text as this reader gets it, with its footer; an empty one is of no parts."""
    settings = sms_settings(session)
    strips = settings.strip_letters if typed.strip_letters is None else typed.strip_letters
    problem: DomainError | None = None
    text = ""
    if typed.body.strip():
        try:
            text = _render(typed, settings, reader, runtime)
        except DomainError as error:
            problem = error
            text = "\n".join(part for part in (typed.body.strip(), settings.footer) if part)
            text = to_gsm(text) if strips else text
    counted, price = segment(text), tariff.price_of(reader.number)
    if problem is None:
        problem = _what_forbids(counted, settings, reader, price)
    return CountedText(text, counted, segment(to_gsm(text)), strips, price, problem)


def _render(typed: TypedText, settings: SmsSettings, reader: Reader, runtime: EjsRuntime) -> str:
    content = prepare_text(typed.body, settings, strip_letters=typed.strip_letters)
    values = {**_to_be_filled(content, typed, reader), **reader.values}
    return content.finished(TextRenderer(content, runtime).render_many([values])[0])


def _to_be_filled(content: FrozenText, typed: TypedText, reader: Reader) -> dict[str, str]:
    printed = [path for path in content.outputs if path not in reader.values]
    return {
        path: filled_in(typed.variables, path).strip() or f"{{{field_name(path)}}}"
        for path in (*printed, *(f"variables.{name}" for name in content.variables))
    }


def _what_forbids(
    counted: Segmentation, settings: SmsSettings, reader: Reader, price: int | None
) -> DomainError | None:
    try:
        check_parts(counted, settings.most_parts)
    except DomainError as too_long:
        return too_long
    return NoPrice(number=reader.number) if counted.parts and price is None else None


def _company(session: Session) -> dict[str, str]:
    name = company_name(session)
    return {COMPANY_NAME: name} if name else {}
