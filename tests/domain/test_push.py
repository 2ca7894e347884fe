"""What a browser may ask to be told at, and when it is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.push import (
    FIRST_PAUSE,
    GIVE_UP,
    KEY_BYTES,
    LONGEST_ENDPOINT,
    NotAPushAddress,
    check_endpoint,
    device_name,
    is_public,
    key_of,
    next_try,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:DEF-_1",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QGx?y=1",
        "https://wns2-db5p.notify.windows.com:443/w/?token=a%2bb",
        "https://[2606:4700::1111]/x",
    ],
)
def test_a_push_service_is_taken(endpoint: str) -> None:
    check_endpoint(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/x",
        "ftp://push.example/x",
        "https:///x",
        "https://localhost/x",
        "https://redis/x",
        "https://panel.local/x",
        "https://metadata.google.internal/x",
        "https://127.0.0.1/x",
        "https://127.1/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://[64:ff9b::a00:1]/x",
        "https://push.example:6379/x",
        "https://push.example:0/x",
        "https://anna@push.example/x",
        "https://push.example:x/",
        "https://push.example/a b",
        "https://push.example/\r\nX: y",
        "https://püsh.example/x",
        "https://push.example/" + "x" * LONGEST_ENDPOINT,
    ],
)
def test_any_other_address_is_refused(endpoint: str) -> None:
    with pytest.raises(NotAPushAddress):
        check_endpoint(endpoint)


def test_only_the_stand_in_of_this_machine_is_let_through() -> None:
    check_endpoint("http://127.0.0.1:8028/push/1", "http://127.0.0.1:8028")
    for other in (
        "http://127.0.0.1:80281/push/1",
        "http://127.0.0.1:8028@10.0.0.1/x",
        "http://127.0.0.1:6379/x",
    ):
        with pytest.raises(NotAPushAddress):
            check_endpoint(other, "http://127.0.0.1:8028")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:4700::1111", True),
        ("0.0.0.0", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("::ffff:192.168.0.1", False),
        ("2002:a00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
    ],
)
def test_an_address_is_judged_by_what_it_stands_for(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_tries_grow_apart_and_end() -> None:
    moment, failures, tries = NOON, 0, []
    while (again := next_try(NOON, (failures := failures + 1), moment, None)) is not None:
        tries.append(again - moment)
        moment = again
    assert tries == [FIRST_PAUSE * 2**place for place in range(len(tries))]
    assert len(tries) == 6 and moment <= NOON + GIVE_UP


def test_a_service_that_asks_for_patience_gets_it_as_long_as_it_matters() -> None:
    assert next_try(NOON, 1, NOON, timedelta(minutes=10)) == NOON + timedelta(minutes=10)
    assert next_try(NOON, 1, NOON, timedelta(hours=2)) is None
    assert next_try(NOON, 1, NOON, timedelta(days=999_999)) is None


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) … Chrome/140.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) … Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Linux; Android 14) … Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) … Version/18.0 Safari/604.1", "Safari, iPhone"),
        ("curl/8", ""),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, name: str) -> None:
    assert device_name(agent) == name


@pytest.mark.parametrize("junk", ["!" * 60, "\0", " ", "\n", "=" * 9])
def test_a_key_is_base64url_and_nothing_beside_it(junk: str) -> None:
    """What a decoder passes over would be stored with it."""
    key = "B" + "A" * 86
    assert key_of(key, KEY_BYTES) == key_of(f"{key}=", KEY_BYTES)
    for text in (key + junk, key[:40] + junk + key[40:]):
        with pytest.raises(NotAPushAddress):
            key_of(text, KEY_BYTES)
