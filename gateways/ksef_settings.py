"""Which KSeF, and who we are to it."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from ksef_client.config import KsefEnvironment as Addresses
from ksef_client.config import KsefQrEnvironment as QrAddresses

from domain.ksef import KsefEnvironment

_NIP = re.compile(r"[1-9]((\d[1-9])|([1-9]\d))\d{7}", re.ASCII)
_ADDRESS = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d{1,5})?", re.ASCII)
_API = {
    KsefEnvironment.TEST: Addresses.TEST.value,
    KsefEnvironment.DEMO: Addresses.DEMO.value,
    KsefEnvironment.PRODUCTION: Addresses.PROD.value,
}
_QR = {
    KsefEnvironment.TEST: QrAddresses.TEST.value,
    KsefEnvironment.DEMO: QrAddresses.DEMO.value,
    KsefEnvironment.PRODUCTION: QrAddresses.PROD.value,
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A KSeF certificate and its key, each a PEM or DER file."""

    file: Path
    key_file: Path
    key_password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class KsefSettings:
    """``nip`` is the seller's; invoices issued before ``since`` are left alone.

    One of ``certificate`` and ``token`` logs in; with both, the certificate does (tokens end with 2026).
    ``offline_certificate`` is another one, of KSeF's type Offline: it signs the second code on what is issued
    while KSeF is down. ``offline_after`` is how long KSeF has to be out of reach before an invoice is issued
    like that: half an hour is six tries, and longer than a restart at either end. ``timeout_seconds`` applies
    to connecting and to each single wait. Raises ValueError.
    """

    environment: KsefEnvironment
    nip: str
    since: date
    certificate: Certificate | None = None
    token: str = field(default="", repr=False)
    offline_certificate: Certificate | None = None
    offline_after: timedelta = timedelta(minutes=30)
    sandbox_url: str = ""
    timeout_seconds: float = 20.0

    def __post_init__(self) -> None:
        if not _NIP.fullmatch(self.nip):
            raise ValueError("nip is no NIP")
        if self.certificate is None and not self.token:
            raise ValueError("neither a certificate nor a token")
        if (self.environment is KsefEnvironment.SANDBOX) != bool(self.sandbox_url):
            raise ValueError("the sandbox, and nothing else, has an address of its own")
        if self.sandbox_url and not _ADDRESS.fullmatch(self.sandbox_url):
            raise ValueError("sandbox_url is no http address of this machine")

    @property
    def api_url(self) -> str:
        return self.sandbox_url or _API[self.environment]

    @property
    def qr_url(self) -> str:
        """Where the codes on a printed invoice lead."""
        return self.sandbox_url or _QR[self.environment]
