"""What a message says, as options of a command: from a template or a file, with its fields filled in."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from commands.output import bad_input, is_text
from domain.channel import Channel
from domain.contract_types import ContractType
from domain.local_time import ClockSkipsIt, InThePast, TooFarAhead
from domain.template_source import TemplateRefused
from extensions.wiring import wiring
from gateways.ejs import EjsRuntime, TemplateFailed
from models import db
from models.message_template import MessageTemplate
from services.attach_file import AttachmentRefused
from services.draft_campaign import (
    BodyMissing,
    BodyTooLong,
    Draft,
    NoSuchInvestment,
    SubjectMissing,
    SubjectTooLong,
    TooManyFields,
)
from services.message_content import EmptyVariables, UnsafeVariable

BAD_MESSAGE = (
    AttachmentRefused, BodyMissing, BodyTooLong, ClockSkipsIt, EmptyVariables, InThePast, NoSuchInvestment,
    SubjectMissing, SubjectTooLong, TemplateFailed, TemplateRefused, TooFarAhead, TooManyFields,
    UnsafeVariable,
)  # fmt: skip

Callback = TypeVar("Callback", bound=Callable[..., Any])

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option("--channel", type=click.Choice([Channel.EMAIL.value, Channel.SMS.value]), default="email"),
    click.option("--template", "template_id", type=int, help="A message template's number."),
    click.option("--subject", help="The title; with --body-file instead of --template."),
    click.option("--body-file", type=FILE, help="The content in UTF-8: HTML, or the text of an SMS."),
    click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A field of the template."),
)
_NAMES = ("contract_types", "channel", "template_id", "subject", "body_file", "variables")


def message_options(command: Callback) -> Callback:
    """The options that say by which channel and what; `draft_from` reads them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def has_message(options: Mapping[str, Any]) -> bool:
    """Whether any of a message's own options was given."""
    return any(options[name] is not None for name in ("template_id", "subject", "body_file"))


def draft_from(options: Mapping[str, Any]) -> Draft:
    """What the options say, or an end with one line and exit code 2."""
    return _draft(**{name: options[name] for name in _NAMES})


def script_engine() -> EjsRuntime:
    hands = wiring()
    try:
        return hands.ejs()
    except OSError as error:
        bad_input(f"{hands.ejs_source} cannot be read ({error.strerror}). Run: make setup")


def _draft(
    *,
    contract_types: Sequence[str],
    channel: str,
    template_id: int | None,
    subject: str | None,
    body_file: Path | None,
    variables: Sequence[str],
) -> Draft:
    template = _template(Channel(channel), template_id)
    title, body = _text(Channel(channel), template, subject, body_file)
    return Draft(
        subject=title,
        body=body,
        contract_types=[ContractType(name) for name in contract_types],
        variables=_variables(variables),
        template_id=template_id,
        strip_letters=template.strip_letters if template else None,
    )


def _template(channel: Channel, template_id: int | None) -> MessageTemplate | None:
    if template_id is None:
        return None
    template = db.session.get(MessageTemplate, template_id)
    if template is None:
        bad_input(f"There is no message template number {template_id}.")
    if not template.is_active or template.channel != channel:
        named = {Channel.EMAIL: "e-mail", Channel.SMS: "SMS"}[channel]
        bad_input(f"Message template number {template_id} is switched off or not for {named}.")
    return template


def _text(
    channel: Channel, template: MessageTemplate | None, subject: str | None, body_file: Path | None
) -> tuple[str, str]:
    if template is not None:
        if subject is not None or body_file is not None:
            bad_input("Give either --template or --subject with --body-file, not both.")
        return template.subject, template.body
    if channel is Channel.SMS and subject is not None:
        bad_input("An SMS has no --subject.")
    if body_file is None or (subject is None and channel is Channel.EMAIL):
        bad_input("Give --template, or --subject and --body-file (an SMS: --body-file alone).")
    subject = subject or ""
    if not is_text(subject):
        bad_input("--subject is not UTF-8 text.")
    try:
        body = body_file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        bad_input(f"{body_file} is not UTF-8 text.")
    if "\x00" in body:  # PostgreSQL stores no NUL
        bad_input(f"{body_file} is not text.")
    return subject, body


def _variables(pairs: Sequence[str]) -> dict[str, str]:
    variables = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            bad_input(f"--var takes NAME=VALUE, not {pair!r}.")
        if not is_text(pair):
            bad_input(f"--var {name!r} is not UTF-8 text.")
        variables[name.strip()] = value
    return variables
