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
        ({"KSEF_OFFLINE_AFTER": "0"}, "KSEF_OFFLINE_AFTER must be a number of seconds above 0"),
    ],
)
def test_settings_for_ksef_are_refused_by_name(given: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidSetting, match=said):
        Settings.from_environment(given)
