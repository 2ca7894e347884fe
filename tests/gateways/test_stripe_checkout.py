"""The Stripe gateway against a stand-in of its API and against servers that misbehave, on real sockets."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import PaymentOrder, PaymentStarted, PaymentStatus, ProvenNews
from gateways.payment_service import LARGEST_BODY, ForgedNotification, UnreadableNotification
from gateways.stripe_checkout import StripeGateway, StripeSettings
from tests import stripe_peer
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import Answer, bad_answers, http, payu_peer
from tests.stripe_peer import COMPLETED, SECRET_KEY, WEBHOOK_SECRET, Stripe, signature

UUID = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
NAME = "cs_test_a1b2c3"
NOWHERE = StripeSettings(SECRET_KEY, WEBHOOK_SECRET, "http://127.0.0.1:9", timeout_seconds=0.3)
GATEWAY = StripeGateway(NOWHERE)
SESSION: dict[str, Any] = {
    "id": NAME,
    "object": "checkout.session",
    "mode": "payment",
    "amount_total": 10_000,
    "currency": "pln",
    "client_reference_id": UUID,
    "metadata": {"goniec_payment": UUID},
    "payment_intent": "pi_3",
    "payment_status": "paid",
    "status": "complete",
    "url": "https://checkout.stripe.com/c/pay/cs_test_a1b2c3#fid%3D",
}
ASYNC = "checkout.session.async_payment"


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


def event(kind: str = COMPLETED, **changed: Any) -> bytes:
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": kind, "data": {"object": SESSION | changed}}
    ).encode()


def read(body: bytes, header: str | None = None) -> ProvenNews:
    return GATEWAY.read_notification(
        {"stripe-signature": signature(body) if header is None else header}, body
    )


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


# --- events ---


@pytest.mark.parametrize(
    ("kind", "paid", "status"),
    [
        (COMPLETED, "paid", PaymentStatus.PAID),
        (COMPLETED, "unpaid", PaymentStatus.PENDING),
        (f"{ASYNC}_succeeded", "paid", PaymentStatus.PAID),
        (f"{ASYNC}_failed", "unpaid", PaymentStatus.REFUSED),
        ("checkout.session.expired", "unpaid", PaymentStatus.REFUSED),
    ],
)
def test_every_event_has_its_meaning(kind: str, paid: str, status: PaymentStatus) -> None:
    news = read(event(kind, payment_status=paid))
    assert (news.status, news.said) == (status, kind.removeprefix("checkout.session."))


BODY = event()
NOW = int(time.time())
MAC = signature(BODY, at=NOW).split("v1=")[1][:64]
FORGERIES = {
    "no header": "",
    "no time": f"v1={MAC}",
    "no signature": f"t={NOW}",
    "an older scheme": f"t={NOW},v0={MAC}",
    "another secret": signature(BODY, "whsec_another_one"),
    "no secret": signature(BODY, ""),
    "another body": signature(event(amount_total=1)),
    "another time": f"t={NOW - 1},v1={MAC}",
    "too old": signature(BODY, at=NOW - 400),
    "half a signature": f"t={NOW},v1={MAC[:32]}",
    "in upper case": f"t={NOW},v1={MAC.upper()}",
    "not ASCII": f"t={NOW},v1={MAC[:-1]}ą",
    "surrogates": f"t={NOW},v1=\ud800",
    "a line break": f"t={NOW}\n,v1={MAC}0",
    "time is no number": f"t=now,v1={MAC}",
    "only separators": ",,,===",
    "very long": signature(BODY) + ",v1=0" * 1_000,
}


@pytest.mark.parametrize("header", FORGERIES.values(), ids=FORGERIES)
def test_what_nothing_proves_is_forged(header: str) -> None:
    with pytest.raises(ForgedNotification):
        read(BODY, header)


@pytest.mark.parametrize(
    "body", [BODY + b" ", BODY[:-1], b"", b"\xff" + BODY], ids=["more", "less", "", "ff"]
)
def test_a_changed_body_is_forged(body: bytes) -> None:
    with pytest.raises(ForgedNotification):
        read(body, signature(BODY))


@given(st.text(), st.binary())
def test_no_header_opens_the_door_by_chance(header: str, body: bytes) -> None:
    with pytest.raises(ForgedNotification):
        read(body, header)


MALFORMED = {
    "empty": b"",
    "no JSON": b"id=1",
    "a list": b"[]",
    "null": b"null",
    "deep": b"[" * 60_000,
    "too large": BODY + b" " * LARGEST_BODY,
    "no event": json.dumps({"object": "charge", "type": COMPLETED, "data": {"object": SESSION}}).encode(),
    "another event": event("charge.refunded"),
    "no type": event().replace(b'"type"', b'"kind"'),
    "type is a list": event().replace(b'"type": "checkout.session.completed"', b'"type": []'),
    "no session": b'{"object": "event", "type": "checkout.session.completed", "data": {"object": 7}}',
    "two amounts": BODY.replace(b'"amount_total": 10000', b'"amount_total": 1, "amount_total": 10000'),
    "failed and paid": event(f"{ASYNC}_failed"),
    "expired and paid": event("checkout.session.expired"),
    "succeeded and unpaid": event(f"{ASYNC}_succeeded", payment_status="unpaid"),
    "nothing to pay": event(payment_status="no_payment_required"),
    "not ours": event(metadata={}),
    "no metadata": event(metadata=None),
    "a subscription": event(mode="subscription"),
    "another reference": event(client_reference_id="another"),
    **{
        f"{name} is {value!r}": event(**{name: value})
        for name in ("id", "object", "amount_total", "currency", "client_reference_id", "payment_status")
        for value in (None, True, 1.5, [], {}, "", "a\0", -1, 0)
    },
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_signed_but_no_news_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableNotification) as caught:
        read(body)
    assert len(str(caught.value)) < 40


def test_another_currency_is_news_for_the_caller_to_refuse() -> None:
    assert read(event(currency="eur")).currency == "EUR"


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(st.text(max_size=9), more, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*SESSION]), ODD))
def test_an_event_with_odd_fields_is_news_or_unreadable(fields: dict[str, Any]) -> None:
    with suppress(UnreadableNotification):
        news = read(event(**fields))
        assert 0 < news.amount < 10**12 and len(news.uuid) <= 36 and len(news.reference) <= 120


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
