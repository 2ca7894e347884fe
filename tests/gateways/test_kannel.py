"""The Kannel gateway against servers that say what smsbox says, and worse, on real sockets."""

import socket
from dataclasses import replace
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.outcomes import Accepted, AccountRefused, Refused, Unavailable, Uncertain
from domain.segments import Encoding, segment, split
from domain.text_messages import TextMessage
from gateways.kannel import KannelGateway, KannelSettings, outcome_of, query
from gateways.sms_parts import hand_over, parts_of
from tests.payment_peers import http, payu_peer

NUMBER = "+48600100200"
REFERENCE = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
NOWHERE = KannelSettings("http://127.0.0.1:9", "goniec", "sek&ret", timeout_seconds=0.3)
REPORTS = "https://goniec.example/sms/the-secret/report"
TAKEN = http("202 Accepted", b"0: Accepted for delivery")


def text(**more):
    given = {"number": NUMBER, "text": "Hello", "sender": "Goniec", "reference": REFERENCE}
    return TextMessage(**{**given, **more})


def send_to(answer, message=None, *, path=""):
    with payu_peer(answer) as peer:
        gateway = KannelGateway(replace(NOWHERE, base_url=peer.url + path), REPORTS)
        outcome = gateway.send(message or text())
        gateway.close()
    return outcome, peer.requests


def arguments(request):
    target = request.split(b" ")[1].decode("ascii")
    query = parse_qs(urlsplit(target).query, encoding="latin-1", strict_parsing=True)
    return {name: values[0].encode("latin-1") for name, values in query.items()}


# --- what is sent ---


def test_a_text_is_one_get_that_carries_our_reference():
    outcome, [request] = send_to(TAKEN, text(text="Zażółć & 1+1=2 100% 😀"))
    assert outcome == Accepted()
    assert request.startswith(b"GET /cgi-bin/sendsms?username=goniec&password=sek%26ret&")
    given = arguments(request)
    assert given.pop("text").decode() == "Zażółć & 1+1=2 100% 😀"
    assert given == {
        "username": b"goniec",
        "password": b"sek&ret",
        "to": b"+48600100200",
        "from": b"Goniec",
        "charset": b"UTF-8",
        "coding": b"2",
        "dlr-mask": b"31",
        "dlr-url": f"{REPORTS}?ref={REFERENCE}&status=%d&at=%T&smsc=%i&theirs=%F&said=%A".encode(),
    }


@pytest.mark.parametrize(
    ("path", "asked"), [("", "/cgi-bin/sendsms"), ("/", "/cgi-bin/sendsms"), ("/x", "/x")]
)
def test_an_address_without_a_path_gets_kannels_own(path, asked):
    _, [request] = send_to(TAKEN, path=path)
    assert request.startswith(f"GET {asked}?".encode())


def test_a_gsm_text_is_coded_so_and_a_sender_may_be_left_to_kannel():
    _, [request] = send_to(TAKEN, text(text="10 € [x]", sender=""))
    given = arguments(request)
    assert given["coding"] == b"0" and "from" not in given and "udh" not in given


def test_a_long_text_goes_out_in_parts_that_only_the_last_reports_on():
    written = "ż" * 66 + "😀" * 40
    outcome, requests = send_to(TAKEN, text(text=written))
    given = list(map(arguments, requests))
    assert outcome == Accepted()
    assert [each["text"].decode() for each in given] == split(written)
    headers = [each["udh"] for each in given]
    assert [header[:3] + header[4:] for header in headers] == [b"\5\0\3\3\1", b"\5\0\3\3\2", b"\5\0\3\3\3"]
    assert len({header[3] for header in headers}) == 1
    assert ["dlr-url" in each for each in given] == [False, False, True]


def test_two_texts_do_not_share_the_number_of_their_parts():
    with payu_peer(TAKEN) as peer:
        gateway = KannelGateway(replace(NOWHERE, base_url=peer.url))
        for _ in range(2):
            gateway.send(text(text="a" * 161))
    assert len({arguments(request)["udh"][3] for request in peer.requests}) == 2


@pytest.mark.parametrize(
    "wrong",
    [{"number": "600100200"}, {"sender": "Żółw"}, {"text": " "}, {"text": "a" * 161, "most_parts": 1}],
)
def test_what_cannot_be_sent_is_refused_and_never_handed_over(wrong):
    outcome, requests = send_to(TAKEN, text(**wrong))
    assert type(outcome) is Refused and requests == []


# --- what an answer means ---

ANSWERS = {
    (202, b"0: Accepted for delivery"): Accepted,
    (202, b"3: Queued for later delivery"): Accepted,
    (202, b"Sent."): Accepted,
    (200, b"0: Accepted for delivery"): Accepted,
    (403, b"Authorization failed for sendsms"): AccountRefused,
    (403, b"Not routable. Do not try again."): Refused,
    (403, b"<h1>nginx</h1>"): AccountRefused,
    (400, b"Number(s) has/have been denied by white- and/or black-lists."): Refused,
    (400, b"Sender missing and no global set, rejected"): AccountRefused,
    (400, b"DLR-URL field misformed, rejected"): AccountRefused,
    (400, b"Charset or body misformed, rejected"): Refused,
    (401, b""): AccountRefused,
    (404, b"Unknown request."): AccountRefused,
    (302, b""): AccountRefused,
    (503, b"Temporal failure, try again later."): Unavailable,
    (503, b""): Unavailable,
    (503, b"upstream connect error or disconnect/reset before headers"): Uncertain,
    (500, b"Sending failed."): Uncertain,
    (502, b""): Uncertain,
    (504, b""): Uncertain,
    (303, b""): Uncertain,
    (202, b""): Uncertain,
    (202, b"<html>Log in</html>"): Uncertain,
    (204, None): Uncertain,
}


@pytest.mark.parametrize(("answer", "kind"), ANSWERS.items(), ids=[f"{s} {b!r:.30}" for s, b in ANSWERS])
def test_an_answer_has_its_outcome(answer, kind):
    assert type(outcome_of(*answer)) is kind


@given(st.integers(100, 599), st.none() | st.binary(max_size=300))
def test_every_answer_has_an_outcome_that_can_be_stored(status, body):
    outcome = outcome_of(status, body)
    if not isinstance(outcome, Accepted):
        assert outcome.text.encode("utf-8") and len(outcome.code) <= 8 and len(outcome.text) < 600


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"garbage\r\n\r\n", b"HTTP/1.1 202 Accepted\r\nContent-Length: 99\r\n\r\n0: Acc"],
    ids=["hangs", "closes", "garbage", "half a body"],
)
def test_what_may_have_been_sent_is_uncertain_and_not_repeated(answer):
    outcome, requests = send_to(answer)
    assert type(outcome) is Uncertain and len(requests) == 1


def test_a_server_that_is_not_there_has_got_nothing():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        settings = replace(NOWHERE, base_url=f"http://127.0.0.1:{unheard.getsockname()[1]}")
        outcome = KannelGateway(settings).send(text())
    assert type(outcome) is Unavailable


def test_a_text_of_which_a_part_was_sent_is_uncertain_whatever_the_rest_met():
    answers = [TAKEN, http("503 X", b"Temporal failure, try again later.")]
    outcome, requests = send_to(lambda stream: stream.sendall(answers.pop(0)), text(text="a" * 400))
    assert (type(outcome), outcome.code, len(requests)) == (Uncertain, "HTTP 503", 2)
    assert "1 of the text's 3 parts" in outcome.text


def test_a_text_whose_first_part_was_not_taken_may_go_elsewhere():
    outcome, requests = send_to(http("503 X", b"Temporal failure"), text(text="a" * 400))
    assert type(outcome) is Unavailable and len(requests) == 1


# --- parts ---


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=600), st.integers(0, 999))
def test_parts_are_the_text_and_know_their_place(written, number):
    parts = parts_of(written, number)
    assert "".join(part.text for part in parts) == written
    assert {part.encoding for part in parts} == {segment(written).encoding}
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    for place, part in enumerate(parts, 1):
        units = (
            segment(part.text).units
            if part.encoding is Encoding.GSM7
            else len(part.text.encode("utf-16")) // 2 - 1
        )
        assert part.header in (b"", bytes((5, 0, 3, number % 256, len(parts), place)))
        assert units <= {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}[part.encoding][bool(part.header)]


def test_the_last_parts_reference_is_the_texts():
    references = iter("abc")
    assert hand_over(parts_of("x" * 400, 1), lambda _part: Accepted(next(references))) == Accepted("c")


# --- settings ---


def test_the_password_is_not_shown():
    assert "sek" not in repr(NOWHERE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "kannel"},
        {"base_url": "http://x/?a=b"},
        {"base_url": "ftp://x"},
        {"username": ""},
        {"password": ""},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match=r"is (no|empty)"):
        replace(NOWHERE, **wrong)


@pytest.mark.parametrize("wrong", ["javascript:alert(1)", "https://x/a%d"])
def test_an_address_kannel_would_change_is_refused(wrong):
    with pytest.raises(ValueError, match="report_url"):
        KannelGateway(NOWHERE, wrong)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=160))
def test_a_text_comes_back_from_its_query(written):
    [part, *_] = parts_of(written, 0)
    [pair] = [
        pair for pair in query(text(reference=str(uuid4())), part, "").split("&") if pair.startswith("text=")
    ]
    assert unquote(pair.removeprefix("text=")) == part.text
