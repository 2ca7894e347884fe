"""What the composition root hands to the entrances."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from flask import current_app
from sqlalchemy.orm import Session

from domain.ksef import KsefEnvironment
from domain.mail_headers import Mailbox
from extensions.queues import Doorbell
from gateways.ejs import EjsRuntime
from gateways.files import FileStore
from gateways.ksef import KsefGateway
from gateways.payment_service import PaymentService
from gateways.smsapi import SmsapiSettings
from gateways.smtp_settings import SmtpSettings
from gateways.web_push import WebPush
from models.payment import PaymentGateway
from models.setting import PUSH_KEY, secret_of
from services.delivery_policy import DeliveryPolicy


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """Bytes: one file, and all files of a message together."""

    each: int
    together: int


@dataclass(frozen=True, slots=True)
class Wiring:
    """Collaborators made once per process from the settings."""

    clock: Callable[[], datetime]
    doorbell: Doorbell
    policy: DeliveryPolicy
    sweep_interval: timedelta
    files: FileStore
    ejs_source: Path
    smtp_from_settings: SmtpSettings
    default_sender: Mailbox
    base_url: str
    attachment_limits: AttachmentLimits
    payments: Mapping[PaymentGateway, PaymentService]
    demo: bool
    phones: SmsapiSettings | None = None
    ksef: KsefGateway | None = None
    push_sandbox_url: str = ""

    @property
    def is_in_earnest(self) -> bool:
        """Whether real money is taken or invoices go into KSeF here: then no payment may be pretended."""
        pays = any(kind is not PaymentGateway.SANDBOX for kind in self.payments)
        invoices = self.ksef is not None and self.ksef.settings.environment is not KsefEnvironment.SANDBOX
        return not self.demo and (pays or invoices)

    def web_push(self, session: Session) -> WebPush:
        """The way to the push services, with the installation's key. Raises MissingSecret."""
        key = secret_of(session.connection(), PUSH_KEY)
        return WebPush(key, f"mailto:{self.default_sender.address}", sandbox_url=self.push_sandbox_url)

    def ejs(self) -> EjsRuntime:
        """The process's script engine, started at first use."""
        runtime = current_app.extensions.get("goniec_ejs")
        if runtime is None:
            runtime = current_app.extensions["goniec_ejs"] = EjsRuntime(self.ejs_source)
        return cast("EjsRuntime", runtime)


def wiring() -> Wiring:
    """The running application's collaborators."""
    return cast("Wiring", current_app.extensions["goniec"])
