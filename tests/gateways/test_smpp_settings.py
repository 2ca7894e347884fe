"""What an SMPP address says, and who is told the password."""

import socket
import threading

import pytest

from domain.outcomes import AccountRefused, Unavailable
from gateways.smpp import SmppGateway
from gateways.smpp_connection import SmppSettings
from tests.gateways.smpp_scene import text
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures
from tests.payment_peers import payu_peer


def test_a_certificate_nobody_vouches_for_is_told_no_secret(server_tls):  # noqa: F811
    with payu_peer(b"", tls=server_tls) as peer:
        port = int(peer.url.rpartition(":")[2])
        outcome = SmppGateway(SmppSettings("127.0.0.1", port, "a", "b", tls=True)).send(text())
        assert type(outcome) is AccountRefused and "certificate" in outcome.text
        assert peer.requests == []


@pytest.mark.parametrize(("answer", "kind"), [(b"", Unavailable), (b"\0\0\0\x10plain", AccountRefused)])
def test_a_server_without_tls_is_told_no_secret(answer, kind):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, told = listener.getsockname()[1], []

        def serve():
            stream, _ = listener.accept()
            with stream:
                told.append(stream.recv(4096))
                stream.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        outcome = SmppGateway(SmppSettings("127.0.0.1", port, "a", "topsecrt", tls=True)).send(text())
        thread.join()
    assert type(outcome) is kind and b"topsecrt" not in told[0]


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("smpp://smsc.example", ("smsc.example", 2775, "", False)),
        ("smpps://smsc.example", ("smsc.example", 3550, "", True)),
        ("smpp://[::1]:99?system_type=VMA", ("::1", 99, "VMA", False)),
    ],
)
def test_an_address_says_where_and_how(address, known):
    read = SmppSettings.of(address, "goniec", "sekret")
    assert (read.host, read.port, read.system_type, read.tls) == known


@pytest.mark.parametrize(
    "wrong",
    [
        ("http://smsc.example", "a", "b"),
        ("smpp://", "a", "b"),
        ("smpp://x/y", "a", "b"),
        ("smpp://x:0", "a", "b"),
        ("smpp://x?a=b", "a", "b"),
        ("smpp://x", "", "b"),
        ("smpp://x", "a" * 16, "b"),
        ("smpp://x", "a", "b" * 9),
        ("smpp://x", "ą", "b"),
        ("smpp://x", "a\0", "b"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError):
        SmppSettings.of(*wrong)
