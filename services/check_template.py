"""Whether a message template can be used, before it is kept."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from domain.channel import Channel, Purpose
from domain.errors import DomainError
from domain.template_source import parse
from gateways.ejs import EjsRuntime
from services.draft_campaign import SubjectMissing
from services.message_content import ContentRenderer, compile_as_written, footer_of, prepare_content
from services.sms_settings import SmsSettings
from services.text_content import TextRenderer, prepare_text


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """Why a template cannot be used, and in which of its two texts."""

    field: Literal["subject", "body"]
    error: DomainError


def template_problem(
    subject: str, body: str, *, channel: Channel, purpose: Purpose, runtime: EjsRuntime
) -> TemplateProblem | None:
    """The first thing that is wrong with a template, or None: each text is prepared and compiled, none is
    rendered.
    """
    if channel == Channel.SMS:
        return _problem("body", lambda: _check_sms(body, runtime))
    if channel != Channel.EMAIL:
        return _problem("body", lambda: _check_plain(body, runtime))
    return _problem("subject", lambda: _check_subject(subject, runtime)) or _problem(
        "body", lambda: _check_html(body, purpose, runtime)
    )


def _problem(field: Literal["subject", "body"], check: Callable[[], None]) -> TemplateProblem | None:
    try:
        check()
    except DomainError as error:
        return TemplateProblem(field, error)
    return None


def _check_subject(subject: str, runtime: EjsRuntime) -> None:
    if not subject.strip():
        raise SubjectMissing
    ContentRenderer(prepare_content(subject, ""), runtime)


def _check_html(body: str, purpose: Purpose, runtime: EjsRuntime) -> None:
    compile_as_written(body, runtime)
    ContentRenderer(prepare_content("", body, footer_html=footer_of(purpose)), runtime)


def _check_sms(body: str, runtime: EjsRuntime) -> None:
    TextRenderer(prepare_text(body, SmsSettings()), runtime)


def _check_plain(body: str, runtime: EjsRuntime) -> None:
    runtime.compile(parse(body, html=False).to_ejs(), escape="none")
