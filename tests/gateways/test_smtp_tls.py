"""The SMTP gateway and TLS: what is trusted, and what a password is never told to."""

import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.outcomes import Accepted, AccountRefused
from gateways.smtp import SmtpSession
from gateways.smtp_settings import Security
from tests.gateways.smtp_scene import PAYLOAD, RECIPIENT, SENDER, log_in, settings
from tests.smtp_peers import HELLO, smtp_peer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A self-signed certificate for 127.0.0.1 and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "peer.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def peer_arguments(security, server_tls):
    if security == Security.TLS:
        return {"tls": server_tls}
    return {"starttls": server_tls, "hello": b"250-peer\r\n250-STARTTLS\r\n" + HELLO}


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_trusted_certificate_carries_mail(security, server_tls, certificate):
    trusting = ssl.create_default_context(cafile=str(certificate))
    with smtp_peer(**peer_arguments(security, server_tls)) as peer:
        account = settings(peer.port, security=security, username="u", password="p")
        with SmtpSession(account, trusting) as session:
            assert session.open() is None
            assert session.send(SENDER, RECIPIENT, PAYLOAD) == Accepted("ABC123")


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_self_signed_certificate_is_the_accounts_fault_and_no_password_is_sent(security, server_tls):
    with smtp_peer(**peer_arguments(security, server_tls)) as peer:
        outcome = log_in(settings(peer.port, security=security, username="u", password="p"))
        assert type(outcome) is AccountRefused and "self-signed certificate" in outcome.text
        assert not any(command.startswith(b"AUTH") for command in peer.commands)


def test_a_server_without_starttls_gets_no_password():
    with smtp_peer() as peer:
        outcome = log_in(settings(peer.port, security="starttls", username="u", password="p"))
        assert type(outcome) is AccountRefused and "STARTTLS" in outcome.text
        assert not any(command.startswith(b"AUTH") for command in peer.commands)


def test_a_plain_server_at_the_tls_port_is_the_accounts_fault():
    with smtp_peer() as peer:
        assert type(log_in(settings(peer.port, security="tls"))) is AccountRefused
