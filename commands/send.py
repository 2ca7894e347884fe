"""``flask send``: the main job from the command line."""

import mimetypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from commands.message_options import BAD_MESSAGE, draft_from, message_options, script_engine
from commands.output import OneLineCommand, bad_input, command_line, emit, json_option, refused
from commands.preflight import contract_type_option, emit_report
from domain.channel import Channel
from domain.delivery import CampaignStatus
from domain.local_time import NotAMoment, from_iso
from domain.merge_tags import field_path
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign
from queries.audience import AudienceOfInvestment
from queries.preflight import failing_pairs
from services.approve_campaign import AudienceHasErrors, NobodyToSendTo, approve_campaign
from services.attach_file import Upload, attach
from services.detach_file import discard_with_files
from services.draft_campaign import (
    Draft,
    fields_of,
    start_investment_draft,
)
from services.prepare_order import prepare_order


@click.command("send", cls=OneLineCommand)
@click.argument("investment_id", type=int)
@contract_type_option
@message_options
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
        draft, channel = draft_from(options), Channel(options["channel"])
        if channel is Channel.SMS and options["files"]:
            bad_input("An SMS has no attachments.")
        starts_at = _moment(options["starts_at"], hands.clock())
        runtime = script_engine()
        started = start_investment_draft(session, investment_id, draft, created_by_id=None, channel=channel)
        campaign_id = started.id
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
        audience = AudienceOfInvestment(investment_id, draft.contract_types, channel=channel)
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


def _moment(text: str | None, now: datetime) -> datetime | None:
    if text is None:
        return None
    try:
        return from_iso(text, now=now)
    except NotAMoment:
        bad_input(f"--at takes an ISO 8601 date and time, not {text!r}.")


def _warn_of_unknown(draft: Draft, fields: Sequence[str]) -> None:
    known = {field_path(name) for name in fields}
    for name in draft.variables or ():
        if name not in fields and field_path(name) not in known:
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
        Upload(name, mimetypes.guess_type(name)[0] or "application/octet-stream", content),
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
