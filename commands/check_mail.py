"""``flask check-mail``: do the MAIL_* settings work? One message, sent at once, to the operator."""

import smtplib
import socket

import click
from flask_mail import Message

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option, refused
from domain.mail_headers import AddressNotDeliverable, envelope_address
from extensions.mail import mail
from extensions.wiring import wiring


@click.command("check-mail", cls=OneLineCommand)
@click.argument("address")
@json_option
@command_line
def check_mail_command(address: str, as_json: bool) -> None:
    """Send one message to ADDRESS with the MAIL_* settings; exit 3 says why the server would not take it."""
    hands = wiring()
    try:
        recipient = envelope_address(address)
    except AddressNotDeliverable as error:
        bad_input(str(error))
    sender = hands.default_sender
    message = Message(
        subject="Goniec",
        sender=(sender.name, sender.address) if sender.name else sender.address,
        recipients=[recipient],
        body="The mail settings of Goniec work.\n",
    )
    socket.setdefaulttimeout(hands.smtp_from_settings.timeout_seconds)  # Flask-Mail sets none of its own
    try:
        mail.send(message)
    except (smtplib.SMTPException, OSError) as error:
        refused(f"The mail server did not take it: {' '.join(str(error).split())}")
    finally:
        socket.setdefaulttimeout(None)
    emit(as_json, {"sent": recipient}, [f"sent to {recipient}"])
