"""Hostile bytes: whatever arrives in the bounce mailbox is read or passed over, and never raises."""

import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.bounces import classify
from gateways.bounce_mail import read_message
from gateways.mail_parts import LONGEST_TEXT, READ_BYTES

KNOWN = sorted((Path(__file__).parents[1] / "bounces" / "known").glob("*.eml"))
DAEMON = b"From: MAILER-DAEMON@x.example\nReturn-Path: <>\nSubject: failure notice\n"
REPORT = (
    DAEMON + b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n"
)
BLOCKS = b"Final-Recipient: rfc822; jan@firma.example\nStatus: 5.1.1\n\n"


@given(st.binary(max_size=3000))
@example(b"")
@example(b"\x00" * 100)
@example(b"Content-Type: multipart/mixed")
@example(b"Content-Type: text/plain; charset=idna\n\nxn--\xff")
@example(b"Content-Type: text/plain; charset=undefined\n\n\xff")
@example(b"Subject: =?utf-8?b?####?= =?x?q?=ff?=\n\n")
@example(b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n")
def test_arbitrary_bytes_never_raise_and_never_block_without_an_address(data: bytes) -> None:
    for prefix in (b"", DAEMON, REPORT):
        found = classify(read_message(prefix + data))
        assert all("@" in each.address for each in found.recipients)
        if b"@" not in data:
            assert found.recipients == ()


@given(st.sampled_from(KNOWN), st.integers(0, 4000), st.binary(max_size=40), st.integers(0, 40))
def test_a_damaged_bounce_never_raises(path: Path, at: int, noise: bytes, cut: int) -> None:
    data = path.read_bytes()
    classify(read_message(data[:at] + noise + data[at + cut :]))
    classify(read_message(data[:at]))


@pytest.mark.parametrize(
    "data",
    [
        b"\n" * READ_BYTES,
        b"a" * READ_BYTES,
        DAEMON + b"\n" + b"- " * READ_BYTES,
        DAEMON + b"\n" + b"a@b." * READ_BYTES,
        DAEMON + b"Content-Type: text/html\n\n" + b"<" * READ_BYTES,
        REPORT + b"\n" * READ_BYTES,
        REPORT + b"a: b\n\n" * 50_000,
        REPORT + BLOCKS * 20_000,
        b"Content-Type: " + b";" * READ_BYTES,
        b"Content-Type: text/plain;" + b"\n a*0=b;" * 30_000,
        b"From: " + b"(" * READ_BYTES,
        b"Content-Type: message/rfc822\n\n" * 20_000,
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)),
    ],
    ids=[
        "newlines", "one line", "dashes", "addresses", "tags", "empty report", "tiny blocks", "recipients",
        "semicolons", "parameters", "comments", "nested messages", "nested parts",
    ],
)  # fmt: skip
def test_input_made_to_be_slow_takes_seconds(data: bytes) -> None:
    began = time.process_time()
    classify(read_message(data))
    assert time.process_time() - began < 20


def test_a_report_before_a_giant_returned_message_is_read() -> None:
    message = (
        REPORT
        + BLOCKS
        + b"--b\nContent-Type: message/rfc822\n\nTo: jan@firma.example\n\n"
        + b"x" * 30_000_000
    )
    [finding] = classify(read_message(message)).recipients
    assert (finding.address, finding.verdict) == ("jan@firma.example", "block")


def test_hundreds_of_thousands_of_recipients_are_capped() -> None:
    many = b"".join(b"Final-Recipient: rfc822; u%d@x.example\nStatus: 5.1.1\n\n" % n for n in range(3_000))
    assert 0 < len(classify(read_message(REPORT + many)).recipients) <= 200


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("iso-8859-2", "iso-8859-2"),
        ("windows-1250", "cp1250"),
        ("utf-8", "utf-8"),
        ("utf-8", "cp1250"),
        ("no-such-charset", "utf-8"),
        ("no-such-charset", "cp1250"),
        ("us-ascii", "utf-8"),
        ("us-ascii", "cp1250"),
        ("", "utf-8"),
        ("", "cp1250"),
        ("", "iso-8859-2"),
    ],
)
def test_polish_is_read_whatever_charset_is_declared(declared: str, written: str) -> None:
    body = "Skrzynka odbiorcy jest pełna, błąd, żółć"
    head = f"Content-Type: text/plain; charset={declared}\n" if declared else ""
    assert body in read_message(DAEMON + head.encode() + b"\n" + body.encode(written)).text


def test_null_bytes_and_lone_surrogates_do_not_reach_the_facts() -> None:
    facts = read_message(b"Subject: a\x00b \xff\n\nte\x00xt \xff" + b"\xed\xa0\x80")
    assert "\x00" not in facts.text + facts.headers["subject"]
    (facts.text + facts.headers["subject"]).encode()


def test_html_is_read_as_text_without_styles() -> None:
    page = b"<style>p { color: red }</style><p>Adres<br>nie&nbsp;istnieje</p>"
    assert read_message(b"Content-Type: text/html\n\n" + page).text.split() == ["Adres", "nie", "istnieje"]


def test_cells_of_a_table_are_words_of_their_own() -> None:
    page = b"Content-Type: text/html\n\n<tr><td>Odbiorca</td><td>jan@firma.example</td></tr>"
    assert read_message(page).text.split() == ["Odbiorca", "jan@firma.example"]


def test_flowed_lines_are_joined() -> None:
    facts = read_message(b"Content-Type: text/plain; format=flowed\n\nnie \nistnieje\n")
    assert "nie istnieje" in facts.text


def test_the_text_is_bounded() -> None:
    assert len(read_message(b"Subject: x\n\n" + b"word " * READ_BYTES).text) <= LONGEST_TEXT + 1
