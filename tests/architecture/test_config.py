"""Settings that cannot work are refused at the start, by name."""

from pathlib import Path

import pytest

from config import InvalidSetting, Settings


@pytest.mark.parametrize(
    "address",
    [
        "https://żółw.pl",
        "https://x.pl/a b",
        "goniec.pl",
        "ftp://x.pl",
        "https://",
        "https://x.pl:99999",
        "https://x\u2028.pl",
    ],
)
def test_an_address_that_no_header_can_carry_is_refused(address: str) -> None:
    with pytest.raises(InvalidSetting, match="BASE_URL must be an address"):
        Settings.from_environment({"BASE_URL": address})


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://goniec.firma.pl/", "https://goniec.firma.pl"),
        ("http://10.0.0.7:5000", "http://10.0.0.7:5000"),
        ("https://xn--w-uga1v8h.pl/goniec", "https://xn--w-uga1v8h.pl/goniec"),
        ("", "http://localhost:5000"),
    ],
)
def test_a_usable_address_loses_only_its_last_slash(given: str, kept: str) -> None:
    assert Settings.from_environment({"BASE_URL": given}).base_url == kept


DATABASES_NOBODY_CAN_OPEN = [
    "nonsense",
    "postgresql://",
    "postgresql://host",
    "postgresql://anna:s3cret@host:notaport/goniec",
    "postgresql://anna:s3cret@host:99999/goniec",
    "mysql://anna:s3cret@host/goniec",
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "sqlite:////nowhere/at/all/goniec.db",
    "sqlite:////",
]


@pytest.mark.parametrize("address", DATABASES_NOBODY_CAN_OPEN)
def test_an_address_of_no_database_is_refused_in_one_line_without_its_password(address: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        Settings.from_environment({"DATABASE_URL": address})
    told = str(refusal.value)
    assert told.startswith("DATABASE_URL ") and "\n" not in told
    assert "postgresql://user:password@host/goniec or sqlite:////srv/goniec/goniec.db" in told
    assert "s3cret" not in told


def test_a_directory_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidSetting, match="names a file in /nowhere, a directory that does not exist"):
        Settings.from_environment({"DATABASE_URL": "sqlite:////nowhere/goniec.db"})


def test_a_database_that_can_be_is_taken(tmp_path: Path) -> None:
    for given, kept in {
        "postgres://anna:s3cret@host:5433/goniec": "postgresql+psycopg://anna:s3cret@host:5433/goniec",
        "postgresql:///goniec?host=/run/postgresql": "postgresql+psycopg:///goniec?host=/run/postgresql",
        f"sqlite:///{tmp_path}/goniec.db": f"sqlite:///{tmp_path}/goniec.db",
        "sqlite:///goniec.db": "sqlite:///goniec.db",
        "": Settings().database_url,
    }.items():
        assert Settings.from_environment({"DATABASE_URL": given}).database_url == kept


@pytest.mark.parametrize(
    "address",
    [
        "http://x",
        "nonsense",
        "redis://",
        "redis://:notaport",
        "redis://:s3cret@host:notaport/0",
        "redis://:s3cret@host:0",
        "redis://:s3cret@host/queue",
        "redis://:s3cret@host?socket_timeout=soon",
        "redis://:s3cret@host?no_such_option=1",
        "unix:///run/redis.sock",
    ],
)
def test_an_address_of_no_queue_server_is_refused_in_one_line_without_its_password(address: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        Settings.from_environment({"REDIS_URL": address})
    assert str(refusal.value) == (
        "REDIS_URL must be an address such as redis://host:6379/0 or rediss://:password@host:6379/0"
    )


@pytest.mark.parametrize(
    "address",
    [
        "redis://host",
        "redis://anna:s3cret@host:6380/2",
        "redis://[::1]:6379/",
        "rediss://:s3cret@host?ssl_cert_reqs=none&socket_timeout=5",
    ],
)
def test_a_queue_server_that_can_be_is_taken(address: str) -> None:
    assert Settings.from_environment({"REDIS_URL": address}).redis_url == address


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"KSEF_ENVIRONMENT": "prod"}, "KSEF_ENVIRONMENT must be one of test, demo, production, sandbox"),
        ({"KSEF_SINCE": "1.4.2026"}, "KSEF_SINCE must be a day such as 2026-04-01"),
        ({"KSEF_CERTIFICATE": "/a.pem"}, "KSEF_KEY must be set too"),
        ({"KSEF_OFFLINE_AFTER": "0"}, "KSEF_OFFLINE_AFTER must be a number of seconds from"),
    ],
)
def test_settings_for_ksef_are_refused_by_name(given: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidSetting, match=said):
        Settings.from_environment(given)


DIGITS = "9" * 5000


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("MAIL_PORT", "99999", "a whole number from 1 to 65535"),
        ("MAIL_PORT", "٢٥", "a whole number from 1 to 65535"),
        ("MAIL_PORT", "0", "a whole number from 1 to 65535"),
        ("MAIL_PORT", DIGITS, "a whole number from 1 to 65535"),
        ("DELIVERY_CLAIM_SIZE", "9999999999999999999999999", "a whole number from 1 to 100000"),
        ("ATTACHMENT_LIMIT_BYTES", DIGITS, "a whole number from 1 to 2147483647"),
        ("BEHIND_PROXIES", "-1", "a whole number from 0 to"),
        *(
            ("DELIVERY_LEASE", value, "a number of seconds from 0.001 to 31622400")
            for value in ("1e-300", "0", "-1", "nan", "inf", "1_0", "٢٥", DIGITS, "31622401")
        ),
        *(
            (f"{name}_SANDBOX_URL", value, "an address such as")
            for name in ("PAYWALL", "PHONES", "KSEF")
            for value in ("foo:", "http:///x", "http://a:99999", "http://[::1", "http://a b", "/")
        ),
    ],
)
def test_a_value_out_of_bounds_is_refused_in_one_short_line(setting: str, value: str, said: str) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        Settings.from_environment({setting: value})
    told = str(refusal.value)
    assert told.startswith(f"{setting} must be {said}") and "\n" not in told and len(told) < 200


def test_a_value_within_bounds_is_taken() -> None:
    given = {
        "MAIL_PORT": "65535",
        "DELIVERY_LEASE": "0.25",
        "PAYWALL_SANDBOX_URL": "http://localhost:8026/",
    }
    kept = Settings.from_environment(given)
    assert (kept.mail_port, kept.lease.total_seconds()) == (65535, 0.25)
    assert (kept.paywall_sandbox_url, kept.phones_sandbox_url) == ("http://localhost:8026", "")
