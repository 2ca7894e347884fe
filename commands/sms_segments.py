"""``flask sms-segments``: how many parts a text makes, and what makes it dear."""

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, is_text, json_option
from domain.segments import check_parts, segment
from domain.transliteration import to_gsm


@click.command("sms-segments", cls=OneLineCommand)
@click.argument("text")
@click.option("--strip", is_flag=True, help="Without Polish letters and typographic characters.")
@json_option
@command_line
def sms_segments_command(text: str, strip: bool, as_json: bool) -> None:
    """Count a text as the network bills it; exit 3 when it is longer than one message may be."""
    if not is_text(text):
        bad_input("The text is not UTF-8.")
    found = segment(to_gsm(text) if strip else text)
    check_parts(found)
    data = {
        "encoding": found.encoding.value,
        "units": found.units,
        "parts": found.parts,
        "expensive": list(found.expensive),
    }
    lines = [f"{found.encoding.value}, {found.units} units, {found.parts} parts"]
    if found.expensive:
        lines.append(f"made dear by: {' '.join(found.expensive)}")
    emit(as_json, data, lines)
