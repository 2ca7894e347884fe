"""Drafts of campaigns: whatever a person has typed so far."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.contract_types import ContractType
from domain.delivery import CampaignStatus
from domain.errors import DomainError
from domain.merge_tags import field_name, field_path
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.client import Client
from models.investment import Investment
from models.sessions import rows_changed
from queries.audience import audience_of, pairs
from queries.merge_values import merge_values_column, record_paths, with_records
from services.approve_campaign import attachments_of
from services.branding import branding_in_force
from services.company_name import COMPANY_NAME, company_name
from services.compose_mail import NO_LINKS
from services.message_content import FrozenContent, check_variables, footer_of, prepare_content
from services.sms_settings import sms_settings
from services.text_content import FrozenText, prepare_text

LONGEST_SUBJECT = 400
LONGEST_BODY = 500_000
MOST_FIELDS = 100


class NoSuchInvestment(DomainError):
    message = "There is no investment number %(number)s."


class NobodyChosen(DomainError):
    message = "Choose at least one client."


class SubjectMissing(DomainError):
    message = "Enter the title of the message."


class BodyMissing(DomainError):
    message = "Enter the content of the message."


class SubjectTooLong(DomainError):
    message = "The title may have at most %(limit)s characters."


class BodyTooLong(DomainError):
    message = "The content may have at most %(limit)s characters."


class TooManyFields(DomainError):
    message = "A message may have at most %(limit)s fields to fill in."


class ContractTypesMissing(DomainError):
    message = "Choose at least one type of contract."


@dataclass(frozen=True, slots=True)
class Draft:
    """What a sender types; ``variables`` are the template's own fields, filled in by the sender, and
    ``strip_letters`` whether an SMS leaves without Polish letters (None: as its settings say).

    Raises SubjectTooLong, BodyTooLong and TooManyFields for what cannot be stored.
    """

    subject: str
    body: str
    contract_types: Sequence[ContractType] = ()
    variables: Mapping[str, str] | None = None
    template_id: int | None = None
    strip_letters: bool | None = None

    def __post_init__(self) -> None:
        if len(self.subject) > LONGEST_SUBJECT:
            raise SubjectTooLong(limit=LONGEST_SUBJECT)
        if len(self.body) > LONGEST_BODY:
            raise BodyTooLong(limit=LONGEST_BODY)
        if len(self.variables or ()) > MOST_FIELDS:
            raise TooManyFields(limit=MOST_FIELDS)


def start_investment_draft(
    session: Session,
    investment_id: int,
    draft: Draft,
    *,
    created_by_id: int | None,
    channel: Channel = Channel.EMAIL,
) -> Campaign:
    """A new draft for the clients of an investment. Commits."""
    if session.get(Investment, investment_id) is None:
        raise NoSuchInvestment(number=investment_id)
    campaign = Campaign(
        kind=CampaignKind.INVESTMENT,
        channel=channel,
        purpose=Purpose.MARKETING,
        investment_id=investment_id,
        created_by_id=created_by_id,
    )
    session.add(campaign)
    _write(campaign, draft)
    session.commit()
    return campaign


def start_selection_draft(
    session: Session,
    clients: sa.Select[tuple[int]],
    *,
    created_by_id: int | None,
    channel: Channel = Channel.EMAIL,
) -> Campaign:
    """A new draft for the clients a query selects (ids), stored with one INSERT … SELECT. Commits."""
    campaign = Campaign(
        kind=CampaignKind.CLIENTS, channel=channel, purpose=Purpose.MARKETING, created_by_id=created_by_id
    )
    session.add(campaign)
    session.flush()
    chosen = clients.subquery()
    selection = sa.select(sa.literal(campaign.id), Client.id).where(
        Client.id.in_(sa.select(chosen.c[0])), Client.merged_into_id.is_(None)
    )
    inserted = rows_changed(
        session, sa.insert(CampaignClient).from_select(["campaign_id", "client_id"], selection)
    )
    if not inserted:
        session.rollback()
        raise NobodyChosen
    session.commit()
    return campaign


def update_draft(session: Session, campaign: Campaign, draft: Draft) -> None:
    """Keep what was typed, whatever it is: a draft is checked when it is to be sent. Commits."""
    _write(campaign, draft)
    session.commit()


def discard_draft(session: Session, campaign_id: int) -> bool:
    """Delete a draft; False when it is one no longer. Commits."""
    discarded = rows_changed(
        session,
        sa.delete(Campaign).where(Campaign.id == campaign_id, Campaign.status == CampaignStatus.DRAFT),
    )
    session.commit()
    return bool(discarded)


def paths_to_fill(
    content: FrozenContent | FrozenText, campaign: Campaign, company_name: str
) -> tuple[str, ...]:
    """The dotted paths that no record fills: those printed in the template's order, then its variables."""
    known = record_paths(with_contract=campaign.kind == CampaignKind.INVESTMENT) | NO_LINKS.keys()
    if company_name:
        known |= {COMPANY_NAME}
    printed = [path for path in content.outputs if path not in known]
    return tuple(dict.fromkeys([*printed, *(f"variables.{name}" for name in content.variables)]))


def fields_to_fill(
    content: FrozenContent | FrozenText, campaign: Campaign, company_name: str
) -> tuple[str, ...]:
    """The same by the names that a sender knows them by."""
    return tuple(map(field_name, paths_to_fill(content, campaign, company_name)))


def filled_in(given: Mapping[str, object], path: str) -> str:
    """What the sender gave for the field at a dotted path, under whichever of its names."""
    names = (field_name(path), *(name for name in given if field_path(name) == path))
    return next((str(given[name]) for name in names if name in given), "")


def fields_of(session: Session, campaign: Campaign) -> tuple[str, ...]:
    """The fields of a draft that the sender fills in; raises as ``content_of`` and ``text_of``."""
    content = text_of(session, campaign) if campaign.channel == Channel.SMS else content_of(session, campaign)
    return fields_to_fill(content, campaign, company_name(session))


def content_of(session: Session, campaign: Campaign) -> FrozenContent:
    """The draft's texts as they would be frozen, in the branding in force.

    Raises TemplateRefused, SubjectMissing, BodyMissing.
    """
    if not campaign.subject.strip():
        raise SubjectMissing
    if not campaign.body.strip():
        raise BodyMissing
    return prepare_content(
        campaign.subject,
        campaign.body,
        footer_html=footer_of(campaign.purpose),
        branding=branding_in_force(session),
    )


def text_of(session: Session, campaign: Campaign) -> FrozenText:
    """The draft of an SMS as it would be frozen. Raises TemplateRefused and BodyMissing."""
    if not campaign.body.strip():
        raise BodyMissing
    return prepare_text(campaign.body, sms_settings(session), strip_letters=campaign.strip_letters)


def version_of(campaign: Campaign) -> str:
    """Names what a person was shown: a change of a word or of a file changes it."""
    return f"{campaign.updated_at.isoformat()} {','.join(map(str, attachments_of(campaign)))}"


def common_values(
    session: Session, campaign: Campaign, content: FrozenContent | FrozenText
) -> dict[str, str]:
    """What all recipients share (dotted path to text). Raises EmptyVariables, UnsafeVariable."""
    company = company_name(session)
    paths = paths_to_fill(content, campaign, company)
    values = {path: filled_in(campaign.variables, path) for path in paths}
    check_variables(tuple(map(field_name, paths)), {field_name(path): values[path] for path in paths})
    return {COMPANY_NAME: company, **values} if company else values


def sample_values(session: Session, campaign: Campaign, client_id: int | None = None) -> dict[str, str]:
    """The merge values of one client of the audience (by default the first), empty when there is none."""
    rows = pairs(audience_of(campaign)).subquery("pairs")
    with_contract = campaign.kind == CampaignKind.INVESTMENT
    query = (
        sa.select(merge_values_column(with_contract=with_contract))
        .select_from(with_records(rows, with_contract=with_contract))
        .order_by(rows.c.client_id, rows.c.contract_id)
        .limit(1)
    )
    if client_id is not None:
        query = query.where(rows.c.client_id == client_id)
    found = session.scalar(query)
    return dict(found) if found else dict.fromkeys(record_paths(with_contract=with_contract), "")


def _write(campaign: Campaign, draft: Draft) -> None:
    campaign.subject = draft.subject
    campaign.body = draft.body
    campaign.contract_types = [kind.value for kind in _ordered(draft.contract_types)]
    campaign.variables = dict(draft.variables or {})
    campaign.template_id = draft.template_id
    campaign.strip_letters = draft.strip_letters


def _ordered(kinds: Iterable[ContractType]) -> list[ContractType]:
    chosen = set(kinds)
    return [kind for kind in ContractType if kind in chosen]
