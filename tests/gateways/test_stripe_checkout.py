"""The Stripe gateway against a stand-in of its API and against servers that misbehave, on real sockets."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import PaymentOrder, PaymentStarted, PaymentStatus
from gateways.stripe_checkout import StripeGateway
from tests import stripe_peer
from tests.gateways.stripe_scene import GATEWAY, NAME, NOWHERE, ODD, SESSION, UUID
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import Answer, bad_answers, http, payu_peer
from tests.stripe_peer import SECRET_KEY, WEBHOOK_SECRET, Stripe, signature


def wish(**more: Any) -> PaymentOrder:
    given: dict[str, Any] = {
        "uuid": UUID,
        "amount": 10_000,
        "description": "Doładowanie konta SMS",
        "buyer_email": "biuro@goniec.example",
        "customer_ip": "192.0.2.7",
        "continue_url": "https://goniec.example/back",
        "notify_url": "https://goniec.example/payments/stripe/news",
    }
    return PaymentOrder(**given | more)


def gateway_to(url: str) -> StripeGateway:
    return StripeGateway(replace(NOWHERE, base_url=url))


@pytest.fixture
def peer() -> Iterator[Stripe]:
    with stripe_peer.running() as running:
        yield running


def started(peer: Stripe, **more: Any) -> tuple[StripeGateway, str]:
    gateway = StripeGateway(peer.settings)
    payment = gateway.start(wish(**more))
    assert payment is not None
    return gateway, payment.reference


# --- from the order to the money ---


def test_a_payment_page_offers_blik_przelewy24_and_cards_in_zlotys(peer: Stripe) -> None:
    payment = StripeGateway(peer.settings).start(wish())
    assert payment is not None
    assert payment.redirect_url.startswith(f"https://checkout.stripe.com/c/pay/{payment.reference}")
    [form] = peer.forms
    assert [form[f"payment_method_types[{place}]"] for place in range(3)] == ["blik", "p24", "card"]
    assert form["line_items[0][price_data][unit_amount]"] == "10000"
    assert form["line_items[0][price_data][currency]"] == "pln"
    assert form["client_reference_id"] == form["metadata[goniec_payment]"] == UUID
    assert (form["customer_email"], form["adaptive_pricing[enabled]"]) == ("biuro@goniec.example", "false")
    assert form["success_url"] == form["cancel_url"] == "https://goniec.example/back"


def test_the_same_payment_asked_for_twice_is_one_page(peer: Stripe) -> None:
    assert started(peer)[1] == started(peer)[1]
    assert started(peer, uuid=str(uuid4()))[1] != started(peer)[1]
    assert len(peer.sessions) == 2


def test_a_payer_without_an_address_is_no_hindrance(peer: Stripe) -> None:
    started(peer, buyer_email="", description="ł" * 5_000)
    [form] = peer.forms
    assert "customer_email" not in form
    assert form["line_items[0][price_data][product_data][name]"] == "ł" * 250


def test_a_payment_is_paid_reported_and_confirmed(peer: Stripe) -> None:
    gateway, name = started(peer)
    peer.pay(name)
    body = peer.event(name)
    reported = gateway.read_notification({"stripe-signature": signature(body)}, body)
    confirmed = gateway.ask(name)
    assert confirmed is not None
    for news in (reported, confirmed):
        assert (news.uuid, news.reference, news.amount, news.currency) == (UUID, name, 10_000, "PLN")
        assert (news.status, news.detail) == (PaymentStatus.PAID, {"payment_intent": "pi_1"})


@pytest.mark.parametrize(
    ("happens", "status"),
    [("", "created"), ("pay", "paid"), ("pay_later", "pending"), ("fail", "refused"), ("expire", "refused")],
)
def test_how_a_payment_stands_is_told_when_asked(peer: Stripe, happens: str, status: str) -> None:
    gateway, name = started(peer)
    if happens:
        getattr(peer, happens)(name)
    news = gateway.ask(name)
    assert news is not None and news.status == status


def test_a_wrong_key_and_a_refused_order_start_nothing(peer: Stripe) -> None:
    assert StripeGateway(replace(peer.settings, secret_key="sk_test_wrong_wrong")).start(wish()) is None
    assert StripeGateway(peer.settings).start(wish(buyer_email="nobody")) is None


def test_what_is_unknown_cannot_be_told(peer: Stripe) -> None:
    gateway = StripeGateway(peer.settings)
    assert gateway.ask("cs_test_unknown") is None
    calls = len(peer.calls)
    for reference in ("", "pi_1", "cs_../x", "cs_a b", "cs_a\r\nX: y", "cs_ą", "cs_a?b", "cs_" + "a" * 111):
        assert gateway.ask(reference) is None
    assert len(peer.calls) == calls


# --- what may come instead of an answer ---

BAD = {
    **bad_answers("200 OK", SESSION),
    "302": http("302 Found", SESSION, "Location: https://payments.example/"),
    "error is a list": http("400 Bad Request", {"error": [1]}),
    "error is a text": http("402 Payment Required", {"error": "no"}),
    "error without an end": http("400 Bad Request", b'{"error":' * 900 + b"{}" + b"}" * 900),
    "429": http("429 Too Many Requests", {"error": {"type": "rate_limit"}}, "Stripe-Should-Retry: true"),
    **{
        f"{change}": http("200 OK", SESSION | change)
        for change in (
            *({"id": "another"}, {"id": 7}, {"client_reference_id": "another"}),
            {"object": 7, "client_reference_id": None},
        )
    },
}
BAD_STARTS = BAD | {
    f"url {url!r:.30}": http("200 OK", SESSION | {"url": url})
    for url in ("", "javascript:alert(1)", "//stripe.com", "http://[", "https://a/\r\nX: y", 7, None)
}
BAD_QUERIES = BAD | {
    f"{change}": http("200 OK", SESSION | change)
    for change in (
        *({"status": "paid"}, {"status": None}, {"status": []}, {"payment_status": "no_payment_required"}),
        *(
            {"amount_total": "10000"},
            {"amount_total": None},
            {"metadata": {}},
            {"metadata": 7},
            {"mode": "setup"},
        ),
        *({"status": "open"}, {"currency": "PLN"}, {"object": ["x"]}),
    )
}


@pytest.mark.parametrize("answer", BAD_STARTS.values(), ids=BAD_STARTS)
def test_a_payment_without_a_proper_answer_has_not_started(answer: Answer) -> None:
    with payu_peer(answer) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert len(peer.requests) == 1  # nothing is repeated


@pytest.mark.parametrize("answer", BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_a_question_without_a_proper_answer_tells_nothing(answer: Answer) -> None:
    with payu_peer(answer) as peer:
        assert gateway_to(peer.url).ask(NAME) is None


@given(st.dictionaries(st.sampled_from([*SESSION, "error", "line_items", "data"]), ODD))
def test_an_answer_with_odd_fields_is_none_or_news(fields: dict[str, Any]) -> None:
    with payu_peer(http("200 OK", SESSION | fields)) as peer:
        news = gateway_to(peer.url).ask(NAME)
        assert news is None or news.reference == NAME


def test_a_good_answer_is_one() -> None:
    with payu_peer(http("200 OK", SESSION)) as peer:
        assert gateway_to(peer.url).start(wish()) == PaymentStarted(NAME, SESSION["url"])
        [request] = peer.requests
        head = request.partition(b"\r\n\r\n")[0].lower()
        assert f"idempotency-key: {UUID}".encode() in head and b"telemetry" not in head


def test_a_certificate_nobody_vouches_for_is_told_no_secret(server_tls: Any) -> None:  # noqa: F811
    with payu_peer(http("200 OK", SESSION), tls=server_tls) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert peer.requests == []


def test_the_log_has_no_secret_and_no_body(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    refusal = {"error": {"type": "invalid_request_error", "message": "Invalid address biuro@goniec.example"}}
    with payu_peer(http("400 Bad Request", refusal)) as peer:
        gateway_to(peer.url).start(wish())
    GATEWAY.ask(NAME)
    assert "did not start" in caplog.text and "no answer" in caplog.text
    for secret in (SECRET_KEY, WEBHOOK_SECRET, "biuro@", UUID):
        assert secret not in caplog.text
    assert SECRET_KEY not in repr(NOWHERE) and WEBHOOK_SECRET not in repr(NOWHERE)
    assert stripe.enable_telemetry is False


@pytest.mark.parametrize(
    "wrong",
    [
        *({"base_url": "stripe.com"}, {"secret_key": ""}, {"secret_key": "pk_live_abcdefghij"}),
        *(
            {"webhook_secret": ""},
            {"webhook_secret": "sk_live_abcdefghij"},
            {"secret_key": "sk_live_a\r\nX: y"},
        ),
    ],
)
def test_settings_that_would_trust_anybody_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is no"):
        replace(NOWHERE, **wrong)
