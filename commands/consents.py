"""``flask consents``: what a client agreed to, and the proof of it as a PDF."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from commands.message_options import script_engine
from commands.output import OneLineCommand, bad_input, command_line, emit, json_option
from domain.local_time import WARSAW
from extensions.wiring import wiring
from gateways.consent_proof_pdf import render_proof
from models import db
from models.client import Client
from queries.client_card import ConsentLine, consent_lines
from queries.survivor import survivor_of
from services.consent_proof import messages_under, proof_of
from services.record_audit import append_audit

NO_CONTROLLER = (
    "It names no controller: enter our company's name in the panel (Settings, Look of e-mails) "
    "and make it again."
)


@click.command("consents", cls=OneLineCommand)
@click.argument("client_id", type=int)
@click.option(
    "--proof", is_flag=True, help="Write the proof: wordings, answers, and every message sent by them."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The PDF of --proof.")
@json_option
@command_line
def consents_command(client_id: int, proof: bool, output: Path | None, as_json: bool) -> None:
    """Print the consents of client CLIENT_ID, or write the proof of them to a file."""
    session = db.session()
    client = survivor_of(session, client_id) if client_id > 0 else None
    if client is None:
        bad_input(
            f"There is no client number {client_id}. The number stands in the address of the client's card."
        )
    if proof != (output is not None):
        bad_input("--proof and -o FILE go together: the proof is a PDF.")
    if output is not None:
        _write_proof(session, client, output, as_json=as_json)
        return
    lines = consent_lines(session, client.id)
    data = {"client": client.id, "consents": [_line(line) for line in lines]}
    emit(as_json, data, [_said(line) for line in lines] or ["No consent has been defined yet."])


def _write_proof(session: Session, client: Client, output: Path, *, as_json: bool) -> None:
    number, now = client.id, wiring().clock()
    sheet = proof_of(session, client, now)
    content = render_proof(sheet, messages_under(session, client, script_engine()))
    try:
        output.write_bytes(content)
    except OSError as error:
        bad_input(f"{output} cannot be written ({error.strerror}).")
    append_audit(
        session,
        actor_id=None,
        action="consent_proof",
        entity="client",
        entity_id=number,
        values={"messages": sheet.messages},
        now=now,
    )
    session.commit()
    data = {
        "client": number,
        "file": str(output),
        "bytes": len(content),
        "consents": len(sheet.consents),
        "events": sum(len(consent.events) for consent in sheet.consents),
        "messages": sheet.messages,
        "uncertain": sheet.uncertain,
        "controller": sheet.company or None,
    }
    doubtful = f", {sheet.uncertain} of them uncertain" if sheet.uncertain else ""
    lines = [f"{output}: {data['events']} answers, {sheet.messages} messages{doubtful}"]
    emit(as_json, data, lines if sheet.company else [*lines, NO_CONTROLLER])


def _line(line: ConsentLine) -> dict[str, Any]:
    definition, state = line.definition, line.state
    return {
        "definition": definition.id,
        "name": definition.name,
        "purpose": definition.purpose.value,
        "channel": definition.channel.value if definition.channel else None,
        "active": definition.is_active,
        "holds": line.counts and definition.is_active,
        "granted": state.granted if state else None,
        "wording": state.wording_version if state else None,
        "since": state.event.occurred_at.isoformat() if state else None,
        "method": state.event.method.value if state else None,
        "source": state.event.source if state else None,
    }


def _said(line: ConsentLine) -> str:
    state = line.state
    if state is None:
        return f"{line.definition.name}: never given"
    event = state.event
    what = "withdrawn" if not state.granted else "given" if line.counts else "given under an old wording"
    when = f"{event.occurred_at.astimezone(WARSAW):%Y-%m-%d %H:%M}"
    source = f", {event.source}" if event.source else ""
    how = f"wording {state.wording_version}, {event.method.value}{source}"
    return f"{line.definition.name}: {what} {when}, {how}"
