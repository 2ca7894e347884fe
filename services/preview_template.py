"""A message template as a client might see it, and what it asks for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.branding import PLAIN, Branding
from domain.channel import Channel
from domain.correspondence import SAMPLE_VALUES
from domain.errors import DomainError
from domain.merge_tags import variable_of
from domain.template_source import Ejs, Tag, TemplateSource, Text, parse
from gateways.ejs import EjsRuntime
from models.message_template import MessageTemplate
from services.compose_mail import NO_LINKS, nest
from services.message_content import ContentRenderer, Rendered, footer_of, prepare_content


@dataclass(frozen=True, slots=True)
class TemplatePreview:
    """``rendered`` or the ``problem`` that stands in its way; ``html`` is empty for a text message.

    ``fields``: merge tags in braces and dotted paths that records fill, in the order of first use;
    ``variables``: what the sender has to fill in; ``has_logic``: there is EJS beyond plain outputs.
    """

    rendered: Rendered | None
    problem: DomainError | None
    fields: tuple[str, ...]
    variables: tuple[str, ...]
    has_logic: bool


def preview_template(
    template: MessageTemplate, runtime: EjsRuntime, branding: Branding = PLAIN
) -> TemplatePreview:
    """The template with sample values, in that branding; a field that its sender would fill in shows its name
    in braces.
    """
    is_email = template.channel == Channel.EMAIL
    try:
        sources = [parse(template.subject, html=False)] if is_email else []
        sources.append(parse(template.body, html=is_email))
    except DomainError as refused:
        return TemplatePreview(None, refused, (), (), has_logic=False)
    variables = tuple(dict.fromkeys(name for source in sources for name in source.variables))
    values = nest(values_of_nobody(variables))
    rendered, problem = None, None
    try:
        rendered = (
            _email(template, branding, runtime, values) if is_email else _text(sources[-1], runtime, values)
        )
    except DomainError as failed:
        problem = failed
    has_logic = any(source.has_logic for source in sources)
    return TemplatePreview(rendered, problem, _fields(sources), variables, has_logic)


def values_of_nobody(variables: Iterable[str]) -> dict[str, str]:
    """A client who does not exist: dotted path to text. What a sender fills in is its name in braces."""
    filled = {f"variables.{name}": f"{{{name}}}" for name in variables}
    return {**SAMPLE_VALUES, **NO_LINKS, **filled}


def _email(
    template: MessageTemplate, branding: Branding, runtime: EjsRuntime, values: Mapping[str, object]
) -> Rendered:
    content = prepare_content(
        template.subject, template.body, footer_html=footer_of(template.purpose), branding=branding
    )
    return ContentRenderer(content, runtime).render(values)


def _text(source: TemplateSource, runtime: EjsRuntime, values: Mapping[str, object]) -> Rendered:
    return Rendered("", "", runtime.compile(source.to_ejs(), escape="none").render(values))


def _fields(sources: list[TemplateSource]) -> tuple[str, ...]:
    named = (_field(piece) for source in sources for piece in source)
    return tuple(dict.fromkeys(name for name in named if name))


def _field(piece: Text | Tag | Ejs) -> str | None:
    """How a plain output of a record's field is written, None for anything else."""
    if isinstance(piece, Text) or piece.path is None or variable_of(piece.path):
        return None
    return f"{{{piece.name}}}" if isinstance(piece, Tag) else piece.path
