"""The composition root of the panel and the command line."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parseaddr
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import click
from flask import Flask
from flask_migrate import Migrate

import commands
from config import INSTANCE, ROOT, InvalidSetting, Settings
from domain.ksef import KsefEnvironment
from domain.mail_headers import AddressNotDeliverable, Mailbox, envelope_address
from extensions import error_texts, mail
from extensions.encryption import cipher_from
from extensions.queues import Doorbell
from extensions.wiring import AttachmentLimits, Wiring
from gateways.files import FileStore
from gateways.ksef import KsefGateway
from gateways.ksef_settings import Certificate, KsefSettings
from gateways.payment_service import PaymentService
from gateways.payu import PayuGateway, PayuSettings
from gateways.przelewy24 import Przelewy24Gateway, Przelewy24Settings
from gateways.smsapi import SmsapiSettings
from gateways.smtp_settings import Security, SmtpSettings
from gateways.stripe_checkout import StripeGateway, StripeSettings
from jobs.work import Worker
from models import db
from models.encrypted import use_cipher
from models.payment import PaymentGateway
from sandbox import paywall, phones
from services.delivery_policy import DeliveryPolicy

BAD_SETTING = 2


def create_app(settings: Settings | None = None, *, panel: bool | None = None) -> Flask:
    """Build the application; the panel too when it is going to be served.

    The panel refuses to start without SECRET_KEY; the commands do without it. A setting that cannot be used
    ends the process with one line on stderr and exit code 2.
    """
    settings = settings or _settings_from_environment()
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(_flask_config(settings))
    app.extensions["goniec"] = _wire(settings)
    error_texts.init_app()
    if settings.database_url == Settings().database_url:
        with suppress(OSError):  # then the database says that it cannot be opened
            INSTANCE.mkdir(mode=0o700, exist_ok=True)
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"))
    if settings.secret_key:
        use_cipher(lambda: cipher_from(settings.secret_key))
    mail.init_app(app)
    commands.register(app)
    app.extensions["goniec_worker"] = Worker(app, sweep_interval=settings.sweep_interval).run
    if _serves_panel() if panel is None else panel:
        _add_panel(app, settings)
    return app


def _settings_from_environment() -> Settings:
    try:
        return Settings.from_environment(os.environ)
    except InvalidSetting as error:
        _refuse(str(error))


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    raise SystemExit(BAD_SETTING)


def _serves_panel() -> bool:
    context = click.get_current_context(silent=True)
    return context is None or context.info_name in {"run", "routes"}


def _wire(settings: Settings) -> Wiring:
    sender = _default_sender(settings)
    return Wiring(
        clock=lambda: datetime.now(UTC),
        doorbell=Doorbell(settings.redis_url),
        policy=DeliveryPolicy(
            lease=settings.lease,
            claim_size=settings.claim_size,
            claim_time=settings.claim_time,
            retry_first=settings.retry_first,
            retry_longest=settings.retry_longest,
            retry_give_up=settings.retry_give_up,
            pause_after=settings.pause_after_account_failures,
        ),
        sweep_interval=settings.sweep_interval,
        files=FileStore(settings.files_dir),
        ejs_source=ROOT / "static" / "vendor" / "ejs" / "ejs.min.js",
        smtp_from_settings=_smtp_settings(settings, sender),
        default_sender=sender,
        base_url=settings.base_url,
        attachment_limits=AttachmentLimits(
            each=settings.attachment_limit_bytes, together=settings.attachments_limit_bytes
        ),
        payments=_payment_gateways(settings, sender),
        demo=settings.demo,
        phones=_phones(settings),
        ksef=_ksef(settings),
        push_sandbox_url=settings.push_sandbox_url if settings.demo else "",
    )


def _ksef(settings: Settings) -> KsefGateway | None:
    """The way into KSeF; none unless an environment is named. The stand-in is for the demo alone."""
    environment = settings.ksef_environment
    if not environment or (environment == KsefEnvironment.SANDBOX and not settings.demo):
        return None
    try:
        return KsefGateway(
            KsefSettings(
                KsefEnvironment(environment),
                settings.ksef_nip,
                settings.ksef_since or _refuse("KSEF_SINCE must be set too, because KSEF_ENVIRONMENT is"),
                certificate=_certificate(
                    settings.ksef_certificate, settings.ksef_key, settings.ksef_key_password
                ),
                token=settings.ksef_token,
                offline_certificate=_certificate(
                    settings.ksef_offline_certificate,
                    settings.ksef_offline_key,
                    settings.ksef_offline_key_password,
                ),
                offline_after=settings.ksef_offline_after,
                sandbox_url=settings.ksef_sandbox_url,
            )
        )
    except ValueError as error:
        _refuse(f"The settings for KSeF cannot be used: {error}")


def _certificate(file: str, key: str, password: str) -> Certificate | None:
    return Certificate(Path(file), Path(key), password) if file else None


def _payment_gateways(settings: Settings, sender: Mailbox) -> dict[PaymentGateway, PaymentService]:
    """The gateways that are set up; the sandbox speaks PayU's protocol with keys that everybody knows."""
    gateways: dict[PaymentGateway, PaymentService] = {}
    if settings.payu_pos_id:
        gateways[PaymentGateway.PAYU] = PayuGateway(
            PayuSettings(
                settings.payu_url,
                settings.payu_pos_id,
                settings.payu_client_id,
                settings.payu_client_secret,
                settings.payu_second_key,
            )
        )
    if settings.przelewy24_merchant_id:
        gateways[PaymentGateway.PRZELEWY24] = _przelewy24(settings, sender)
    if settings.stripe_secret_key:
        gateways[PaymentGateway.STRIPE] = StripeGateway(
            StripeSettings(settings.stripe_secret_key, settings.stripe_webhook_secret)
        )
    if settings.demo and settings.paywall_sandbox_url:
        gateways[PaymentGateway.SANDBOX] = PayuGateway(paywall.settings_for(settings.paywall_sandbox_url))
    return gateways


def _przelewy24(settings: Settings, sender: Mailbox) -> Przelewy24Gateway:
    return Przelewy24Gateway(
        Przelewy24Settings(
            settings.przelewy24_url,
            settings.przelewy24_merchant_id,
            settings.przelewy24_pos_id,
            settings.przelewy24_api_key,
            settings.przelewy24_crc,
            fallback_email=sender.address,
        )
    )


def _phones(settings: Settings) -> SmsapiSettings | None:
    """The sandbox of phones, which speaks SMSAPI's protocol with a token that everybody knows."""
    if not settings.demo or not settings.phones_sandbox_url:
        return None
    return phones.settings_for(settings.phones_sandbox_url)


def _default_sender(settings: Settings) -> Mailbox:
    fallback = settings.mail_username if "@" in settings.mail_username else f"goniec@{settings.mail_server}"
    name, address = parseaddr(settings.mail_default_sender or fallback)
    try:
        envelope_address(address)
    except AddressNotDeliverable:
        _refuse(
            "MAIL_DEFAULT_SENDER must be an address such as biuro@firma.pl or Firma <biuro@firma.pl>, "
            f"not {settings.mail_default_sender or fallback!r}"
        )
    return Mailbox(name, address)


def _smtp_settings(settings: Settings, sender: Mailbox) -> SmtpSettings:
    plain = Security.STARTTLS if settings.mail_use_tls else Security.NONE
    return SmtpSettings(
        host=settings.mail_server,
        port=settings.mail_port,
        security=Security.TLS if settings.mail_use_ssl else plain,
        username=settings.mail_username,
        password=settings.mail_password,
        timeout_seconds=settings.mail_timeout_seconds,
        receipt_timeout_seconds=settings.mail_receipt_timeout_seconds,
        local_hostname=envelope_address(sender.address).rpartition("@")[2],
    )


def _flask_config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key or None,
        "SQLALCHEMY_DATABASE_URI": settings.database_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": settings.database_url.startswith("postgresql"),
            "hide_parameters": True,  # an error's text is logged, and parameters are personal data
        },
        "MAX_CONTENT_LENGTH": settings.attachments_limit_bytes + 2 * 1024 * 1024,
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USE_TLS": settings.mail_use_tls,
        "MAIL_USE_SSL": settings.mail_use_ssl,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "MAIL_DEFAULT_SENDER": settings.mail_default_sender or None,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.base_url.startswith("https://"),
        "GONIEC_REDIS_URL": settings.redis_url,
        "GONIEC_BEHIND_PROXIES": settings.behind_proxies,
    }


def _add_panel(app: Flask, settings: Settings) -> None:
    panel = import_module("panel")  # a command or a worker starts without it, in two thirds of the time
    try:
        panel.add_panel(app, settings)
    except panel.NoSecretKey as error:
        _refuse(str(error))
