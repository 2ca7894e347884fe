"""What an answer of SMSAPI.pl means, and what none means, from servers that misbehave on real sockets."""

import json
import socket
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from domain.outcomes import Accepted, AccountRefused, Refused, Unavailable, Uncertain
from gateways.sms_http import LARGEST_ANSWER
from gateways.smsapi import SmsapiGateway
from sandbox.phones import SandboxPhones
from tests.gateways.smsapi_scene import ENTRY, NOWHERE, REFERENCE, TAKEN, text
from tests.payment_peers import http, payu_peer


def send_to(answer, message=None, **settings):
    with payu_peer(answer) as peer:
        gateway = SmsapiGateway(replace(NOWHERE, base_url=peer.url, **settings))
        outcome = gateway.send(message or text(reference=REFERENCE))
        gateway.close()
    assert len(peer.requests) == 1  # whatever comes back, a request is never repeated
    return outcome


@pytest.fixture
def phones():
    with SandboxPhones(report_after=None) as running:
        yield running


@pytest.fixture
def gateway(phones):
    return SmsapiGateway(replace(phones.settings, timeout_seconds=0.5))


# --- what an answer means ---

UNKNOWN = (19, 25, 94, 12_345)
"""Nobody here knows what these mean: were it "no money left", each text of a campaign would fail for good."""
CODES = {
    Refused: (11, 12, 13, 14, 32, 33, 52, 57),
    AccountRefused: (70, 74, 101, 102, 103, 105, 110, 1000, 1001, *UNKNOWN),
    Unavailable: (8, 200, 201, 202, 666, 999),
}


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes])
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Internal Server Error"])
def test_an_error_code_is_believed_whatever_the_status(kind, code, status):
    body = {"error": code, "message": "Bo nie.", "invalid_numbers": []}
    outcome = send_to(http(status, body))
    assert (type(outcome), outcome.code) == (kind, str(code))
    assert outcome.text.endswith(": Bo nie.")


def test_an_error_may_stand_beside_the_recipient():
    outcome = send_to(http("200 OK", {"count": 1, "list": [{**ENTRY, "id": "", "error": "13"}]}))
    assert (type(outcome), outcome.code, outcome.text[-4:]) == (Refused, "13", ": 13")


def test_a_text_they_have_already_is_accepted():
    assert send_to(http("200 OK", {"error": 53, "message": "Not unique idx"})) == Accepted()


STATUSES = {
    Unavailable: (408, 425, 429, 503),
    AccountRefused: (301, 302, 307, 308, 401, 402, 403, 404, 405, 410),
    Refused: (400, 413, 414, 422),
    Uncertain: (200, 201, 204, 303, 500, 501, 502, 504, 520),
}


@pytest.mark.parametrize(
    ("kind", "status"), [(kind, code) for kind, codes in STATUSES.items() for code in codes]
)
def test_without_a_code_the_status_decides_whether_it_was_sent(kind, status):
    assert type(send_to(http(f"{status} X", b"<h1>nginx</h1>" if status != 204 else b""))) is kind


def test_a_503_of_a_proxy_that_had_handed_it_on_is_uncertain():
    body = b"upstream connect error or disconnect/reset before headers. reset reason: connection termination"
    assert type(send_to(http("503 Service Unavailable", body))) is Uncertain


def test_a_status_that_says_no_needs_no_whole_body():
    answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 900\r\n\r\n<"
    assert type(send_to(answer)) is Unavailable


def slowly(stream):
    """A good beginning, and then a byte whenever the client could lose patience."""
    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    with suppress(OSError):
        while not stream.sendall(b" "):
            time.sleep(0.02)


NO_ANSWERS = {
    "hangs": None,
    "drips": slowly,
    "closes": b"",
    "garbage": b"\x00\xff\xfe garbage\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "huge": http("200 OK", b" " * (LARGEST_ANSWER + 1) + json.dumps(TAKEN).encode()),
    "endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
    "broken chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "shorter than promised": b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n" + json.dumps(TAKEN).encode(),
    "packed": http("200 OK", b"\x1f\x8b\x08\x00garbage", "Content-Encoding: gzip"),
    "no JSON": http("200 OK", b"OK:123:0.16:48600100200"),
    "no object": http("200 OK", [TAKEN]),
    "deep": http("200 OK", b"[" * 60_000),
    "no UTF-8": http("200 OK", b'{"list": "\xff"}'),
    "NaN": http("200 OK", b'{"list": [{"id": "1"}], "x": NaN}'),
    "a long number": http("200 OK", b'{"error": ' + b"9" * 6_000 + b"}"),
    "an error that is no code": http("200 OK", {"error": {"code": 13}}),
    "an error that is true": http("200 OK", {"error": True}),
    "no list": http("200 OK", {"count": 1}),
    "an empty list": http("200 OK", {"count": 0, "list": []}),
    "two entries": http("200 OK", {"count": 2, "list": [ENTRY, ENTRY]}),
    "an entry that is none": http("200 OK", {"list": ["x"]}),
    "taken, with an error": http("200 OK", {**TAKEN, "error": 13}),
    "taken, with a 500": http("500 Internal Server Error", TAKEN),
    "another text's answer": http("200 OK", {"list": [{**ENTRY, "idx": "another"}]}),
    **{
        f"id {their!r:.20}": http("200 OK", {"list": [{**ENTRY, "id": their}]})
        for their in ("", 7, None, "a b", "a" * 65)
    },
}


@pytest.mark.parametrize("answer", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_may_have_been_sent_is_uncertain(answer):
    outcome = send_to(answer)
    assert type(outcome) is Uncertain
    assert outcome.text and len(outcome.text) < 600


@pytest.mark.parametrize("idx", [None, "", REFERENCE])
def test_an_answer_need_not_repeat_our_reference(idx):
    assert send_to(http("200 OK", {"list": [{**ENTRY, "idx": idx}]})) == Accepted("5B1F0C4E")


def test_a_redirect_is_not_followed():
    with payu_peer(http("200 OK", TAKEN)) as other:
        assert (
            type(send_to(http("307 Temporary Redirect", b"", f"Location: {other.url}/sms.do")))
            is AccountRefused
        )
    assert other.requests == []


def test_a_server_that_is_not_there_has_got_nothing():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        gateway = SmsapiGateway(replace(NOWHERE, base_url=f"http://127.0.0.1:{unheard.getsockname()[1]}"))
        outcome = gateway.send(text())
    assert type(outcome) is Unavailable and "Connection refused" in outcome.text
