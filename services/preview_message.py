"""A draft as one client will see it, and what a draft still lacks."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.errors import DomainError
from domain.merge_tags import field_name
from gateways.ejs import EjsRuntime
from models.campaign import Campaign
from services.company_name import COMPANY_NAME, company_name
from services.compose_mail import NO_LINKS, nest
from services.draft_campaign import (
    BodyMissing,
    content_of,
    fields_to_fill,
    filled_in,
    paths_to_fill,
    sample_values,
)
from services.message_content import (
    ContentRenderer,
    FrozenContent,
    Rendered,
    compile_as_written,
    footer_of,
    prepare_content,
)
from services.preview_text import TypedText, reader_in_campaign, render_typed
from services.sms_settings import sms_settings
from services.text_content import FrozenText, TextRenderer, prepare_text


@dataclass(frozen=True, slots=True)
class DraftState:
    """``fields``: what the sender has to fill in; ``problem``: why the template cannot be used, if so."""

    fields: tuple[str, ...]
    problem: DomainError | None


def inspect_draft(session: Session, campaign: Campaign, runtime: EjsRuntime) -> DraftState:
    """Look at a draft as far as it has been typed; its syntax is checked, nothing is rendered."""
    look = _compiled_text if campaign.channel == Channel.SMS else _compiled_letter
    try:
        content = look(session, campaign, runtime)
    except DomainError as problem:
        return DraftState((), problem)
    return DraftState(fields_to_fill(content, campaign, company_name(session)), None)


def _compiled_letter(_session: Session, campaign: Campaign, runtime: EjsRuntime) -> FrozenContent:
    compile_as_written(campaign.body, runtime)
    content = prepare_content(campaign.subject, campaign.body, footer_html=footer_of(campaign.purpose))
    ContentRenderer(content, runtime)
    return content


def _compiled_text(session: Session, campaign: Campaign, runtime: EjsRuntime) -> FrozenText:
    content = prepare_text(campaign.body, sms_settings(session), strip_letters=campaign.strip_letters)
    TextRenderer(content, runtime)
    return content


def preview_message(
    session: Session, campaign: Campaign, runtime: EjsRuntime, *, client_id: int | None = None
) -> Rendered:
    """The draft rendered for one client of its audience (by default the first).

    A field that nobody has filled in yet shows its own name in braces. Raises SubjectMissing, BodyMissing,
    TemplateRefused and TemplateFailed.
    """
    if campaign.channel == Channel.SMS:
        return Rendered("", "", _preview_text(session, campaign, runtime, client_id))
    content = content_of(session, campaign)
    compile_as_written(campaign.body, runtime)
    values = {
        **_shared_values(session, campaign, content),
        **sample_values(session, campaign, client_id),
        **NO_LINKS,
    }
    return ContentRenderer(content, runtime).render(nest(values))


def _preview_text(session: Session, campaign: Campaign, runtime: EjsRuntime, client_id: int | None) -> str:
    if not campaign.body.strip():
        raise BodyMissing
    given = {name: str(value) for name, value in campaign.variables.items()}
    typed = TypedText(campaign.body, campaign.strip_letters, given)
    return render_typed(session, typed, reader_in_campaign(session, campaign, client_id), runtime)


def _shared_values(session: Session, campaign: Campaign, content: FrozenContent) -> Mapping[str, str]:
    company = company_name(session)
    values = {COMPANY_NAME: company} if company else {}
    for path in paths_to_fill(content, campaign, company):
        values[path] = filled_in(campaign.variables, path).strip() or f"{{{field_name(path)}}}"
    return values
