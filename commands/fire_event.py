"""``flask fire-event``: an event of a record, from the command line."""

from uuid import uuid4

import click

from commands.message_options import script_engine
from commands.output import OneLineCommand, bad_input, command_line, emit, is_text, json_option
from domain.events import EventKind
from extensions.wiring import wiring
from models import db
from services.tell_of_record import NoSuchRecord, Told, tell_of_record

LONGEST_KEY = 150


@click.command("fire-event", cls=OneLineCommand)
@click.argument("event", type=click.Choice([kind.value for kind in EventKind]))
@click.argument("record_id", type=int)
@click.option("--key", help="Fired once for each key, however often it is asked for.")
@json_option
@command_line
def fire_event_command(event: str, record_id: int, key: str | None, as_json: bool) -> None:
    """Tell a record's client of an event, as the rules say; it changes nothing in the record."""
    hands = wiring()
    if key is not None and not (is_text(key) and 0 < len(key) <= LONGEST_KEY):
        bad_input(f"--key takes 1 to {LONGEST_KEY} characters.")
    told = Told(EventKind(event), record_id, f"command:{key or uuid4()}", digest=str(record_id))
    try:
        fired = tell_of_record(
            db.session(), told, runtime=script_engine(), now=hands.clock(), enqueue=hands.doorbell.ring
        )
    except NoSuchRecord as error:
        bad_input(str(error))
    notifications = [
        {
            "channel": each.channel.value,
            "message": each.message_id,
            "reason": each.reason.value if each.reason else None,
        }
        for each in fired.event.notifications
    ]
    lines = [f"{each['channel']}: {each['reason'] or each['message']}" for each in notifications]
    emit(as_json, {"event": fired.event.id, "new": fired.is_new, "notifications": notifications}, lines)
