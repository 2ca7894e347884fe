"""Parts and headers made to keep a reader busy cost no more than others; ordinary mail loses nothing by it.

The cost is what Python counts as calls, its own functions and C's: the same on every machine.
"""

import sys
from collections.abc import Callable
from types import FrameType
from urllib.parse import quote

import pytest

from gateways.bounce_mail import read_message
from gateways.incoming_mail import read_letter

FROM = b"From: Anna <anna@poczta.example>\n"
MIXED = FROM + b'Content-Type: multipart/mixed; boundary="b"\n\n'
PLAIN = b"Content-Type: text/plain; charset=utf-8"
PARTS = 99


def split(headers: bytes, count: int = PARTS) -> bytes:
    """An ordinary part, then ``count`` parts with these headers."""
    part = b"--b\n" + headers + b"\n\nx\n"
    return MIXED + b"--b\n" + PLAIN + "\n\nDzień dobry\n".encode() + part * count + b"--b--\n"


def calls_in(work: Callable[[], object]) -> int:
    counted = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def calls_a_byte(raw: bytes) -> float:
    return calls_in(lambda: (read_message(raw), read_letter(raw))) / len(raw)


ORDINARY = split(PLAIN + b'; name="a.txt"\nContent-Disposition: attachment; filename="a.txt"')
ABSURD = {
    "semicolons": b"Content-Type: text/plain" + b";" * 950 + b"\nContent-Disposition: inline" + b";" * 950,
    "parameters": b"Content-Type: text/plain"
    + b";a=b" * 240
    + b"\nContent-Disposition: inline"
    + b";c=d" * 240,
    "a name in pieces": PLAIN + b"".join(b";name*%d*=%%41" % place for place in range(80)),
    "quotes": b"Content-Type: text/plain" + b';a="' * 240 + b"\nContent-Disposition: inline" + b';"' * 480,
    "boundaries": b"Content-Type: multipart/mixed" + b";" * 950,
    "many headers": b"X: y\n" * 450 + PLAIN,
}


@pytest.mark.parametrize("name", ABSURD)
def test_a_hundred_absurd_parts_cost_no_more_than_ordinary_ones_of_their_length(name: str) -> None:
    raw = split(ABSURD[name])
    assert calls_a_byte(raw) < calls_a_byte(ORDINARY)
    facts, letter = read_message(raw), read_letter(raw)
    assert letter is not None and letter.text.startswith("Dzień dobry")
    assert facts.text.startswith("Dzień dobry")


def test_a_part_with_an_endless_header_costs_its_letter_nothing() -> None:
    raw = split(b"Content-Type: text/plain" + b";" * 200_000, count=1)
    assert calls_in(lambda: read_letter(raw)) < 20_000
    letter = read_letter(raw)
    assert letter is not None and letter.text.startswith("Dzień dobry")


def test_a_file_with_a_long_polish_name_costs_its_letter_nothing() -> None:
    """255 characters, as a file system allows, are 1,500 in a header (RFC 2231)."""
    name = quote("ż" * 251 + ".pdf").encode()
    pieces = b"".join(
        b";\n filename*%d*=%s" % (place, name[at : at + 54])
        for place, at in enumerate(range(0, len(name), 54))
    )
    letter = read_letter(
        split(b"Content-Type: text/plain\nContent-Disposition: attachment" + pieces, count=1)
    )
    assert letter is not None and letter.text.strip() == "Dzień dobry"


def test_endless_recipients_are_not_all_read() -> None:
    raw = FROM + (b"To: " + b"a@b.example," * 330 + b"\n") * 60 + b"\nx"
    assert calls_in(lambda: read_letter(raw)) < len(raw)
    letter = read_letter(raw)
    assert letter is not None and len(letter.to) == 50
