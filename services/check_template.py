"""Whether a message template can be used, before it is kept."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from domain.channel import Channel, Purpose
from domain.errors import DomainError
from domain.template_source import parse
from gateways.ejs import EjsRuntime
from gateways.ejs_failures import FailedAtLine, FailedSomewhere
from services.compose_mail import nest
from services.draft_campaign import SubjectMissing
from services.message_content import (
    ContentRenderer,
    FrozenContent,
    compile_as_written,
    footer_of,
    prepare_content,
)
from services.preview_template import values_of_nobody
from services.sms_settings import SmsSettings
from services.text_content import TextRenderer, prepare_text


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """Why a template cannot be used, and in which of its two texts."""

    field: Literal["subject", "body"]
    error: DomainError


def template_problem(
    subject: str,
    body: str,
    *,
    channel: Channel,
    purpose: Purpose,
    runtime: EjsRuntime,
    records: Mapping[str, str] = MappingProxyType({}),
) -> TemplateProblem | None:
    """The first thing that is wrong with a template, or None: each text is prepared, compiled and
    rendered once for a client who does not exist. ``records``: dotted path to text, what else there is to
    say anything of.
    """
    if channel == Channel.SMS:
        return _problem("body", lambda: _check_sms(body, records, runtime))
    if channel != Channel.EMAIL:
        return _problem("body", lambda: _check_plain(body, records, runtime))
    return _problem("subject", lambda: _check_subject(subject, records, runtime)) or _problem(
        "body", lambda: _check_html(body, purpose, records, runtime)
    )


def _problem(field: Literal["subject", "body"], check: Callable[[], None]) -> TemplateProblem | None:
    try:
        check()
    except DomainError as error:
        return TemplateProblem(field, error)
    return None


def _check_subject(subject: str, records: Mapping[str, str], runtime: EjsRuntime) -> None:
    if not subject.strip():
        raise SubjectMissing
    _try_letter(prepare_content(subject, ""), records, runtime)


def _check_html(body: str, purpose: Purpose, records: Mapping[str, str], runtime: EjsRuntime) -> None:
    compile_as_written(body, runtime)
    _try_letter(prepare_content("", body, footer_html=footer_of(purpose)), records, runtime)


def _check_sms(body: str, records: Mapping[str, str], runtime: EjsRuntime) -> None:
    content = prepare_text(body, SmsSettings())
    renderer = TextRenderer(content, runtime)
    with _forgiving(content.variables):
        renderer.render_many([{**values_of_nobody(content.variables), **records}])


def _check_plain(body: str, records: Mapping[str, str], runtime: EjsRuntime) -> None:
    source = parse(body, html=False)
    template = runtime.compile(source.to_ejs(), escape="none")
    with _forgiving(source.variables):
        template.render(nest({**values_of_nobody(source.variables), **records}))


def _try_letter(content: FrozenContent, records: Mapping[str, str], runtime: EjsRuntime) -> None:
    renderer = ContentRenderer(content, runtime)
    with _forgiving(content.variables):
        renderer.render(nest({**values_of_nobody(content.variables), **records}))


@contextmanager
def _forgiving(variables: Sequence[str]) -> Iterator[None]:
    """Only a limit stops a template that its sender fills in: what it is filled with is not known yet."""
    try:
        yield
    except (FailedAtLine, FailedSomewhere):
        if not variables:
            raise
