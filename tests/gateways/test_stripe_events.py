"""What Stripe reports: proven or forged, understood or unreadable."""

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import PaymentStatus, ProvenNews
from gateways.payment_service import LARGEST_BODY, ForgedNotification, UnreadableNotification
from tests.gateways.stripe_scene import GATEWAY, ODD, SESSION
from tests.stripe_peer import COMPLETED, signature

ASYNC = "checkout.session.async_payment"


def event(kind: str = COMPLETED, **changed: Any) -> bytes:
    return json.dumps(
        {"id": "evt_1", "object": "event", "type": kind, "data": {"object": SESSION | changed}}
    ).encode()


def read(body: bytes, header: str | None = None) -> ProvenNews:
    return GATEWAY.read_notification(
        {"stripe-signature": signature(body) if header is None else header}, body
    )


@pytest.mark.parametrize(
    ("created", "paid_at"),
    [(1_772_442_000, datetime(2026, 3, 2, 9, tzinfo=UTC)), (None, None), (True, None), (10**12, None)],
)
def test_an_event_says_when_it_happened(created: object, paid_at: datetime | None) -> None:
    body = json.dumps(json.loads(event()) | {"created": created}).encode()
    assert read(body).paid_at == paid_at


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


@given(st.dictionaries(st.sampled_from([*SESSION]), ODD))
def test_an_event_with_odd_fields_is_news_or_unreadable(fields: dict[str, Any]) -> None:
    with suppress(UnreadableNotification):
        news = read(event(**fields))
        assert 0 < news.amount < 10**12 and len(news.uuid) <= 36 and len(news.reference) <= 120
