"""``flask send``: the main job from the command line."""

import mimetypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, is_text, json_option, refused
from commands.preflight import contract_type_option, emit_report
from domain.channel import Channel
from domain.contract_types import ContractType
from domain.delivery import CampaignStatus
from domain.local_time import ClockSkipsIt, InThePast, NotAMoment, TooFarAhead, from_iso
from domain.template_source import TemplateRefused
from extensions.wiring import wiring
from gateways.ejs import EjsRuntime, TemplateFailed
from models import db
from models.campaign import Campaign
from models.message_template import MessageTemplate
from queries.audience import AudienceOfInvestment
from queries.preflight import failing_pairs
from services.approve_campaign import AudienceHasErrors, NobodyToSendTo, approve_campaign
from services.attach_file import AttachmentRefused, attach
from services.detach_file import discard_with_files
from services.draft_campaign import (
    BodyMissing,
    BodyTooLong,
    Draft,
    NoSuchInvestment,
    SubjectMissing,
    SubjectTooLong,
    TooManyFields,
    fields_of,
    start_investment_draft,
)
from services.message_content import EmptyVariables, UnsafeVariable
from services.prepare_order import prepare_order

_DRAFT_OPTIONS = ("contract_types", "template_id", "subject", "body_file", "variables")
BAD_MESSAGE = (
    AttachmentRefused, BodyMissing, BodyTooLong, ClockSkipsIt, EmptyVariables, InThePast, NoSuchInvestment,
    SubjectMissing, SubjectTooLong, TemplateFailed, TemplateRefused, TooFarAhead, TooManyFields,
    UnsafeVariable,
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
    session, hands = db.session(), wiring()
    try:
        draft = _draft(**{name: options[name] for name in _DRAFT_OPTIONS})
        starts_at = _moment(options["starts_at"], hands.clock())
        runtime = _script_engine()
        campaign_id = start_investment_draft(session, investment_id, draft, created_by_id=None).id
        with _discarded_unless_approved(campaign_id):
            campaign = session.get_one(Campaign, campaign_id)
            _attach_all(campaign, options["files"])
            order = prepare_order(
                session,
                campaign,
                runtime,
                skip_errors=options["skip_errors"],
                approved_by_id=None,
                starts_at=starts_at,
            )
            _warn_of_unknown(draft, fields_of(session, campaign))
            session.rollback()
            approval = approve_campaign(campaign_id, order, now=hands.clock(), enqueue=hands.doorbell.ring)
    except BAD_MESSAGE as error:
        bad_input(str(error))
    except (AudienceHasErrors, NobodyToSendTo) as error:
        audience = AudienceOfInvestment(investment_id, draft.contract_types)
        emit_report(error.report, failing_pairs(session, audience), as_json=as_json)
        refused(str(error))
    data = {"campaign": approval.campaign_id, "queued": approval.queued, "skipped": approval.skipped}
    emit(as_json, data, [", ".join(f"{name}: {value}" for name, value in data.items())])


@contextmanager
def _discarded_unless_approved(campaign_id: int) -> Iterator[None]:
    """Whatever goes wrong inside, no draft and no file stays behind."""
    session = db.session()
    try:
        yield
    finally:
        session.rollback()
        campaign = session.get(Campaign, campaign_id)
        if campaign is not None and campaign.status == CampaignStatus.DRAFT:
            discard_with_files(session, campaign, store=wiring().files)


def _script_engine() -> EjsRuntime:
    hands = wiring()
    try:
        return hands.ejs()
    except OSError as error:
        bad_input(f"{hands.ejs_source} cannot be read ({error.strerror}). Run: make setup")


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


def _moment(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        return from_iso(text, now=now)
    except NotAMoment:
        bad_input(f"--at takes an ISO 8601 date and time, not {text!r}.")


def _text(template_id: int | None, subject: str | None, body_file: Path | None) -> tuple[str, str]:
    if template_id is not None:
        if subject is not None or body_file is not None:
            bad_input("Give either --template or --subject with --body-file, not both.")
        template = db.session.get(MessageTemplate, template_id)
        if template is None:
            bad_input(f"There is no message template number {template_id}.")
        if not template.is_active or template.channel != Channel.EMAIL:
            bad_input(f"Message template number {template_id} is switched off or not for e-mail.")
        return template.subject, template.body
    if subject is None or body_file is None:
        bad_input("Give --template, or --subject and --body-file.")
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


def _warn_of_unknown(draft: Draft, fields: Sequence[str]) -> None:
    for name in draft.variables or ():
        if name not in fields:
            click.echo(f"--var {name}: the message has no such field; ignored.", err=True)


def _attach_all(campaign: Campaign, files: Sequence[Path]) -> None:
    for path in files:
        content = _bytes_of(path)
        try:
            _attach(campaign, path.name, content)
        except OSError as error:
            bad_input(f"{path} cannot be stored in FILES_DIR ({error.strerror}).")


def _attach(campaign: Campaign, name: str, content: bytes) -> None:
    hands = wiring()
    attach(
        db.session(),
        campaign,
        filename=name,
        content_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
        content=content,
        store=hands.files,
        limits=hands.attachment_limits,
        created_by_id=None,
        now=hands.clock(),
    )


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        bad_input(f"{path} cannot be read ({error.strerror}).")
