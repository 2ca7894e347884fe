"""The PayU gateway against the stand-in and against servers that misbehave, on real sockets."""

import socket
import threading
from dataclasses import replace
from uuid import uuid4

import pytest

from domain.payments import PaymentOrder, PaymentStarted, PaymentStatus
from gateways.payu import PayuGateway, PayuSettings
from sandbox import paywall
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import bad_answers, http, payu_peer, shop

KEY = "second-key"
NOWHERE = PayuSettings("http://127.0.0.1:9", "300746", "300746", "client-secret", KEY, timeout_seconds=0.3)
GATEWAY = PayuGateway(NOWHERE)
UUID = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
ORDER = {
    "orderId": "WZHF5FFDRJ140731GUEST000P01",
    "extOrderId": UUID,
    "status": "COMPLETED",
    "totalAmount": "10000",
    "currencyCode": "PLN",
}
STARTED = {
    "status": {"statusCode": "SUCCESS"},
    "redirectUri": "https://merch-prod.snd.payu.com/pay/?orderId=X",
    "orderId": ORDER["orderId"],
    "extOrderId": UUID,
}


def wish(**more):
    given = {
        "uuid": UUID,
        "amount": 10_000,
        "description": "Doładowanie konta SMS",
        "buyer_email": "biuro@goniec.example",
        "customer_ip": "192.0.2.7",
        "continue_url": "https://goniec.example/top-up",
        "notify_url": "http://127.0.0.1:9/payu",
    }
    return PaymentOrder(**{**given, **more})


def gateway_to(url, **more):
    return PayuGateway(replace(NOWHERE, base_url=url, **more))


@pytest.fixture
def payu():
    with paywall.running(pauses=()) as running:
        yield running


# --- from the order to the money ---


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_payment_is_started_paid_reported_and_confirmed(algorithm):
    with shop() as told, paywall.running(algorithm=algorithm, pauses=()) as payu:
        gateway = PayuGateway(payu.settings)
        started = gateway.start(wish(notify_url=told.url))
        assert started.redirect_url == f"{payu.url}/pay/{started.reference}"
        assert gateway.ask(started.reference).status is PaymentStatus.CREATED
        payu.act(started.reference, "pay")
        payu.settle()
        [(header, body)] = told.notifications
        reported = gateway.read_notification({"openpayu-signature": header}, body)
        confirmed = gateway.ask(started.reference)
    assert f"algorithm={algorithm};" in header
    for news in (reported, confirmed):
        assert (news.uuid, news.reference, news.amount, news.currency, news.said, news.status) == (
            *(UUID, started.reference, 10_000, "PLN", "COMPLETED"),
            PaymentStatus.PAID,
        )
    assert reported.detail["payment_id"] and reported.detail["method"] == "PBL"


@pytest.mark.parametrize(("action", "status"), [("refuse", "refused"), ("abandon", "pending")])
def test_a_payment_that_was_not_made_is_told_when_asked(payu, action, status):
    gateway = PayuGateway(payu.settings)
    reference = gateway.start(wish()).reference
    payu.act(reference, action)
    assert gateway.ask(reference).status == status


def test_the_order_says_what_is_paid_for_and_by_whom(payu):
    reference = PayuGateway(payu.settings).start(wish(amount=1_234)).reference
    fields = payu.till.get(reference).fields
    assert fields["totalAmount"] == "1234" and fields["extOrderId"] == UUID
    assert fields["products"] == [{"name": "Doładowanie konta SMS", "unitPrice": "1234", "quantity": "1"}]
    assert fields["buyer"] == {"email": "biuro@goniec.example", "language": "pl"}
    assert fields["customerIp"] == "192.0.2.7"


def test_a_buyer_without_an_address_and_a_long_description_are_no_hindrance(payu):
    reference = PayuGateway(payu.settings).start(wish(buyer_email="", description="ł" * 5_000)).reference
    fields = payu.till.get(reference).fields
    assert "buyer" not in fields and len(fields["description"]) == 255


def test_one_access_token_serves_many_calls(payu):
    gateway = PayuGateway(payu.settings)
    for _ in range(5):
        assert gateway.ask(gateway.start(wish(uuid=str(uuid4()))).reference)
    assert payu.tokens.granted == 1


def test_a_token_about_to_expire_is_renewed_before_it_is_refused():
    with paywall.running(token_seconds=59) as payu:
        gateway = PayuGateway(payu.settings)
        assert gateway.ask(gateway.start(wish()).reference)
        assert payu.tokens.granted == 2


def test_a_token_that_is_refused_is_renewed_once(payu):
    gateway = PayuGateway(payu.settings)
    reference = gateway.start(wish()).reference
    payu.tokens.forget()
    assert gateway.start(wish(uuid=str(uuid4())))
    payu.tokens.forget()
    assert gateway.ask(reference)
    assert payu.tokens.granted == 3


def test_a_server_that_refuses_every_token_is_asked_twice_and_no_more():
    with payu_peer(http("401 Unauthorized", {"status": {"statusCode": "UNAUTHORIZED"}})) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert peer.asked_for(b"/orders") == peer.asked_for(b"/authorize") == 2


@pytest.mark.parametrize("wrong", ["client_secret", "client_id", "pos_id"])
def test_with_a_wrong_credential_nothing_starts(payu, wrong):
    assert PayuGateway(replace(payu.settings, **{wrong: "wrong"})).start(wish()) is None


def test_an_order_that_payu_refuses_is_not_started(payu):
    gateway = PayuGateway(payu.settings)
    assert gateway.start(wish())
    assert gateway.start(wish()) is None  # the same reference of ours
    assert gateway.start(wish(uuid=str(uuid4()), customer_ip="")) is None


def test_what_is_unknown_cannot_be_told(payu):
    gateway = PayuGateway(payu.settings)
    assert gateway.ask("NOSUCHORDER") is None
    for reference in ("", "../orders", "a b", "a\r\nX: y", "ą", "a?b", "a" * 121):
        assert gateway.ask(reference) is None


# --- what may come instead of an answer ---

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


@pytest.mark.parametrize(
    "wrong",
    [{"base_url": "payu.com"}, {"base_url": "ftp://payu.com"}, {"second_key": ""}, {"client_secret": ""}],
)
def test_settings_that_would_trust_anybody_are_refused(wrong):
    with pytest.raises(ValueError, match=r"is (no|empty)"):
        replace(NOWHERE, **wrong)


def test_threads_share_one_gateway(payu):
    gateway, started = PayuGateway(payu.settings), []
    threads = [
        threading.Thread(target=lambda: started.append(gateway.start(wish(uuid=str(uuid4())))))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({payment.reference for payment in started}) == 8
