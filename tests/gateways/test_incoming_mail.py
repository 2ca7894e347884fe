"""A letter's bytes, as programs really write them, and what is read of them."""

import time
from datetime import UTC, datetime

import pytest

from domain.incoming_mail import Letter
from domain.mail_headers import Mailbox
from domain.quoted_text import pieces_of
from gateways.incoming_mail import read_letter

FROM = b"From: Anna <anna@poczta.example>\n"
SAID = "Zażółć gęślą jaźń"


def read(raw: bytes) -> Letter:
    letter = read_letter(raw)
    assert letter is not None
    return letter


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "cp1250"])
@pytest.mark.parametrize("declared", [True, False])
def test_polish_letters_arrive_in_every_code_page(charset: str, declared: bool) -> None:
    header = f'Content-Type: text/plain; charset="{charset}"\n'.encode() if declared else b""
    assert read(FROM + header + b"\n" + SAID.encode(charset)).text.strip() == SAID


def test_an_address_inside_a_name_is_no_address() -> None:
    letter = read(b"From: =?utf-8?q?szef=40firma=2Eexample=2C?= <obcy@inna.example>\nTo: a@b.example\n\nx")
    assert letter.sender == Mailbox("szef@firma.example,", "obcy@inna.example")


def test_the_first_of_several_authors_counts_and_all_recipients_do() -> None:
    letter = read(
        b"From: a@b.example, c@d.example\nTo: x@y.example\nTo: Z <z@y.example>\nCc: q@y.example\n\nx"
    )
    assert letter.sender.address == "a@b.example"
    assert [box.address for box in (*letter.to, *letter.cc)] == ["x@y.example", "z@y.example", "q@y.example"]


@pytest.mark.parametrize(
    "header",
    ["anna@poczta.example,", " , Anna <anna@poczta.example>", "Anna <anna@poczta.example>,\n ,"],
)
def test_an_empty_place_in_a_list_of_addresses_costs_nobody_theirs(header: str) -> None:
    letter = read_letter(f"From: {header}\nTo: {header}\n\nx".encode())
    assert letter is not None and letter.sender.address == "anna@poczta.example"
    assert [each.address for each in letter.to] == ["anna@poczta.example"]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Jan (dom, praca) <jan@poczta.example>", "Jan (dom, praca)"),
        ("Kowalski, Jan <jan@poczta.example>", "Kowalski, Jan"),
        ('"Kowalski, Jan" <jan@poczta.example>', "Kowalski, Jan"),
        ("klient@inna.example <jan@poczta.example>", "klient@inna.example"),
        ("=?utf-8?q?Kowalski=2C_Jan?= <jan@poczta.example>", "Kowalski, Jan"),
    ],
)
def test_whoever_stands_alone_is_the_address_in_the_brackets(header: str, name: str) -> None:
    letter = read_letter(f"From: {header}\n\nx".encode())
    assert letter is not None and letter.sender == Mailbox(name, "jan@poczta.example")


def test_the_nearest_message_it_names_comes_first() -> None:
    letter = read(FROM + b"References: <1@a.b>\n <2@a.b>\n <3@a.b>\nIn-Reply-To: <3@a.b>\n\nx")
    assert letter.answers == ("<3@a.b>", "<2@a.b>", "<1@a.b>")


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Mon, 02 Mar 2026 10:00:00 +0100", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("Mon, 02 Mar 2026 10:00:00 -0000", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("wczoraj", None),
        ("", None),
    ],
)
def test_the_date_is_a_moment_or_nothing(date: str, moment: datetime | None) -> None:
    assert read(FROM + f"Date: {date}\n\nx".encode()).written_at == moment


def test_a_page_is_read_as_text_and_its_quotation_found() -> None:
    """As Outlook writes where it is told to send HTML alone."""
    page = (
        "<html><head><style>p{}</style></head><body><script>alert(1)</script><p>Zgoda &lt;tak&gt;.</p>"
        "<div><b>Od:</b> Serwis &lt;biuro@firma.example&gt;<br><b>Wysłano:</b> poniedziałek<br>"
        "<b>Do:</b> Anna<br><b>Temat:</b> Koszt</div><p>Koszt: 200 zł</p></body></html>"
    )
    letter = read(FROM + b"Content-Type: text/html; charset=utf-8\n\n" + page.encode())
    written, quoted = pieces_of(letter.text.strip())
    assert written.text.strip() == "Zgoda <tak>." and "Koszt: 200 zł" in quoted.text
    assert "alert" not in letter.text


def test_the_text_stands_before_the_page_and_the_files() -> None:
    raw = FROM + (
        b'Content-Type: multipart/mixed; boundary="a"\n\n--a\n'
        b'Content-Type: multipart/alternative; boundary="b"\n'
        b"\n--b\nContent-Type: text/plain\n\nTekst\n--b\nContent-Type: text/html\n\n<p>Strona</p>\n--b--\n"
        b'--a\nContent-Type: text/plain; name="x.txt"\nContent-Disposition: attachment; filename="x.txt"\n\n'
        b"Plik\n--a--\n"
    )
    assert read(raw).text.strip() == "Tekst"


@pytest.mark.parametrize("charset", ["punycode", "idna"])
def test_an_encoding_of_domain_names_is_no_charset_of_a_text(charset: str) -> None:
    """Its decoder takes time that grows with the square of the text."""
    body = b"a" * 200_000
    began = time.process_time()
    letter = read(FROM + f"Content-Type: text/plain; charset={charset}\n\n".encode() + body)
    assert time.process_time() - began < 1 and letter.text.startswith("aaaa")
