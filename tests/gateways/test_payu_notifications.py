"""PayU's notifications: not signed is forged, signed but no news is unreadable, and nothing else happens."""

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.payments import PaymentStatus, ProvenNews
from gateways.payment_service import LARGEST_BODY, ForgedNotification, UnreadableNotification
from tests.gateways.payu_scene import GATEWAY, KEY, ORDER, UUID

SIGNATURE = "openpayu-signature"
ALGORITHMS = ["MD5", "SHA-256"]


def digest(body, key=KEY, algorithm="MD5"):
    return hashlib.new(algorithm.lower().replace("-", ""), body + key.encode()).hexdigest()


def signed(body, key=KEY, algorithm="MD5"):
    return f"sender=checkout;signature={digest(body, key, algorithm)};algorithm={algorithm};content=DOCUMENT"


def notification(**changed):
    return json.dumps({"order": {**ORDER, **changed}}).encode()


def read(body, header=None):
    return GATEWAY.read_notification({SIGNATURE: signed(body) if header is None else header}, body)


BODY = notification()
MD5, SHA = digest(BODY), digest(BODY, algorithm="SHA-256")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_both_documented_algorithms_are_accepted(algorithm):
    news = read(BODY, signed(BODY, algorithm=algorithm))
    assert news == ProvenNews(
        UUID, ORDER["orderId"], PaymentStatus.PAID, 10_000, "PLN", "COMPLETED", detail={}
    )


def test_the_signature_is_the_hash_payu_publishes():
    """The digest is that of `printf '{}second-key' | md5sum`."""
    assert KEY == "second-key"
    with pytest.raises(UnreadableNotification):
        read(
            b"{}", "sender=checkout;signature=4b4ac6c13f6a62062da99c01e6485239;algorithm=MD5;content=DOCUMENT"
        )


@pytest.mark.parametrize(
    "header",
    [
        f"signature={MD5};algorithm=MD5",
        f"algorithm=MD5;signature={MD5};sender=checkout;content=DOCUMENT;",
        f"sender=checkout;signature={SHA};algorithm=SHA-256;content=DOCUMENT",
    ],
)
def test_the_order_of_the_fields_is_free(header):
    assert read(BODY, header).amount == 10_000


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("PENDING", PaymentStatus.PENDING),
        ("WAITING_FOR_CONFIRMATION", PaymentStatus.PENDING),
        ("COMPLETED", PaymentStatus.PAID),
        ("CANCELED", PaymentStatus.REFUSED),
        ("NEW", PaymentStatus.CREATED),
    ],
)
def test_every_status_of_an_order_has_its_meaning(said, status):
    news = read(notification(status=said))
    assert (news.said, news.status) == (said, status)


FORGERIES = {
    "no header": "",
    "no signature": "sender=checkout;algorithm=MD5;content=DOCUMENT",
    "empty signature": "sender=checkout;signature=;algorithm=MD5",
    "no algorithm": f"sender=checkout;signature={MD5}",
    "algorithm none": f"signature={MD5};algorithm=none",
    "algorithm empty": f"signature={MD5};algorithm=",
    "algorithm unknown": f"signature={digest(BODY, algorithm='SHA1')};algorithm=SHA-1",
    "algorithm in lower case": f"signature={MD5};algorithm=md5",
    "algorithm without its dash": f"signature={SHA};algorithm=SHA256",
    "algorithm of the other": f"signature={SHA};algorithm=MD5",
    "digest in upper case": f"signature={MD5.upper()};algorithm=MD5",
    "names in upper case": f"SIGNATURE={MD5};ALGORITHM=MD5",
    "wrong key": signed(BODY, key="another"),
    "no key": signed(BODY, key=""),
    "HMAC's idea of it": f"signature={hashlib.md5(KEY.encode() + BODY).hexdigest()};algorithm=MD5",
    "another body": signed(notification(totalAmount="1")),
    "half a digest": f"signature={MD5[:16]};algorithm=MD5",
    "digest and more": f"signature={MD5}00;algorithm=MD5",
    "two signatures": f"signature={'0' * 32};signature={MD5};algorithm=MD5",
    "two signatures, the right one first": f"signature={MD5};signature={'0' * 32};algorithm=MD5",
    "two algorithms": f"signature={MD5};algorithm=SHA-256;algorithm=MD5",
    "two headers joined": f"{signed(BODY)},{signed(BODY)}",
    "spaces": f"signature={MD5}; algorithm=MD5",
    "a line break": f"signature={MD5}\n;algorithm=MD5",
    "not ASCII": f"signature={MD5[:-1]}ą;algorithm=MD5",
    "surrogates": f"signature={MD5};algorithm=\ud800",
    "only separators": ";;;===",
    "very long": f"signature={MD5};algorithm=MD5;" + "a=b;" * 10_000,
}


@pytest.mark.parametrize("header", FORGERIES.values(), ids=FORGERIES)
def test_what_nothing_proves_is_forged(header):
    with pytest.raises(ForgedNotification):
        read(BODY, header)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "changed",
    [
        notification(totalAmount="100000"),
        notification(status="CANCELED"),
        BODY + b" ",
        BODY.replace(b" ", b"", 1),
        BODY[:-1],
        b"",
    ],
)
def test_a_changed_body_is_forged(changed, algorithm):
    with pytest.raises(ForgedNotification):
        read(changed, signed(BODY, algorithm=algorithm))


@given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
def test_one_changed_byte_is_enough(place, change):
    changed = bytearray(BODY)
    changed[place] ^= change
    with pytest.raises(ForgedNotification):
        read(bytes(changed), signed(BODY))


@given(st.text(), st.binary())
def test_no_header_opens_the_door_by_chance(header, body):
    with pytest.raises(ForgedNotification):
        read(body, header)


def without(name):
    return json.dumps({"order": {key: value for key, value in ORDER.items() if key != name}}).encode()


MALFORMED = {
    "empty": b"",
    "no JSON": b"order=1",
    "no UTF-8": b'{"order": "\xff"}',
    "UTF-16": json.dumps({"order": ORDER}).encode("utf-16"),
    "with a byte order mark": b"\xef\xbb\xbf" + BODY,
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "no order": b"{}",
    "order is a list": json.dumps({"order": [ORDER]}).encode(),
    "order is a text": b'{"order": "COMPLETED"}',
    "a refund": json.dumps({"orderId": "X", "refund": {"amount": "10000", "status": "FINALIZED"}}).encode(),
    "two orders": b'{"order": {}, "order": %s}' % json.dumps(ORDER).encode(),
    "two amounts": BODY.replace(b'"totalAmount": "10000"', b'"totalAmount": "1", "totalAmount": "10000"'),
    "not a number": BODY.replace(b'"10000"', b"NaN"),
    "deep list": b'{"order": ' + b"[" * 60_000,
    "deep object": b'{"order": ' + b'{"a":' * 10_000,
    "deep and closed": b'{"order": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "long number": b'{"order": ' + b"9" * 60_000 + b"}",
    "too large": BODY + b" " * LARGEST_BODY,
    **{f"without {name}": without(name) for name in ORDER},
    **{
        f"{name} is {value!r}": notification(**{name: value})
        for name in ORDER
        for value in (None, 7, [], {}, "", "a\0")
    },
    **{
        f"amount {amount!r:.20}": notification(totalAmount=amount)
        for amount in (
            *(
                "-1",
                "0",
                "+1",
                "1.0",
                "1e4",
                " 10000",
                "10000\n",
                "010000",
                "0x10",
                "1_000",
                "10 000",
                "10,00",
            ),
            *("٣٠٠", "１００", "²", "9" * 13, "9" * 5_000, 10_000, 100.0, True),
        )
    },
    **{f"status {status!r}": notification(status=status) for status in ("completed", "PAID", "REJECTED", "")},
    **{f"currency {currency!r}": notification(currencyCode=currency) for currency in ("pln", "PLNX", "zł")},
    **{
        f"own reference {own!r:.20}": notification(extOrderId=own)
        for own in ("a b", "\ud800", "a" * 37, "a/b")
    },
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_what_is_signed_but_no_news_is_unreadable(body):
    with pytest.raises(UnreadableNotification) as caught:
        read(body)
    assert len(str(caught.value)) < 40


def test_another_currency_is_news_for_the_caller_to_refuse():
    assert read(notification(currencyCode="EUR")).currency == "EUR"


def test_the_largest_body_is_read():
    assert read(BODY + b" " * (LARGEST_BODY - len(BODY))).amount == 10_000


def test_the_detail_is_short_and_names_nobody():
    order = {**ORDER, "payMethod": {"type": "BLIK"}, "buyer": {"email": "jan@example.pl"}}
    order["orderCreateDate"] = "2026-03-02T10:00:00.000+01:00"
    properties = [{"name": "PAYMENT_ID", "value": "5003707594"}, {"name": "OTHER", "value": "x"}]
    document = {"order": order, "localReceiptDateTime": "2026-03-02T10:01:00+01:00", "properties": properties}
    news = read(json.dumps(document).encode())
    assert news.paid_at == datetime(2026, 3, 2, 9, 1, tzinfo=UTC)
    assert news.detail == {
        "ordered_at": "2026-03-02T10:00:00.000+01:00",
        "received_at": "2026-03-02T10:01:00+01:00",
        "method": "BLIK",
        "payment_id": "5003707594",
    }


ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=80))
ODDER = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@given(st.binary())
def test_arbitrary_signed_bytes_are_news_or_unreadable(algorithm, body):
    with suppress(UnreadableNotification):
        assert type(read(body, signed(body, algorithm=algorithm))) is ProvenNews


@given(
    st.dictionaries(st.sampled_from([*ORDER, "payMethod", "orderCreateDate"]), ODDER),
    st.dictionaries(st.sampled_from(["properties", "localReceiptDateTime", "order"]), ODDER),
)
def test_a_notification_with_odd_fields_is_news_or_unreadable(fields, around):
    body = json.dumps({"order": {**ORDER, **fields}, **around}).encode()
    try:
        news = read(body)
    except UnreadableNotification:
        return
    assert 0 < news.amount < 10**12 and len(news.uuid) <= 36 and len(news.reference) <= 120
    assert all(isinstance(value, str) and len(value) <= 64 for value in news.detail.values())
