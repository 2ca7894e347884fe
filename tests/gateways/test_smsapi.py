"""The SMSAPI gateway against the stand-in and against servers that misbehave, on real sockets."""

import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from urllib.parse import parse_qs
from uuid import uuid4

import pytest

from domain.outcomes import Accepted, AccountRefused, Refused, Unavailable, Uncertain
from domain.text_messages import TextMessage
from gateways.smsapi import SmsapiGateway, SmsapiSettings
from gateways.smsapi_connection import LARGEST_ANSWER
from sandbox.phones import SandboxPhones
from sandbox.phones_exchange import Trouble
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import http, payu_peer

NUMBER = "+48600100200"
REFERENCE = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
NOWHERE = SmsapiSettings("http://127.0.0.1:9", "the-token", timeout_seconds=0.3)
ENTRY = {"id": "5B1F0C4E", "points": 0.16, "number": "48600100200", "status": "QUEUE", "error": None}
TAKEN = {"count": 1, "list": [{**ENTRY, "idx": REFERENCE}], "parts": 1}


def text(**more):
    given = {"number": NUMBER, "text": "Dzień dobry", "sender": "Goniec", "reference": str(uuid4())}
    return TextMessage(**{**given, **more})


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


# --- what is sent ---


def test_a_text_is_one_form_in_utf8_with_a_bearer_token():
    with payu_peer(http("200 OK", TAKEN)) as peer:
        gateway = SmsapiGateway(replace(NOWHERE, base_url=f"{peer.url}/pl"), "https://goniec.example/dlr?k=1")
        message = text(reference=REFERENCE, text="Zażółć gęślą & 1+1=2 100% 😀", most_parts=3)
        assert gateway.send(message) == Accepted("5B1F0C4E")
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /pl/sms.do HTTP/1.1\r\n")
    assert b"\r\nAuthorization: Bearer the-token\r\n" in head
    assert b"\r\nHost: 127.0.0.1:" in head
    assert {name: values for name, [values] in parse_qs(body.decode("ascii")).items()} == {
        "to": "48600100200",
        "message": "Zażółć gęślą & 1+1=2 100% 😀",
        "from": "Goniec",
        "encoding": "utf-8",
        "format": "json",
        "idx": REFERENCE,
        "check_idx": "1",
        "max_parts": "3",
        "details": "1",
        "nounicode": "0",
        "notify_url": "https://goniec.example/dlr?k=1",
    }


@pytest.mark.parametrize(
    "written",
    ["Zażółć gęślą jaźń", "a&to=48500600700", "1+1 = 100%", "wers\r\nwers", "😀" * 60, "[%imie%]", " x "],
)
def test_a_text_arrives_as_it_was_written(phones, gateway, written):
    assert isinstance(gateway.send(text(text=written)), Accepted)
    [taken] = phones.taken()
    assert (taken.text, taken.number, taken.sender) == (written, "48600100200", "Goniec")


@pytest.mark.parametrize(
    ("sender", "shown"), [("+48799000111", "48799000111"), ("", "Info"), ("A & B", "A & B")]
)
def test_the_sender_is_a_name_a_number_or_the_accounts_own(phones, gateway, sender, shown):
    assert isinstance(gateway.send(text(sender=sender)), Accepted)
    assert phones.taken()[0].sender == shown


def test_an_attempt_that_is_made_again_is_sent_once(phones, gateway):
    message = text()
    first, again = gateway.send(message), gateway.send(message)
    assert first == Accepted(phones.taken()[0].id)
    assert again == Accepted()
    assert len(phones.taken()) == 1


UNUSABLE = {
    **{
        f"number {number!r}": {"number": number}
        for number in (
            "",
            "600100200",
            "48600100200",
            "+48600100200,+48600100201",
            "+48 600100200",
            "+48６00100200",
        )
    },
    "number with a line break": {"number": "+48600100200\n"},
    **{f"sender {sender!r}": {"sender": sender} for sender in ("Za długa nazwa", "Żółw", "a\nb")},
    "no text": {"text": ""},
    "only blanks": {"text": " \n"},
    "half a surrogate pair": {"text": "a\ud83d"},
    "NUL": {"text": "a\0b"},
    "too many parts": {"text": "a" * 161, "most_parts": 1},
}


@pytest.mark.parametrize("wrong", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_sent_is_refused_and_never_handed_over(phones, gateway, wrong):
    outcome = gateway.send(text(**wrong))
    assert isinstance(outcome, Refused) and outcome.text
    assert phones.taken() == []


@pytest.mark.parametrize("reference", ["", "a|b", "a b", "ą", "a" * 256, "a&to=1"])
def test_a_reference_that_is_not_ours_is_a_mistake(gateway, reference):
    with pytest.raises(ValueError, match="reference"):
        gateway.send(text(reference=reference))


# --- what an answer means ---

CODES = {
    Refused: (11, 12, 13, 14, 19, 25, 32, 33, 52, 57, 94, 12_345),
    AccountRefused: (70, 74, 101, 102, 103, 105, 110, 1000, 1001),
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


# --- the stand-in doing wrong ---


@pytest.mark.parametrize(
    ("trouble", "kind", "taken"),
    [
        (Trouble.REFUSE, Refused, 0),
        (Trouble.NO_CREDITS, AccountRefused, 0),
        (Trouble.BUSY, Unavailable, 0),
        (Trouble.DROP_BEFORE, Uncertain, 0),
        (Trouble.DROP_AFTER, Uncertain, 1),
        (Trouble.HANG, Uncertain, 1),
    ],
)
def test_every_trouble_has_its_outcome(phones, gateway, trouble, kind, taken):
    message = text()
    phones.misbehave(trouble, NUMBER if trouble is not Trouble.DROP_BEFORE else "", times=1)
    assert type(gateway.send(message)) is kind
    assert len(phones.taken()) == taken
    phones.behave()
    assert isinstance(gateway.send(message), Accepted)
    assert len(phones.taken()) == 1


def test_a_wrong_token_is_the_accounts_fault(phones):
    outcome = SmsapiGateway(replace(phones.settings, token="wrong")).send(text())
    assert (type(outcome), outcome.code) == (AccountRefused, "101")


def test_the_account_tells_what_is_left(phones, gateway):
    assert gateway.points() == Decimal("1000.0")
    gateway.send(text())
    assert gateway.points() == Decimal("999.84")


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        http("200 OK", {"error": 101}),
        http("500 X", {"points": 1}),
        *(http("200 OK", {"points": p}) for p in (True, "1", None, 10**10)),
    ],
)
def test_what_is_left_may_be_untold(answer):
    with payu_peer(answer) as peer:
        assert SmsapiGateway(replace(NOWHERE, base_url=peer.url)).points() is None


# --- secrets ---


def test_a_certificate_nobody_vouches_for_is_told_no_secret(server_tls):  # noqa: F811
    with payu_peer(http("200 OK", TAKEN), tls=server_tls) as peer:
        outcome = SmsapiGateway(replace(NOWHERE, base_url=peer.url)).send(text())
        assert type(outcome) is AccountRefused and "certificate" in outcome.text
        assert peer.requests == []


def test_a_trusted_certificate_carries_a_text(server_tls, certificate, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with payu_peer(http("200 OK", TAKEN), tls=server_tls) as peer:
        gateway = SmsapiGateway(replace(NOWHERE, base_url=peer.url))
        assert isinstance(gateway.send(text(reference=REFERENCE)), Accepted)


def test_a_server_that_speaks_no_tls_has_got_nothing():
    with payu_peer(http("200 OK", TAKEN)) as peer:
        outcome = SmsapiGateway(replace(NOWHERE, base_url=peer.url.replace("http", "https"))).send(text())
    assert isinstance(outcome, Unavailable) and b"the-token" not in b"".join(peer.requests)


def test_the_token_is_not_shown():
    assert "the-token" not in repr(NOWHERE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "a\r\nX: y"},
        {"token": "ą"},
        {"base_url": "smsapi.pl"},
        {"base_url": "ftp://x"},
        {"base_url": "http://x:port"},
        {"base_url": "http://x/\r\n"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match=r"is (no|empty)"):
        replace(NOWHERE, **wrong)
    with pytest.raises(ValueError, match="notify_url"):
        SmsapiGateway(NOWHERE, "javascript:alert(1)")


def test_threads_share_one_gateway(phones, gateway):
    outcomes = []
    threads = [threading.Thread(target=lambda: outcomes.append(gateway.send(text()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {outcome.reference for outcome in outcomes} == {taken.id for taken in phones.taken()}
    assert len(phones.taken()) == 8
