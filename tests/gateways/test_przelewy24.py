"""The Przelewy24 gateway against the stand-in and against servers that misbehave, on real sockets."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.payments import PaymentOrder, PaymentStarted, PaymentStatus, ProvenNews
from gateways.payment_service import (
    NotProvenYet,
)
from gateways.przelewy24 import Przelewy24Gateway
from tests import przelewy24_peer
from tests.gateways.przelewy24_scene import GOOD, NOWHERE, UUID
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import Answer, bad_answers, http, payu_peer
from tests.przelewy24_peer import API_KEY, CRC, Przelewy24

TOKEN = {"data": {"token": "D35CD73C0E-37C7B5-059083"}, "responseCode": 0}
SUCCESS = {"data": {"status": "success"}, "responseCode": 0}
STANDS = {"sessionId": UUID, "orderId": 7, "status": 2, "amount": 10_000, "currency": "PLN"}


def wish(**more: Any) -> PaymentOrder:
    given: dict[str, Any] = {
        "uuid": UUID,
        "amount": 10_000,
        "description": "Doładowanie konta SMS",
        "buyer_email": "biuro@goniec.example",
        "customer_ip": "192.0.2.7",
        "continue_url": "https://goniec.example/back",
        "notify_url": "https://goniec.example/payments/przelewy24/news",
    }
    return PaymentOrder(**given | more)


def gateway_to(url: str, **more: Any) -> Przelewy24Gateway:
    return Przelewy24Gateway(replace(NOWHERE, base_url=url, **more))


@pytest.fixture
def p24() -> Iterator[Przelewy24]:
    with przelewy24_peer.running() as running:
        yield running


@pytest.fixture
def paid(p24: Przelewy24) -> Przelewy24Gateway:
    """A gateway with one payment that somebody has made."""
    gateway = Przelewy24Gateway(p24.settings)
    assert gateway.start(wish())
    p24.pay(UUID)
    return gateway


# --- from the order to the money ---


def test_a_payment_is_registered_and_its_page_is_at_its_token(p24: Przelewy24) -> None:
    started = Przelewy24Gateway(p24.settings).start(wish())
    assert started is not None and started.reference == UUID
    assert started.redirect_url.startswith(f"{p24.url}/trnRequest/")
    fields = p24.sales[UUID].fields
    assert (fields["amount"], fields["currency"], fields["email"]) == (10_000, "PLN", "biuro@goniec.example")
    assert fields["urlStatus"].endswith("/payments/przelewy24/news")


def test_a_reported_payment_counts_once_it_is_verified(p24: Przelewy24, paid: Przelewy24Gateway) -> None:
    news = paid.read_notification({}, p24.notification(UUID))
    order = p24.sales[UUID].order
    assert news == ProvenNews(
        UUID, UUID, PaymentStatus.PAID, 10_000, "PLN", "verified", {"order_id": str(order), "method": "154"}
    )
    assert p24.sales[UUID].verified == 1


def test_a_report_that_nobody_has_paid_for_does_not_count(p24: Przelewy24) -> None:
    gateway = Przelewy24Gateway(p24.settings)
    gateway.start(wish())
    news = gateway.read_notification({}, p24.notification(UUID))
    assert (news.status, news.said) == (PaymentStatus.PENDING, "not verified")


@pytest.mark.parametrize("once", [False, True])
def test_a_repetition_is_as_good_as_the_first(p24: Przelewy24, paid: Przelewy24Gateway, once: bool) -> None:
    p24.verifies_once = once
    for _ in range(3):
        assert paid.read_notification({}, p24.notification(UUID)).status is PaymentStatus.PAID


def test_while_a_verification_is_not_answered_nothing_is_proven(
    p24: Przelewy24, paid: Przelewy24Gateway
) -> None:
    p24.mute = True
    with pytest.raises(NotProvenYet):
        paid.read_notification({}, p24.notification(UUID))
    assert paid.ask(UUID) is None
    p24.mute = False
    assert paid.read_notification({}, p24.notification(UUID)).status is PaymentStatus.PAID


@pytest.mark.parametrize("change", [{"amount": 9_999}, {"currency": "EUR"}])
def test_what_was_not_registered_is_told_and_not_verified(
    p24: Przelewy24, paid: Przelewy24Gateway, change: dict[str, Any]
) -> None:
    news = paid.read_notification({}, p24.notification(UUID, **change))
    assert news.status is PaymentStatus.PENDING
    assert (news.amount, news.currency) == (change.get("amount", 10_000), change.get("currency", "PLN"))
    assert p24.sales[UUID].verified == 0


def test_another_amount_throughout_is_refused_by_the_verification(
    p24: Przelewy24, paid: Przelewy24Gateway
) -> None:
    news = paid.read_notification({}, p24.notification(UUID, amount=1, originAmount=1))
    assert (news.status, news.amount) == (PaymentStatus.PENDING, 1)


def test_a_payment_without_news_is_verified_when_asked_about(
    p24: Przelewy24, paid: Przelewy24Gateway
) -> None:
    for said in ("verified", "payment made"):
        news = paid.ask(UUID)
        assert news is not None and (news.status, news.said) == (PaymentStatus.PAID, said)
        assert news.paid_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert p24.sales[UUID].verified == 1


@pytest.mark.parametrize(("status", "meaning"), [(0, "created"), (2, "paid"), (3, "refused")])
def test_every_status_has_its_meaning(p24: Przelewy24, status: int, meaning: str) -> None:
    gateway = Przelewy24Gateway(p24.settings)
    gateway.start(wish())
    p24.sales[UUID].status = status
    news = gateway.ask(UUID)
    assert news is not None and news.status == meaning
    assert not any(call.startswith("PUT") for call in p24.calls)


@pytest.mark.parametrize("email", ["", f"{'a' * 50}@goniec.example"])
def test_a_payer_without_a_usable_address_gets_the_installations(p24: Przelewy24, email: str) -> None:
    assert Przelewy24Gateway(p24.settings).start(wish(buyer_email=email))
    assert p24.sales[UUID].fields["email"] == "biuro@operator.example"


def test_an_order_that_is_refused_is_not_started(p24: Przelewy24) -> None:
    gateway = Przelewy24Gateway(p24.settings)
    assert gateway.start(wish())
    assert gateway.start(wish()) is None  # the same sessionId
    assert gateway.start(wish(uuid=str(uuid4()), continue_url="")) is None


@pytest.mark.parametrize("wrong", [{"api_key": "wrong"}, {"crc": "wrong"}, {"pos_id": 1}, {"merchant_id": 1}])
def test_with_a_wrong_credential_nothing_starts(p24: Przelewy24, wrong: dict[str, Any]) -> None:
    assert Przelewy24Gateway(replace(p24.settings, **wrong)).start(wish()) is None


def test_what_is_unknown_cannot_be_told(p24: Przelewy24) -> None:
    gateway = Przelewy24Gateway(p24.settings)
    assert gateway.ask(UUID) is None
    calls = len(p24.calls)
    for reference in ("", "../register", "a b", "a\r\nX: y", "ą", "a?b", "a" * 37):
        assert gateway.ask(reference) is None
    assert len(p24.calls) == calls


# --- what may come instead of an answer ---

BAD_STARTS = {
    **bad_answers("200 OK", TOKEN),
    "302": http("302 Found", TOKEN),
    "a code": http("200 OK", TOKEN | {"responseCode": 1}),
    "no code": http("200 OK", {"data": TOKEN["data"]}),
    "data is a list": http("200 OK", TOKEN | {"data": [TOKEN["data"]]}),
    **{
        f"token {token!r:.20}": http("200 OK", {"data": {"token": token}, "responseCode": 0})
        for token in ("", "a/b", "a b", "a\n", "../x", "?", "a" * 201, 7, None, ["a"])
    },
}
BAD_QUERIES = {
    **bad_answers("200 OK", {"data": STANDS, "responseCode": 0}),
    **{
        f"{change}": http("200 OK", {"data": STANDS | change, "responseCode": 0})
        for change in (
            *(
                {"sessionId": "another"},
                {"status": 4},
                {"status": "2"},
                {"status": True},
                {"amount": "10000"},
            ),
            *({"amount": 0}, {"amount": 10.0}, {"currency": "pln"}, {"orderId": 0}, {"orderId": None}),
        )
    },
}
BAD_VERIFICATIONS = {
    name: answer for name, answer in bad_answers("200 OK", SUCCESS).items() if name != "400"
} | {
    "no success": http("200 OK", {"data": {"status": "pending"}, "responseCode": 0}),
    "a code": http("200 OK", SUCCESS | {"responseCode": 5}),
    "401": http("401 Unauthorized", {"error": "Incorrect authentication", "code": 401}),
    "404": http("404 Not Found", SUCCESS),
}


def test_a_good_answer_is_one() -> None:
    with payu_peer(http("200 OK", TOKEN)) as peer:
        assert gateway_to(peer.url).start(wish()) == PaymentStarted(
            UUID, f"{peer.url}/trnRequest/D35CD73C0E-37C7B5-059083"
        )


@pytest.mark.parametrize("answer", BAD_STARTS.values(), ids=BAD_STARTS)
def test_a_payment_without_a_proper_answer_has_not_started(answer: Answer) -> None:
    with payu_peer(answer) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert len(peer.requests) == 1  # nothing is repeated


@pytest.mark.parametrize("answer", BAD_QUERIES.values(), ids=BAD_QUERIES)
def test_a_question_without_a_proper_answer_tells_nothing(answer: Answer) -> None:
    with payu_peer(answer) as peer:
        assert gateway_to(peer.url).ask(UUID) is None


@pytest.mark.parametrize("answer", BAD_VERIFICATIONS.values(), ids=BAD_VERIFICATIONS)
def test_a_verification_without_a_proper_answer_proves_nothing(answer: Answer) -> None:
    with payu_peer(answer) as peer, pytest.raises(NotProvenYet):
        gateway_to(peer.url).read_notification({}, GOOD)


def test_a_certificate_nobody_vouches_for_is_told_no_secret(server_tls: Any) -> None:  # noqa: F811
    with payu_peer(http("200 OK", TOKEN), tls=server_tls) as peer:
        assert gateway_to(peer.url).start(wish()) is None
        assert peer.requests == []


def test_the_log_has_no_secret_and_no_body(caplog: pytest.LogCaptureFixture) -> None:
    with payu_peer(http("400 Bad Request", {"error": "biuro@goniec.example", "code": 400})) as peer:
        gateway_to(peer.url).start(wish())
    Przelewy24Gateway(NOWHERE).ask(UUID)
    assert "did not start" in caplog.text and "no answer" in caplog.text
    for secret in (API_KEY, CRC, "biuro@", UUID):
        assert secret not in caplog.text
    assert API_KEY not in repr(NOWHERE) and CRC not in repr(NOWHERE)


@pytest.mark.parametrize(
    "wrong", [{"base_url": "przelewy24.pl"}, {"crc": ""}, {"api_key": ""}, {"pos_id": 0}]
)
def test_settings_that_would_trust_anybody_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"is (no|empty)"):
        replace(NOWHERE, **wrong)
