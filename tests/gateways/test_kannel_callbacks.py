"""What Kannel calls back with: read strictly, and never the cause of any other error."""

from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery import DeliveryState
from domain.text_messages import DeliveryReport, IncomingText
from gateways.kannel import dlr_url
from gateways.kannel_callbacks import delivery_reports, incoming_text
from gateways.sms_callbacks import LONGEST_TEXT, UnreadableCallback

THEN = datetime(2025, 11, 22, 4, 5, 57, tzinfo=UTC)
ONE = {"ref": "r-1", "status": "1", "at": "1763784357", "smsc": "fake", "theirs": "e54f8d1d-d5a6", "said": ""}
MO = {
    "id": "AB-1",
    "from": "+48600100200",
    "to": "48123",
    "text": "TAK",
    "charset": "UTF-8",
    "at": "1763784357",
}


def mo(**more):
    return urlencode({**MO, **more}, quote_via=quote).encode()


def test_a_text_was_delivered():
    assert delivery_reports(ONE) == [
        DeliveryReport("r-1", "e54f8d1d-d5a6", DeliveryState.DELIVERED, THEN, "DELIVERED")
    ]


def test_a_report_comes_to_the_address_that_was_given_for_it():
    url = dlr_url("https://goniec.example/sms/s/report", "r-1")
    filled = url.replace("%d", "16").replace("%T", "1763784357").replace("%i", "fake").replace("%F", "")
    query = dict(parse_qsl(urlsplit(filled.replace("%A", "NACK%2F0x0b")).query, keep_blank_values=True))
    assert delivery_reports(query) == [DeliveryReport("r-1", "", DeliveryState.UNDELIVERED, THEN, "REJECTED")]


@pytest.mark.parametrize(
    ("status", "state", "code"),
    [
        ("1", DeliveryState.DELIVERED, "DELIVERED"),
        ("2", DeliveryState.UNDELIVERED, "UNDELIVERED"),
        ("4", None, "BUFFERED"),
        ("8", None, "ACCEPTED"),
        ("16", DeliveryState.UNDELIVERED, "REJECTED"),
        ("64", None, "64"),
    ],
)
def test_a_status_has_its_meaning(status, state, code):
    [report] = delivery_reports({**ONE, "status": status})
    assert (report.state, report.code) == (state, code)


@pytest.mark.parametrize(
    "wrong", [{"ref": ""}, {"ref": "a b"}, {"status": ""}, {"status": "%d"}, {"status": "١"}, {"at": "now"}]
)
def test_a_report_that_cannot_be_kannels_is_refused(wrong):
    with pytest.raises(UnreadableCallback):
        delivery_reports({**ONE, **wrong})


def test_a_text_is_read():
    assert incoming_text(mo()) == IncomingText("AB-1", "+48600100200", "48123", "TAK", THEN)


@pytest.mark.parametrize("charset", ["UTF-16BE", "utf-16be", "UTF-8", "ISO-8859-2", "windows-1250", ""])
def test_a_text_is_read_in_the_charset_it_came_in(charset):
    octets = "Zażółć".encode({"UTF-16BE": "utf-16-be"}.get(charset.upper(), charset or "utf-8"))
    assert incoming_text(mo(text=octets, charset=charset)).text == "Zażółć"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("+48600100200", "+48600100200"),
        ("0048600100200", "+48600100200"),
        ("48600100200", "+48600100200"),
        ("600100200", "+48600100200"),
        ("+491512345678", "+491512345678"),
        ("48123", "48123"),
        ("Allegro", "Allegro"),
    ],
)
def test_a_number_gets_its_plus(written, read):
    assert incoming_text(mo(**{"from": written})).sender == read


@pytest.mark.parametrize(
    "wrong",
    [{"from": ""}, {"from": "ą"}, {"id": "a b"}, {"id": "a" * 129}, {"text": "a" * (LONGEST_TEXT + 1)}],
)
def test_a_text_that_cannot_be_kannels_is_refused(wrong):
    with pytest.raises(UnreadableCallback):
        incoming_text(mo(**wrong))


def test_half_a_pair_and_nul_are_taken_out():
    text = incoming_text(mo(text="a\0b".encode("utf-16-be") + b"\xd8\x3d", charset="UTF-16BE")).text
    assert text.startswith("ab") and text.encode("utf-8")


def test_an_unfilled_moment_is_none():
    assert incoming_text(mo(at="")).moment is None
    assert delivery_reports({**ONE, "at": "0"})[0].moment is None


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from(sorted(ONE)), st.text(max_size=30)))
def test_anything_is_read_or_refused(query, report):
    with suppress(UnreadableCallback):
        incoming_text(query).text.encode("utf-8")
    with suppress(UnreadableCallback):
        incoming_text(b"from=1&text=" + query).text.encode("utf-8")
    with suppress(UnreadableCallback):
        delivery_reports({**ONE, **report})
