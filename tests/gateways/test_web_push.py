"""Web Push against a push service on a real socket that verifies the token and opens what was sent."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from domain.push import NotAPushAddress, news
from gateways.web_push import Fate, Push, Pushed, WebPush
from sandbox.push_service import SandboxPushService, Subscription, unbase64url

KEY = bytes(range(1, 33))
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
A_MINUTE_AND_HALF, AGES = timedelta(seconds=90), timedelta(seconds=999_999_999)
GOOD = Subscription("https://push.example/x", bytes(16), ec.derive_private_key(7, ec.SECP256R1())).keys


def gateway_to(service: SandboxPushService | None = None, **options: object) -> WebPush:
    url = service.url if service else ""
    return WebPush(KEY, "mailto:biuro@firma.example", sandbox_url=url, timeout_seconds=2, **options)  # type: ignore[arg-type]


@pytest.fixture
def service() -> Iterator[SandboxPushService]:
    with SandboxPushService(gateway_to().public_key) as running:
        running.now = NOW
        yield running


def push_to(subscription: Subscription, language: str = "pl") -> Push:
    content = news(7, language)
    return Push(subscription.endpoint, **subscription.keys, content=content, topic="conversation-7")


def test_the_stand_in_opens_the_example_of_the_rfc() -> None:
    """RFC 8291, appendix A."""
    private = unbase64url("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    key = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())
    body = unbase64url(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK"
        "6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    browser = Subscription("", unbase64url("BTBZMqHH6r4Tts7J_aSIgg"), key)
    assert browser.open(body) == b"When I grow up, I want to be a watermelon"


def test_a_browser_is_told_where_and_nothing_else(service: SandboxPushService) -> None:
    browser = service.subscribe()
    assert gateway_to(service).send(push_to(browser), NOW) == Pushed(Fate.TAKEN, "201")
    gateway_to(service).send(push_to(browser, "en"), NOW)
    where = {"url": "conversation/details/?id=7", "tag": "conversation-7"}
    assert browser.told == [{"title": "Nowa wiadomość", **where}, {"title": "New message", **where}]
    sent = browser.headers[0]
    assert (sent["TTL"], sent["Topic"], sent["Urgency"]) == ("14400", "conversation-7", "normal")
    assert service.refused == []


def test_the_stand_in_refuses_another_key_and_an_old_token(service: SandboxPushService) -> None:
    browser = service.subscribe()
    other = WebPush(bytes(31) + b"\x07", "mailto:x@firma.example", sandbox_url=service.url)
    assert other.send(push_to(browser), NOW).fate is Fate.REFUSED
    assert gateway_to(service).send(push_to(browser), NOW - timedelta(days=1)).fate is Fate.REFUSED
    assert len(service.refused) == 2 and browser.told == []


@pytest.mark.parametrize(
    ("status", "headers", "told"),
    [
        (HTTPStatus.GONE, {}, Pushed(Fate.GONE, "410")),
        (HTTPStatus.NOT_FOUND, {}, Pushed(Fate.GONE, "404")),
        (HTTPStatus.FORBIDDEN, {}, Pushed(Fate.REFUSED, "403")),
        (HTTPStatus.FOUND, {"Location": "http://127.0.0.1:1/"}, Pushed(Fate.REFUSED, "302")),
        (HTTPStatus.BAD_GATEWAY, {}, Pushed(Fate.LATER, "502")),
        (HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "90"}, Pushed(Fate.LATER, "429", A_MINUTE_AND_HALF)),
        (
            HTTPStatus.SERVICE_UNAVAILABLE,
            {"Retry-After": "Mon, 02 Mar 2026 09:05:00 GMT"},
            Pushed(Fate.LATER, "503", timedelta(minutes=5)),
        ),
        (HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "soon"}, Pushed(Fate.LATER, "503")),
        (HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "9" * 40}, Pushed(Fate.LATER, "503", AGES)),
    ],
)  # fmt: skip
def test_what_the_service_answers_is_understood(
    service: SandboxPushService, status: HTTPStatus, headers: dict[str, str], told: Pushed
) -> None:
    browser = service.subscribe()
    browser.answers.append((status, headers))
    assert gateway_to(service).send(push_to(browser), NOW) == told


def test_a_service_that_is_not_there_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    gone = WebPush(KEY, "mailto:x@firma.example", sandbox_url=url, timeout_seconds=1)
    assert gone.send(Push(f"{url}/x", **GOOD, content=b"{}", topic="x"), NOW).fate is Fate.LATER


def test_a_service_that_answers_a_byte_now_and_then_is_left(service: SandboxPushService) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def drip() -> None:
            connection, _peer = server.accept()
            with connection:
                for _ in range(100):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return
                    threading.Event().wait(0.1)

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        slow = WebPush(KEY, "mailto:x@firma.example", sandbox_url=url, timeout_seconds=0.3)
        assert slow.send(Push(f"{url}/x", **GOOD, content=b"{}", topic="x"), NOW).fate is Fate.LATER
        thread.join(timeout=5)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.7"], ["93.184.215.14", "192.168.1.1"], ["::1"], ["fd00::1"], []]
)
def test_a_name_that_leads_into_a_private_network_is_not_called(
    addresses: list[str], network_attempts: list[str]
) -> None:
    gateway = gateway_to(resolve=lambda _host, _port: addresses)
    push = Push("https://push.example/x", **GOOD, content=b"{}", topic="x")
    assert gateway.send(push, NOW) == Pushed(Fate.REFUSED, "not a public address")
    assert network_attempts == []


@pytest.mark.parametrize(
    "keys", [{"p256dh": GOOD["auth"]}, {"auth": GOOD["p256dh"]}, {"auth": "%"}, {"p256dh": "BA" + "A" * 85}]
)
def test_keys_that_are_none_are_refused(keys: dict[str, str]) -> None:  # fmt: skip
    with pytest.raises(NotAPushAddress):
        gateway_to().check("https://push.example/x", **{**GOOD, **keys})
