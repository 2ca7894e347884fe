"""The SMSAPI gateway against the stand-in, on real sockets."""

import threading
from dataclasses import replace
from urllib.parse import parse_qs

import pytest

from domain.outcomes import Accepted, AccountRefused, Refused, Unavailable, Uncertain
from gateways.smsapi import SmsapiGateway
from sandbox.phones import SandboxPhones
from sandbox.phones_exchange import Trouble
from tests.gateways.smsapi_scene import NOWHERE, NUMBER, REFERENCE, TAKEN, text
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import http, payu_peer


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


# --- whether it answers ---


def test_an_account_is_asked_for_without_a_text(phones, gateway):
    assert gateway.check() is None
    assert phones.taken() == []


def test_a_check_says_what_is_wrong(phones):
    wrong = SmsapiGateway(replace(phones.settings, token="another"))
    assert isinstance(wrong.check(), AccountRefused)
    phones.stop()
    assert isinstance(SmsapiGateway(phones.settings).check(), Unavailable)


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"points": true}', b'{"points": "1"}', b"<html>"])
def test_a_server_that_is_not_smsapi_is_no_account(answer):
    with payu_peer(http("200 OK", answer)) as peer:
        assert isinstance(SmsapiGateway(replace(NOWHERE, base_url=peer.url)).check(), Uncertain)
