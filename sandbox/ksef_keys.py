"""The KSeF stand-in's cryptography: its own key pair, and the signature of whoever logs in."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID, ObjectIdentifier
from lxml import etree  # type: ignore[import-untyped]

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
AUTH = "{http://ksef.mf.gov.pl/auth/token/2.1}"
CERTIFICATE, KEY = "ksef-certificate.pem", "ksef-key.pem"
ORGANISATION_IDENTIFIER = ObjectIdentifier("2.5.4.97")
_OAEP = padding.OAEP(mgf=padding.MGF1(algorithm=hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
_PRIVATE = {
    "encoding": serialization.Encoding.PEM,
    "format": serialization.PrivateFormat.PKCS8,
    "encryption_algorithm": serialization.NoEncryption(),
}


class BadSignature(Exception):
    """The text says what does not hold."""


class Keys:
    """The public key that senders seal with. One pair does for tokens and for sessions."""

    @property
    def _private(self) -> rsa.RSAPrivateKey:
        return _own_key()

    @cached_property
    def published(self) -> list[dict[str, Any]]:
        """What `GET /security/public-key-certificates` lists."""
        certificate = _certificate(self._private, "KSeF sandbox", "")
        der = certificate.public_bytes(serialization.Encoding.DER)
        return [
            {
                "certificate": base64.b64encode(der).decode(),
                "certificateId": f"{certificate.serial_number:X}",
                "publicKeyId": hashlib.sha256(der).hexdigest(),
                "usage": ["KsefTokenEncryption", "SymmetricKeyEncryption"],
                "validFrom": certificate.not_valid_before_utc.isoformat(),
                "validTo": certificate.not_valid_after_utc.isoformat(),
            }
        ]

    def opened(self, sealed: str) -> bytes | None:
        """What somebody sealed with the public key (RSAES-OAEP, SHA-256), or None."""
        try:
            return self._private.decrypt(base64.b64decode(sealed, validate=True), _OAEP)
        except ValueError:
            return None


def write_certificate(directory: Path, nip: str, *, elliptic: bool = True) -> tuple[Path, Path]:
    """A certificate of a company's seal and its key, self-signed as KSeF's test environment allows; PEM files
    that only their owner may read, made once.
    """
    certificate_file, key_file = directory / CERTIFICATE, directory / KEY
    if not (certificate_file.exists() and key_file.exists()):
        key = ec.generate_private_key(ec.SECP256R1()) if elliptic else _new_rsa()
        key_file.touch(mode=0o600)
        key_file.write_bytes(key.private_bytes(**_PRIVATE))  # type: ignore[arg-type]
        certificate = _certificate(key, "Goniec", f"VATPL-{nip}")
        certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_file, key_file


def check_log_in(signed: bytes) -> tuple[str, str]:
    """The challenge and the NIP of an AuthTokenRequest whose signature covers all of it. Raises BadSignature.

    The certificate's own NIP (2.5.4.97) must be the request's: nobody else may issue in the sandbox.
    """
    try:
        root = etree.fromstring(signed, etree.XMLParser(resolve_entities=False, no_network=True))
        signature = root.find(f"{DS}Signature")
        certificate = _holder(signature)
        _check_value(signature, certificate)
        _check_digest(
            signature, "#SignedProperties", _canonical(signature.find(f".//{XADES}SignedProperties"))
        )
        _check_certificate(signature, certificate)
        root.remove(signature)
        _check_digest(signature, "", _canonical(root))
    except (AttributeError, ValueError, TypeError, etree.XMLSyntaxError) as error:
        raise BadSignature(f"unreadable: {error}") from error
    challenge = root.findtext(f"{AUTH}Challenge") or ""
    nip = root.findtext(f"{AUTH}ContextIdentifier/{AUTH}Nip") or ""
    named = certificate.subject.get_attributes_for_oid(ORGANISATION_IDENTIFIER)
    if [one.value for one in named] != [f"VATPL-{nip}"]:
        raise BadSignature("the certificate is another company's")
    return challenge, nip


def _holder(signature: Any) -> x509.Certificate:
    text = signature.findtext(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    return x509.load_der_x509_certificate(base64.b64decode(text))


def _check_value(signature: Any, certificate: x509.Certificate) -> None:
    info = _canonical(signature.find(f"{DS}SignedInfo"))
    value = base64.b64decode(signature.findtext(f"{DS}SignatureValue"))
    method = signature.find(f"{DS}SignedInfo/{DS}SignatureMethod").get("Algorithm")
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey) and method.endswith("#rsa-sha256"):
            key.verify(value, info, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey) and method.endswith("#ecdsa-sha256"):
            half = len(value) // 2
            r, s = (int.from_bytes(part, "big") for part in (value[:half], value[half:]))
            key.verify(encode_dss_signature(r, s), info, ec.ECDSA(hashes.SHA256()))
        else:
            raise BadSignature(f"{method} does not go with the certificate")
    except InvalidSignature as error:
        raise BadSignature("the signature does not hold") from error


def _check_digest(signature: Any, uri: str, content: bytes) -> None:
    for reference in signature.findall(f"{DS}SignedInfo/{DS}Reference"):
        if reference.get("URI") == uri:
            if base64.b64decode(reference.findtext(f"{DS}DigestValue")) != hashlib.sha256(content).digest():
                raise BadSignature(f"the digest of {uri or 'the document'} does not hold")
            return
    raise BadSignature(f"{uri or 'the document'} is not signed")


def _check_certificate(signature: Any, certificate: x509.Certificate) -> None:
    said = signature.findtext(f".//{XADES}SigningCertificate/{XADES}Cert/{XADES}CertDigest/{DS}DigestValue")
    if base64.b64decode(said) != certificate.fingerprint(hashes.SHA256()):
        raise BadSignature("signed with another certificate")


def _canonical(element: Any) -> bytes:
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_comments=False))


def _certificate(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, name: str, identifier: str
) -> x509.Certificate:
    attributes = [
        x509.NameAttribute(NameOID.COMMON_NAME, name),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
        x509.NameAttribute(NameOID.COUNTRY_NAME, "PL"),
    ]
    if identifier:
        attributes.append(x509.NameAttribute(ORGANISATION_IDENTIFIER, identifier))
    subject, now = x509.Name(attributes), datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=730))
        .sign(key, hashes.SHA256())
    )


@cache
def _own_key() -> rsa.RSAPrivateKey:
    """One for the process: making it takes longer than everything else here."""
    return _new_rsa()


def _new_rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
