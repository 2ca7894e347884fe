"""What Przelewy24 reports: proven, forged or unreadable."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateways.payment_service import (
    LARGEST_BODY,
    ForgedNotification,
    NotProvenYet,
    UnreadableNotification,
)
from gateways.przelewy24 import Przelewy24Gateway
from gateways.przelewy24_messages import NOTIFIED, REGISTERED, VERIFIED, sign
from tests import przelewy24_peer
from tests.gateways.przelewy24_scene import GOOD, NEWS, NOWHERE, signed
from tests.przelewy24_peer import CRC, Przelewy24, notification_sign


@pytest.fixture
def p24() -> Iterator[Przelewy24]:
    with przelewy24_peer.running() as running:
        yield running


# --- notifications ---


def test_the_signs_are_those_of_the_documentation() -> None:
    """SHA-384 of the JSON as `json_encode` with JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES writes it."""
    fields = {"sessionId": "ż/1", "merchantId": 1, "orderId": 2, "amount": 3, "currency": "PLN", "more": 4}
    whole = '{"sessionId":"ż/1","merchantId":1,"amount":3,"currency":"PLN","crc":"x"}'
    assert sign(fields, REGISTERED, "x") == hashlib.sha384(whole.encode()).hexdigest()
    whole = '{"sessionId":"ż/1","orderId":2,"amount":3,"currency":"PLN","crc":"x"}'
    assert sign(fields, VERIFIED, "x") == hashlib.sha384(whole.encode()).hexdigest()
    assert sign(NEWS, NOTIFIED, CRC) == notification_sign(NEWS)


FORGERIES = {
    "empty": b"",
    "no JSON": b"amount=1",
    "a list": b"[]",
    "deep": b"[" * 60_000,
    "too large": GOOD + b" " * LARGEST_BODY,
    "another key": signed(NEWS, "another"),
    "no key": signed(NEWS, ""),
    "unsigned": json.dumps(NEWS).encode(),
    "empty sign": json.dumps(NEWS | {"sign": ""}).encode(),
    "sign is no text": json.dumps(NEWS | {"sign": 7}).encode(),
    "sign in upper case": json.dumps(NEWS | {"sign": notification_sign(NEWS).upper()}).encode(),
    "two amounts": GOOD.replace(b'"amount": 10000', b'"amount": 1, "amount": 10000'),
    "surrogates": json.dumps(NEWS | {"sign": "0" * 96, "statement": "\ud800"}).encode(),
    "another shop": signed(NEWS | {"posId": 1}),
    "another merchant": signed(NEWS | {"merchantId": 1}),
    **{f"without {name}": signed(NEWS).replace(f'"{name}"'.encode(), b'"other"') for name in NEWS},
    **{f"changed {name}": GOOD.replace(f'"{name}": '.encode(), f'"{name}": 1'.encode()) for name in NEWS},
    **{
        f"{name} is {value!r}": json.dumps(NEWS | {"sign": notification_sign(NEWS), name: value}).encode()
        for name in NEWS
        for value in (None, True, [], {}, 1.0, -1)
    },
}


@pytest.mark.parametrize("body", FORGERIES.values(), ids=FORGERIES)
def test_what_nothing_proves_is_forged_and_nobody_is_asked(p24: Przelewy24, body: bytes) -> None:
    with pytest.raises(ForgedNotification) as caught:
        Przelewy24Gateway(p24.settings).read_notification({}, body)
    assert len(str(caught.value)) < 40 and p24.calls == []


@pytest.mark.parametrize(
    "change",
    [{"sessionId": "a b"}, {"sessionId": "a" * 37}, {"amount": 0}, {"orderId": 0}, {"currency": "zł"}],
    ids=str,
)
def test_what_is_signed_but_no_news_of_ours_is_unreadable(p24: Przelewy24, change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableNotification):
        Przelewy24Gateway(p24.settings).read_notification({}, signed(NEWS | change))
    assert p24.calls == []


@given(st.binary())
def test_no_body_opens_the_door_by_chance(body: bytes) -> None:
    with pytest.raises(ForgedNotification):
        Przelewy24Gateway(NOWHERE).read_notification({}, body)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50),
    lambda more: st.lists(more, max_size=3) | st.dictionaries(st.text(max_size=9), more, max_size=3),
)


@given(st.dictionaries(st.sampled_from([*NEWS, "sign"]), ODD))
def test_a_notification_with_odd_fields_is_refused_in_one_of_three_ways(fields: dict[str, Any]) -> None:
    with suppress(ForgedNotification, UnreadableNotification, NotProvenYet):
        Przelewy24Gateway(NOWHERE).read_notification({}, json.dumps(NEWS | fields).encode())
