"""The addresses behind the codes on a printed invoice, and a code's dark and light modules.

Source: CIRFMF/ksef-docs, kody-qr.md. ksef-client builds and signs the addresses, qrcode draws them.
"""

import base64
from datetime import date
from typing import cast

import qrcode  # type: ignore[import-untyped]
from cryptography import x509
from ksef_client import KsefClientOptions
from ksef_client.services.verification_link import VerificationLinkService

from gateways.ksef_access import CONTEXT, BadCertificate, key_pair
from gateways.ksef_settings import KsefSettings


def invoice_link(settings: KsefSettings, issued_on: date, sha256: str) -> str:
    """KOD I: where anybody can check an invoice. ``sha256`` of the document is in hexadecimal digits."""
    return _service(settings).build_invoice_verification_url(settings.nip, issued_on, _base64(sha256))


def certificate_link(settings: KsefSettings, sha256: str) -> str:
    """KOD II, which proves who issued an invoice that KSeF has not seen yet; empty without a certificate for
    it. Raises BadCertificate.
    """
    if settings.offline_certificate is None:
        return ""
    try:
        pair = key_pair(settings.offline_certificate)
        serial = x509.load_pem_x509_certificate(pair.certificate_pem.encode()).serial_number
        return _service(settings).build_certificate_verification_url(
            seller_nip=settings.nip,
            context_identifier_type=CONTEXT,
            context_identifier_value=settings.nip,
            certificate_serial=f"{serial:016X}",
            invoice_hash=_base64(sha256),
            private_key_pem=pair.private_key_pem,
        )
    except (ValueError, OSError) as error:
        raise BadCertificate(str(error)) from error


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """A QR code's rows without a quiet zone, True for a dark module (ISO/IEC 18004)."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in cast("list[list[bool]]", code.get_matrix()))


def _service(settings: KsefSettings) -> VerificationLinkService:
    return VerificationLinkService(KsefClientOptions(settings.api_url, base_qr_url=settings.qr_url))


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
