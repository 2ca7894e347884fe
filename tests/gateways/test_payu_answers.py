"""What may come instead of PayU's answer: nothing of it starts a payment, tells of one or learns a secret."""

import socket

import pytest

from domain.payments import PaymentStarted, PaymentStatus
from tests.gateways.payu_scene import KEY, NOWHERE, ORDER, STARTED, UUID, gateway_to, wish
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import bad_answers, http, payu_peer

OK = {"status": {"statusCode": "SUCCESS"}}
BAD_ANSWERS = bad_answers("302 Found", STARTED)
BAD_STARTS = {
    "201": http("201 Created", STARTED),
    "no success": http("302 Found", {**STARTED, "status": {"statusCode": "WARNING_CONTINUE_3DS"}}),
    "no status": http("302 Found", {**STARTED, "status": "SUCCESS"}),
    "another order": http("302 Found", {**STARTED, "extOrderId": "another"}),
    **{
        f"redirect {address!r:.30}": http("302 Found", {**STARTED, "redirectUri": address})
        for address in (
            *(
                "javascript:alert(1)",
                "data:text/html,x",
                "ftp://payu.com/",
                "//payu.com",
                "/pay",
                "",
                "https://",
            ),
            *(
                "http://[",
                "https://payu.com/\r\nX: y",
                "https://payu.com/ą",
                "https://" + "a" * 2_000,
                7,
                None,
            ),
        )
    },
    **{
        f"reference {reference!r:.30}": http("302 Found", {**STARTED, "orderId": reference})
        for reference in ("", "a/b", "a b", "a\n", "a" * 121, 7, None, ["a"])
    },
}


def test_a_good_answer_is_one():
    with payu_peer(http("302 Found", STARTED)) as peer:
        assert gateway_to(peer.url).start(wish()) == PaymentStarted(ORDER["orderId"], STARTED["redirectUri"])


@pytest.mark.parametrize(
    "answer", [*BAD_ANSWERS.values(), *BAD_STARTS.values()], ids=[*BAD_ANSWERS, *BAD_STARTS]
)
def test_a_payment_without_a_proper_answer_has_not_started(answer):
    with payu_peer(answer) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert peer.asked_for(b"POST /api/v2_1/orders") == 1  # a POST is never repeated


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_question_without_a_proper_answer_tells_nothing(answer):
    with payu_peer(answer) as peer:
        assert gateway_to(peer.url).ask("ABC") is None


BAD_TOKENS = [
    {"access_token": "a\r\nX: y", "expires_in": 9},
    {"access_token": 7, "expires_in": 9},
    {"access_token": "a" * 5_000, "expires_in": 9},
    {"access_token": "a", "expires_in": True},
    {"access_token": "a", "expires_in": "9"},
    {"access_token": "a", "expires_in": -1},
    {"expires_in": 9},
]
TOKENS = {**BAD_ANSWERS, **{f"{token!r:.60}": http("200 OK", token) for token in BAD_TOKENS}}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_without_a_proper_token_nothing_is_ordered(token):
    with payu_peer(http("302 Found", STARTED), token) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert peer.asked_for(b"/orders") == 0


@pytest.mark.parametrize(
    "orders",
    [
        *([], [ORDER, ORDER], {}, None, "x", [7], [{**ORDER, "orderId": "ANOTHER"}]),
        *([{**ORDER, "status": "REJECTED"}], [{**ORDER, "totalAmount": 10_000}]),
    ],
    ids=str,
)
def test_a_question_is_answered_by_the_one_order_asked_about(orders):
    with payu_peer(http("200 OK", {**OK, "orders": orders})) as peer:
        assert gateway_to(peer.url).ask(ORDER["orderId"]) is None
    with payu_peer(http("200 OK", {**OK, "orders": [ORDER]})) as peer:
        assert gateway_to(peer.url).ask(ORDER["orderId"]).status is PaymentStatus.PAID
        assert b"Content-Length" not in peer.requests[-1]  # PayU refuses a GET with a body


def test_a_server_that_is_not_there_gives_no_answer():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        assert gateway_to(f"http://127.0.0.1:{unheard.getsockname()[1]}").start(wish()) is None


def test_a_redirect_is_not_followed():
    with payu_peer(http("302 Found", STARTED)) as other:
        lured = http("302 Found", b"", f"Location: {other.url}/api/v2_1/orders")
        with payu_peer(lured) as peer:
            assert gateway_to(peer.url).start(wish()) is None
        assert other.requests == []


def test_a_certificate_nobody_vouches_for_is_told_no_secret(server_tls):  # noqa: F811
    with payu_peer(http("302 Found", STARTED), tls=server_tls) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert peer.requests == []


def test_a_trusted_certificate_carries_a_payment(server_tls, certificate, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with payu_peer(http("302 Found", STARTED), tls=server_tls) as peer:
        assert gateway_to(peer.url).start(wish())


def test_the_log_has_no_secret_and_no_body(caplog):
    with payu_peer(http("400 Bad Request", {"status": {"statusCode": "x jan@example.pl"}})) as peer:
        gateway_to(peer.url).start(wish())
    gateway_to("http://127.0.0.1:9").start(wish())
    assert "did not start" in caplog.text and "no answer" in caplog.text
    for secret in ("client-secret", KEY, "a-token", "jan@", "biuro@", UUID):
        assert secret not in caplog.text
    assert "client-secret" not in repr(NOWHERE) and KEY not in repr(NOWHERE)
