"""Parts and headers made to keep a reader busy: read in a moment, and ordinary mail loses nothing by it."""

import time
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
def test_a_hundred_absurd_parts_are_read_in_a_moment(name: str) -> None:
    raw = split(ABSURD[name])
    began = time.process_time()
    facts, letter = read_message(raw), read_letter(raw)
    assert time.process_time() - began < 1.2
    assert letter is not None and letter.text.startswith("Dzień dobry")
    assert facts.text.startswith("Dzień dobry")


def test_a_part_with_an_endless_header_costs_its_letter_nothing() -> None:
    raw = split(b"Content-Type: text/plain" + b";" * 200_000, count=1)
    began = time.process_time()
    letter = read_letter(raw)
    assert time.process_time() - began < 0.5
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


def test_endless_recipients_are_read_in_a_moment() -> None:
    began = time.process_time()
    letter = read_letter(FROM + (b"To: " + b"a@b.example," * 330 + b"\n") * 60 + b"\nx")
    assert time.process_time() - began < 0.4
    assert letter is not None and len(letter.to) == 50
