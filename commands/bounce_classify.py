"""``flask bounce-classify``: what a message from the bounce mailbox says, and about whom."""

from pathlib import Path

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option
from domain.bounces import classify
from gateways.bounce_mail import read_message

# No mail server takes a larger message; a file beyond it was named by mistake.
LARGEST_BYTES = 50 * 1024 * 1024


@click.command("bounce-classify", cls=OneLineCommand)
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@command_line
def bounce_classify_command(file: Path, as_json: bool) -> None:
    """Classify the message in FILE, as it came (.eml); changes nothing."""
    found = classify(read_message(_bytes_of(file)))
    recipients = [
        {"address": each.address, "status": each.status, "verdict": each.verdict.value}
        for each in found.recipients
    ]
    lines = [f"{each['address']} {each['status'] or '-'} {each['verdict']}" for each in recipients]
    emit(as_json, {"kind": found.kind.value, "recipients": recipients}, [found.kind.value, *lines])


def _bytes_of(file: Path) -> bytes:
    name = str(file).encode("utf-8", "replace").decode()
    try:
        with file.open("rb") as opened:
            data = opened.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        bad_input(f"There is no file {name}.")
    except (OSError, ValueError) as error:
        bad_input(f"The file {name} cannot be read: {getattr(error, 'strerror', None) or error}.")
    if not data.strip():
        bad_input(f"The file {name} is empty.")
    if len(data) > LARGEST_BYTES:
        bad_input(f"The file {name} is larger than {LARGEST_BYTES // 1024 // 1024} MB.")
    return data
