"""``flask send``: the main job from the command line."""

import mimetypes
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option, refused
from commands.preflight import contract_type_option, report_json, report_lines
from domain.contract_types import ContractType
from domain.errors import DomainError
from domain.template_source import TemplateRefused
from extensions.wiring import wiring
from gateways.ejs import TemplateFailed
from models import db
from models.campaign import Campaign
from models.message_template import MessageTemplate
from services.approve_campaign import AudienceHasErrors, NobodyToSendTo, approve_campaign
from services.attach_file import AttachmentRefused, attach
from services.draft_campaign import (
    BodyMissing,
    Draft,
    NoSuchInvestment,
    SubjectMissing,
    discard_draft,
    prepare_order,
    start_investment_draft,
)
from services.message_content import EmptyVariables, UnsafeVariable

_DRAFT_OPTIONS = ("contract_types", "template_id", "subject", "body_file", "variables")
WARSAW = ZoneInfo("Europe/Warsaw")
BAD_MESSAGE = (
    AttachmentRefused, BodyMissing, EmptyVariables, NoSuchInvestment, SubjectMissing,
    TemplateFailed, TemplateRefused, UnsafeVariable,
)  # fmt: skip

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("send", cls=OneLineCommand)
@click.argument("investment_id", type=int)
@contract_type_option
@click.option("--template", "template_id", type=int, help="A message template's number.")
@click.option("--subject", help="The title; with --body-file instead of --template.")
@click.option("--body-file", type=FILE, help="The content, HTML in UTF-8.")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="A field of the template.")
@click.option(
    "--attach", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--skip-errors", is_flag=True, help="Leave out the clients with errors.")
@click.option("--at", "starts_at", help="When to start, ISO 8601; without an offset in Europe/Warsaw.")
@json_option
@command_line
def send_command(investment_id: int, as_json: bool, **options: Any) -> None:
    """Freeze the audience and start sending, or refuse and send nothing."""
    draft = _draft(**{name: options[name] for name in _DRAFT_OPTIONS})
    starts_at = _moment(options["starts_at"])
    session, hands = db.session(), wiring()
    campaign_id = None
    try:
        campaign = start_investment_draft(session, investment_id, draft, created_by_id=None)
        campaign_id = campaign.id
        _attach_all(campaign, options["files"])
        order = prepare_order(
            session,
            campaign,
            hands.ejs(),
            skip_errors=options["skip_errors"],
            approved_by_id=None,
            starts_at=starts_at,
        )
        session.rollback()
        approval = approve_campaign(campaign_id, order, now=hands.clock(), enqueue=hands.doorbell.ring)
    except DomainError as error:
        session.rollback()
        if campaign_id is not None:
            discard_draft(session, campaign_id)
        _explain(error, as_json)
    data = {"campaign": approval.campaign_id, "queued": approval.queued, "skipped": approval.skipped}
    emit(as_json, data, [", ".join(f"{name}: {value}" for name, value in data.items())])


def _explain(error: DomainError, as_json: bool) -> NoReturn:
    if isinstance(error, BAD_MESSAGE):
        bad_input(str(error))
    if isinstance(error, AudienceHasErrors | NobodyToSendTo):
        emit(as_json, report_json(error.report), report_lines(error.report))
    refused(str(error))


def _draft(
    *,
    contract_types: Sequence[str],
    template_id: int | None,
    subject: str | None,
    body_file: Path | None,
    variables: Sequence[str],
) -> Draft:
    title, body = _text(template_id, subject, body_file)
    return Draft(
        subject=title,
        body=body,
        contract_types=[ContractType(name) for name in contract_types],
        variables=_variables(variables),
        template_id=template_id,
    )


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        bad_input(f"--at takes an ISO 8601 date and time, not {text!r}.")
    return moment if moment.tzinfo else moment.replace(tzinfo=WARSAW)


def _text(template_id: int | None, subject: str | None, body_file: Path | None) -> tuple[str, str]:
    if template_id is not None:
        if subject is not None or body_file is not None:
            bad_input("Give either --template or --subject with --body-file, not both.")
        template = db.session.get(MessageTemplate, template_id)
        if template is None:
            bad_input(f"There is no message template number {template_id}.")
        return template.subject, template.body
    if subject is None or body_file is None:
        bad_input("Give --template, or --subject and --body-file.")
    try:
        return subject, body_file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        bad_input(f"{body_file} is not UTF-8 text.")


def _variables(pairs: Sequence[str]) -> dict[str, str]:
    variables = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            bad_input(f"--var takes NAME=VALUE, not {pair!r}.")
        variables[name.strip()] = value
    return variables


def _attach_all(campaign: Campaign, files: Sequence[Path]) -> None:
    hands = wiring()
    for path in files:
        attach(
            db.session(),
            campaign,
            filename=path.name,
            content_type=mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            content=path.read_bytes(),
            store=hands.files,
            limits=hands.attachment_limits,
            created_by_id=None,
            now=hands.clock(),
        )
