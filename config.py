"""Every setting, read from the environment once. Only the composition roots import this module."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent
MEBIBYTE = 1024 * 1024
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})
INSTANCE = ROOT / "instance"
HIGHEST_PORT, HIGHEST_NUMBER = 65535, 2**31 - 1
SHORTEST_SECONDS, LONGEST_SECONDS = 0.001, 366 * 24 * 60 * 60
DATABASE_SHAPE = "postgresql://user:password@host/goniec or sqlite:////srv/goniec/goniec.db"
REDIS_SHAPE = "redis://host:6379/0 or rediss://:password@host:6379/0"
PAYMENT_SERVICES = (
    ("PAYU_POS_ID", "PAYU_CLIENT_ID", "PAYU_CLIENT_SECRET", "PAYU_SECOND_KEY"),
    ("PRZELEWY24_MERCHANT_ID", "PRZELEWY24_POS_ID", "PRZELEWY24_API_KEY", "PRZELEWY24_CRC"),
    ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"),
)
"""What each payment service needs; one that has none of its settings is not there."""
KSEF_PAIRS = (("KSEF_CERTIFICATE", "KSEF_KEY"), ("KSEF_OFFLINE_CERTIFICATE", "KSEF_OFFLINE_KEY"))
KSEF_ENVIRONMENTS = ("test", "demo", "production", "sandbox")


class InvalidSetting(ValueError):
    """A setting has a value that cannot be used; the text names it and says what it takes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an installation can set; the names in the environment are the field names in capitals."""

    secret_key: str = field(default="", repr=False)
    database_url: str = f"sqlite:///{INSTANCE / 'goniec.db'}"
    redis_url: str = "redis://127.0.0.1:6379/0"
    base_url: str = "http://localhost:5000"
    base_url_given: bool = False
    mail_server: str = "localhost"
    mail_port: int = 25
    mail_use_tls: bool = False
    mail_use_ssl: bool = False
    mail_username: str = ""
    mail_password: str = field(default="", repr=False)
    mail_default_sender: str = ""
    mail_timeout_seconds: float = 60.0
    mail_receipt_timeout_seconds: float = 300.0
    files_dir: Path = INSTANCE / "files"
    demo: bool = False
    lease: timedelta = timedelta(seconds=120)
    sweep_interval: timedelta = timedelta(seconds=60)
    claim_size: int = 500
    claim_time: timedelta = timedelta(seconds=1)
    retry_first: timedelta = timedelta(minutes=1)
    retry_longest: timedelta = timedelta(hours=1)
    retry_give_up: timedelta = timedelta(hours=24)
    pause_after_account_failures: int = 5
    attachment_limit_bytes: int = 10 * MEBIBYTE
    attachments_limit_bytes: int = 25 * MEBIBYTE
    behind_proxies: int = 0
    payu_url: str = "https://secure.payu.com"
    payu_pos_id: str = ""
    payu_client_id: str = ""
    payu_client_secret: str = field(default="", repr=False)
    payu_second_key: str = field(default="", repr=False)
    przelewy24_url: str = "https://secure.przelewy24.pl"
    przelewy24_merchant_id: int = 0
    przelewy24_pos_id: int = 0
    przelewy24_api_key: str = field(default="", repr=False)
    przelewy24_crc: str = field(default="", repr=False)
    stripe_secret_key: str = field(default="", repr=False)
    stripe_webhook_secret: str = field(default="", repr=False)
    paywall_sandbox_url: str = ""
    phones_sandbox_url: str = ""
    push_sandbox_url: str = ""
    ksef_environment: str = ""
    ksef_nip: str = ""
    ksef_since: date | None = None
    ksef_certificate: str = ""
    ksef_key: str = ""
    ksef_key_password: str = field(default="", repr=False)
    ksef_token: str = field(default="", repr=False)
    ksef_offline_certificate: str = ""
    ksef_offline_key: str = ""
    ksef_offline_key_password: str = field(default="", repr=False)
    ksef_offline_after: timedelta = timedelta(minutes=30)
    ksef_sandbox_url: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings, or raise InvalidSetting with a sentence that names the variable."""
        read = _Reader(environment)
        read.whole_sets((*PAYMENT_SERVICES, *KSEF_PAIRS))
        plain = cls()
        return cls(
            secret_key=read.text("SECRET_KEY", ""),
            database_url=read.database_url(plain.database_url),
            redis_url=read.redis_url(plain.redis_url),
            base_url=read.address("BASE_URL", plain.base_url),
            base_url_given=bool(environment.get("BASE_URL")),
            mail_server=read.text("MAIL_SERVER", plain.mail_server),
            mail_port=read.integer("MAIL_PORT", plain.mail_port, most=HIGHEST_PORT),
            mail_use_tls=read.flag("MAIL_USE_TLS"),
            mail_use_ssl=read.flag("MAIL_USE_SSL"),
            mail_username=read.text("MAIL_USERNAME", ""),
            mail_password=read.text("MAIL_PASSWORD", ""),
            mail_default_sender=read.text("MAIL_DEFAULT_SENDER", ""),
            mail_timeout_seconds=read.seconds("MAIL_TIMEOUT", timedelta(seconds=60)).total_seconds(),
            mail_receipt_timeout_seconds=read.seconds(
                "MAIL_RECEIPT_TIMEOUT", timedelta(seconds=300)
            ).total_seconds(),
            files_dir=Path(read.text("FILES_DIR", str(plain.files_dir))),
            demo=read.flag("GONIEC_DEMO"),
            lease=read.seconds("DELIVERY_LEASE", plain.lease),
            sweep_interval=read.seconds("SWEEP_INTERVAL", plain.sweep_interval),
            claim_size=read.integer("DELIVERY_CLAIM_SIZE", plain.claim_size, most=100_000),
            claim_time=read.seconds("DELIVERY_CLAIM_TIME", plain.claim_time),
            retry_first=read.seconds("RETRY_FIRST", plain.retry_first),
            retry_longest=read.seconds("RETRY_LONGEST", plain.retry_longest),
            retry_give_up=read.seconds("RETRY_GIVE_UP", plain.retry_give_up),
            pause_after_account_failures=read.integer(
                "PAUSE_AFTER_ACCOUNT_FAILURES", plain.pause_after_account_failures
            ),
            attachment_limit_bytes=read.integer("ATTACHMENT_LIMIT_BYTES", plain.attachment_limit_bytes),
            attachments_limit_bytes=read.integer("ATTACHMENTS_LIMIT_BYTES", plain.attachments_limit_bytes),
            behind_proxies=read.integer("BEHIND_PROXIES", 0, least=0),
            payu_url=read.address("PAYU_URL", plain.payu_url),
            payu_pos_id=read.text("PAYU_POS_ID", ""),
            payu_client_id=read.text("PAYU_CLIENT_ID", ""),
            payu_client_secret=read.text("PAYU_CLIENT_SECRET", ""),
            payu_second_key=read.text("PAYU_SECOND_KEY", ""),
            przelewy24_url=read.address("PRZELEWY24_URL", plain.przelewy24_url),
            przelewy24_merchant_id=read.integer("PRZELEWY24_MERCHANT_ID", 0),
            przelewy24_pos_id=read.integer("PRZELEWY24_POS_ID", 0),
            przelewy24_api_key=read.text("PRZELEWY24_API_KEY", ""),
            przelewy24_crc=read.text("PRZELEWY24_CRC", ""),
            stripe_secret_key=read.secret("STRIPE_SECRET_KEY", "sk_live_…", r"(sk|rk)_\w{8,255}"),
            stripe_webhook_secret=read.secret("STRIPE_WEBHOOK_SECRET", "whsec_…", r"whsec_[!-~]{8,255}"),
            paywall_sandbox_url=read.address("PAYWALL_SANDBOX_URL", ""),
            phones_sandbox_url=read.address("PHONES_SANDBOX_URL", ""),
            push_sandbox_url=read.address("PUSH_SANDBOX_URL", ""),
            ksef_environment=read.word("KSEF_ENVIRONMENT", KSEF_ENVIRONMENTS),
            ksef_nip=read.text("KSEF_NIP", ""),
            ksef_since=read.day("KSEF_SINCE"),
            ksef_certificate=read.text("KSEF_CERTIFICATE", ""),
            ksef_key=read.text("KSEF_KEY", ""),
            ksef_key_password=read.text("KSEF_KEY_PASSWORD", ""),
            ksef_token=read.text("KSEF_TOKEN", ""),
            ksef_offline_certificate=read.text("KSEF_OFFLINE_CERTIFICATE", ""),
            ksef_offline_key=read.text("KSEF_OFFLINE_KEY", ""),
            ksef_offline_key_password=read.text("KSEF_OFFLINE_KEY_PASSWORD", ""),
            ksef_offline_after=read.seconds("KSEF_OFFLINE_AFTER", plain.ksef_offline_after),
            ksef_sandbox_url=read.address("KSEF_SANDBOX_URL", ""),
        )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str) -> str:
        return self._environment.get(name) or default

    def whole_sets(self, sets: Sequence[Sequence[str]]) -> None:
        """Refuse settings of which some are given and some are not."""
        for names in sets:
            given = [name for name in names if self._environment.get(name)]
            missing = [name for name in names if name not in given]
            if given and missing:
                raise InvalidSetting(
                    f"{' and '.join(missing)} must be set too, because {' and '.join(given)} "
                    f"{'is' if len(given) == 1 else 'are'}"
                )

    def secret(self, name: str, example: str, shape: str) -> str:
        """A secret of that shape, or none. A refusal repeats nothing of the value."""
        given = self.text(name, "")
        if given and not re.fullmatch(shape, given, re.ASCII):
            raise InvalidSetting(f"{name} must be a secret such as {example}")
        return given

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of the words, or none."""
        given = self.text(name, "")
        if given and given not in words:
            raise InvalidSetting(f"{name} must be one of {', '.join(words)}, not {given!r}")
        return given

    def day(self, name: str) -> date | None:
        """A day, or none."""
        try:
            return date.fromisoformat(given) if (given := self.text(name, "")) else None
        except ValueError:
            raise InvalidSetting(f"{name} must be a day such as 2026-04-01, not {given!r}") from None

    def flag(self, name: str) -> bool:
        return self._environment.get(name, "").strip().lower() not in FALSE_WORDS

    def integer(self, name: str, default: int, *, least: int = 1, most: int = HIGHEST_NUMBER) -> int:
        given = self._environment.get(name)
        if not given:
            return default
        if not re.fullmatch("[0-9]{1,10}", given) or not least <= int(given) <= most:
            raise InvalidSetting(f"{name} must be a whole number from {least} to {most}, not {given[:40]!r}")
        return int(given)

    def seconds(self, name: str, default: timedelta) -> timedelta:
        given = self._environment.get(name)
        if not given:
            return default
        seconds = float(given) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", given) else 0.0
        if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            raise InvalidSetting(
                f"{name} must be a number of seconds from {SHORTEST_SECONDS} to {LONGEST_SECONDS}, "
                f"not {given[:40]!r}"
            )
        return timedelta(seconds=seconds)

    def address(self, name: str, default: str) -> str:
        """An http(s) address that fits into a header as it is, or what is the default."""
        if not self._environment.get(name):
            return default
        given = self.text(name, default).rstrip("/")
        try:
            parts = urlsplit(given)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable or not given.isascii() or not given.isprintable() or re.search(r"[\s<>\"]", given):
            raise InvalidSetting(
                f"{name} must be an address such as https://goniec.firma.pl in plain ASCII (a host name with "
                f"other letters in its xn-- form), not {given[:200]!r}"
            )
        return given

    def database_url(self, default: str) -> str:
        """What SQLAlchemy takes. A refusal repeats nothing of the value, which may hold a password."""
        given = self.text("DATABASE_URL", default)
        for scheme in ("postgres://", "postgresql://"):
            if given.startswith(scheme):
                given = "postgresql+psycopg://" + given.removeprefix(scheme)
        try:
            url = make_url(given)
        except (ArgumentError, ValueError):  # the second: a port that is no number
            raise InvalidSetting(f"DATABASE_URL must be an address such as {DATABASE_SHAPE}") from None
        wrong = _wrong_with_database(url) if given != default else ""
        if wrong:
            raise InvalidSetting(f"DATABASE_URL {wrong}: it must be an address such as {DATABASE_SHAPE}")
        return given

    def redis_url(self, default: str) -> str:
        """What both redis-py and limits take. A refusal repeats nothing of the value either."""
        given = self.text("REDIS_URL", default)
        try:
            parts = urlsplit(given)
            usable = (
                parts.scheme in ("redis", "rediss")
                and bool(parts.hostname)
                and parts.port != 0
                and re.fullmatch(r"/?[0-9]*", parts.path) is not None
            )
            if usable:  # made, not opened: an option that redis-py does not know shows here
                Redis.from_url(given).connection_pool.make_connection()
        except (ValueError, TypeError, RedisError):
            usable = False
        if not usable:
            raise InvalidSetting(f"REDIS_URL must be an address such as {REDIS_SHAPE}")
        return given


def _wrong_with_database(url: URL) -> str:
    """What keeps the address from being a database's, "" when nothing does."""
    if url.drivername in ("sqlite", "sqlite+pysqlite"):
        return _wrong_with_file(url)
    if url.drivername != "postgresql+psycopg":
        return "is for neither PostgreSQL nor SQLite"
    if not (url.database or url.query.keys() & {"dbname", "service"}):
        return "names no database"
    return "" if url.port is None or 0 < url.port <= HIGHEST_PORT else "names an impossible port"


def _wrong_with_file(url: URL) -> str:
    if url.host or not url.database or url.database == ":memory:":
        return "names no file"
    file = INSTANCE / url.database  # where Flask-SQLAlchemy looks for a relative one, and makes the directory
    if url.query.get("uri"):
        return ""
    if file.is_dir():
        return f"names a directory, {file}, not a file in it"
    if file.parent != INSTANCE and not file.parent.is_dir():
        return f"names a file in {file.parent}, a directory that does not exist"
    return ""
