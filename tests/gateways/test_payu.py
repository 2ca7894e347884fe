"""The PayU gateway against the stand-in, on real sockets: from the order to the money."""

import threading
from dataclasses import replace
from uuid import uuid4

import pytest

from domain.payments import PaymentStatus
from gateways.payu import PayuGateway
from sandbox import paywall
from tests.gateways.payu_scene import NOWHERE, UUID, gateway_to, wish
from tests.payment_peers import http, payu_peer, shop


@pytest.fixture
def payu():
    with paywall.running(pauses=()) as running:
        yield running


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
