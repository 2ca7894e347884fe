"""A message to one client alone, from what its author wrote to what the client will get."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.errors import DomainError
from domain.merge_tags import RECORD_PATHS, field_name
from domain.template_source import Ejs, TemplateSource, parse
from gateways.ejs import EjsRuntime
from models.message_template import MessageTemplate
from services.branding import branding_in_force
from services.company_name import COMPANY_NAME, company_name
from services.compose_mail import nest
from services.draft_campaign import BodyMissing, Draft, SubjectMissing
from services.message_content import (
    ContentRenderer,
    EmptyVariables,
    FrozenContent,
    Rendered,
    footer_of,
    one_line,
    prepare_content,
)
from services.sms_settings import sms_settings
from services.text_content import FrozenText, TextRenderer, prepare_text


class CodeInMessage(DomainError):
    message = "A message to one client cannot hold template code. Choose a template that holds it."


class Known(Protocol):
    """Whom a message is for. ``values``: dotted path to text."""

    @property
    def values(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote to a client; merge tags may stand in it, code may not: a client's own data, put in
    by a template, would otherwise be run. ``strip_letters`` none: an SMS leaves as the settings say.
    ``is_answer``: the subject repeats what somebody else wrote and is no template at all.

    Raises SubjectTooLong and BodyTooLong for what cannot be stored.
    """

    channel: Channel
    body: str
    subject: str = ""
    purpose: Purpose = Purpose.SERVICE
    strip_letters: bool | None = None
    is_answer: bool = False

    def __post_init__(self) -> None:
        Draft(self.subject, self.body)


def fill_template(
    session: Session, template: MessageTemplate, client: Known, runtime: EjsRuntime
) -> tuple[str, str]:
    """A template's subject and body with what is known of the client filled in.

    What nobody knows stays as a field in braces, for its author to write over. Raises TemplateRefused and
    TemplateFailed.
    """
    html = template.channel is Channel.EMAIL
    known = _values(session, client)
    subject = _fill(parse(template.subject, html=False), known, runtime, "none")
    body = _fill(parse(template.body, html=html), known, runtime, "html" if html else "none")
    return one_line(subject), body


def render_text(
    session: Session, written: Written, client: Known, runtime: EjsRuntime
) -> tuple[TextRenderer, Mapping[str, str]]:
    """An SMS with its footer, ready to be counted, and the values to render it with.

    Raises BodyMissing, CodeInMessage, EmptyVariables, TemplateRefused and TemplateFailed.
    """
    _check_written(written)
    content = prepare_text(written.body, sms_settings(session), strip_letters=written.strip_letters)
    values = _values(session, client)
    _check_filled(content, values)
    return TextRenderer(content, runtime), values


def finished_text(renderer: TextRenderer, values: Mapping[str, str]) -> str:
    """The SMS as it leaves."""
    return renderer.content.finished(renderer.render_many([values])[0])


def render_mail(
    session: Session, written: Written, client: Known, runtime: EjsRuntime, *, links: Mapping[str, str]
) -> Rendered:
    """An e-mail as it leaves; ``links`` by dotted path. Raises SubjectMissing and what `render_text` does."""
    if not written.subject.strip():
        raise SubjectMissing
    _check_written(written)
    content = prepare_content(
        "" if written.is_answer else written.subject,
        written.body,
        footer_html=footer_of(written.purpose),
        branding=branding_in_force(session),
    )
    values = {**_values(session, client), **links}
    _check_filled(content, values)
    rendered = ContentRenderer(content, runtime).render(nest(values))
    return replace(rendered, subject=one_line(written.subject.strip())) if written.is_answer else rendered


def _values(session: Session, client: Known) -> dict[str, str]:
    company = company_name(session)
    return {**client.values, **({COMPANY_NAME: company} if company else {})}


def _fill(
    source: TemplateSource, known: Mapping[str, str], runtime: EjsRuntime, escape: Literal["html", "none"]
) -> str:
    unknown = {path: f"{{{field_name(path)}}}" for path in source.outputs if path in RECORD_PATHS}
    fields = {f"variables.{name}": f"{{{name}}}" for name in source.variables}
    return runtime.compile(source.to_ejs(), escape=escape).render(nest({**unknown, **fields, **known}))


def _check_written(written: Written) -> None:
    if not written.body.strip():
        raise BodyMissing
    html = written.channel is Channel.EMAIL
    subject = "" if written.is_answer else written.subject
    sources = [parse(written.body, html=html), parse(subject, html=False)]
    if any(isinstance(piece, Ejs) for source in sources for piece in source):
        raise CodeInMessage


def _check_filled(content: FrozenText | FrozenContent, values: Mapping[str, str]) -> None:
    unknown = [path for path in content.outputs if path not in values]
    if empty := tuple(dict.fromkeys([*map(field_name, unknown), *content.variables])):
        raise EmptyVariables(empty)
