"""XAdES-BES signatures, enveloped, as KSeF asks for when somebody logs in with a certificate.

The shape is the one ksef-client writes; that library signs through xmlsec, a C library that has to be the
same build as lxml's. What is needed of it is three digests and a signature.

Sources: XML Signature (W3C, 2013), Exclusive XML Canonicalization 1.0, ETSI TS 101 903 v1.3.2 for the signed
properties, RFC 4050 for an ECDSA value.
"""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from lxml import etree  # type: ignore[import-untyped]

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DS}enveloped-signature"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SIGNED_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"

_PROPERTIES_ID = "SignedProperties"


def sign(document: bytes, certificate_pem: str, private_key_pem: str, signed_at: datetime) -> bytes:
    """The document with its signature as the root's last child.

    Raises ValueError for a certificate or a key that cannot be read, does not belong together, or is neither
    RSA nor elliptic-curve.
    """
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    key = load_pem_private_key(private_key_pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("the key is neither RSA nor elliptic-curve")
    if key.public_key() != certificate.public_key():
        raise ValueError("the key is not the certificate's")
    root = etree.fromstring(document, etree.XMLParser(resolve_entities=False, no_network=True))
    digest = _digest(_canonical(root))
    signature = etree.SubElement(root, f"{{{DS}}}Signature", nsmap={"ds": DS}, Id="Signature")
    signed = _child(signature, "SignedInfo")
    value = _child(signature, "SignatureValue")
    _key_info(signature, certificate)
    properties = _signed_properties(signature, certificate, signed_at)
    _child(signed, "CanonicalizationMethod", Algorithm=C14N)
    _child(signed, "SignatureMethod", Algorithm=_method(key))
    _reference(signed, digest, (ENVELOPED, C14N), URI="")
    _reference(
        signed, _digest(_canonical(properties)), (C14N,), URI=f"#{_PROPERTIES_ID}", Type=SIGNED_PROPERTIES
    )
    value.text = base64.b64encode(_signed(key, _canonical(signed))).decode()
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _key_info(signature: Any, certificate: x509.Certificate) -> None:
    data = _child(_child(signature, "KeyInfo"), "X509Data")
    _child(data, "X509Certificate").text = base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _signed_properties(signature: Any, certificate: x509.Certificate, signed_at: datetime) -> Any:
    """When it was signed, and by which certificate."""
    holder = etree.SubElement(
        _child(signature, "Object"),
        f"{{{XADES}}}QualifyingProperties",
        nsmap={"xades": XADES},
        Target="#Signature",
    )
    properties = _child(holder, "SignedProperties", XADES, Id=_PROPERTIES_ID)
    of_signature = _child(properties, "SignedSignatureProperties", XADES)
    moment = signed_at.astimezone(UTC).replace(microsecond=0)
    _child(of_signature, "SigningTime", XADES).text = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    described = _child(_child(of_signature, "SigningCertificate", XADES), "Cert", XADES)
    fingerprint = _child(described, "CertDigest", XADES)
    _child(fingerprint, "DigestMethod", Algorithm=SHA256)
    _child(fingerprint, "DigestValue").text = base64.b64encode(
        certificate.fingerprint(hashes.SHA256())
    ).decode()
    issuer = _child(described, "IssuerSerial", XADES)
    _child(issuer, "X509IssuerName").text = certificate.issuer.rfc4514_string()
    _child(issuer, "X509SerialNumber").text = str(certificate.serial_number)
    return properties


def _reference(signed: Any, digest: str, transforms: tuple[str, ...], **attributes: str) -> None:
    reference = _child(signed, "Reference", **attributes)
    chain = _child(reference, "Transforms")
    for algorithm in transforms:
        _child(chain, "Transform", Algorithm=algorithm)
    _child(reference, "DigestMethod", Algorithm=SHA256)
    _child(reference, "DigestValue").text = digest


def _child(parent: Any, name: str, namespace: str = DS, **attributes: str) -> Any:
    return etree.SubElement(parent, f"{{{namespace}}}{name}", **attributes)


def _canonical(element: Any) -> bytes:
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_comments=False))


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _method(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA256


def _signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(content, padding.PKCS1v15(), hashes.SHA256())
    r, s = decode_dss_signature(key.sign(content, ec.ECDSA(hashes.SHA256())))
    size = (key.key_size + 7) // 8
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")
