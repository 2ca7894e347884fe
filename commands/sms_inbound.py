"""``flask sms-inbound``: a text, as if a telephone had sent it and a gateway had called back with it."""

from uuid import uuid4

import click

from commands.message_options import script_engine
from commands.output import OneLineCommand, bad_input, command_line, emit, is_text, json_option
from domain.text_messages import IncomingText
from extensions.wiring import wiring
from models import db
from models.contact_checks import phone_columns
from services.receive_text import receive_text

LONGEST_TEXT = 1600


@click.command("sms-inbound", cls=OneLineCommand)
@click.option("--from", "sender", required=True, help="The telephone's number.")
@click.option("--text", required=True, help="What it says.")
@json_option
@command_line
def sms_inbound_command(sender: str, text: str, as_json: bool) -> None:
    """Take in a text and do what it plainly asks, as when a gateway brings it."""
    if not (is_text(sender) and is_text(text) and len(text) <= LONGEST_TEXT):
        bad_input(f"--text takes at most {LONGEST_TEXT} characters, in UTF-8.")
    number = phone_columns(sender[:40], b"")
    if not number["is_valid"]:
        bad_input("--from takes a telephone number, e.g. +48600100200.")
    hands = wiring()
    incoming = IncomingText(
        provider_reference=f"command-{uuid4()}",
        sender=str(number["normalised"]),
        recipient="",
        text=text,
        moment=hands.clock(),
    )
    received = receive_text(
        db.session(), None, incoming, runtime=script_engine(), now=hands.clock(), enqueue=hands.doorbell.ring
    )
    message, reaction = received.message, received.reaction
    data = {
        "message": message.id,
        "conversation": message.conversation_id,
        "client": message.client_id,
        "ambiguous": message.is_ambiguous,
        "answer": reaction.said.value,
        "withdrawn": reaction.stopped,
    }
    emit(as_json, data, [", ".join(f"{name}: {value}" for name, value in data.items())])
