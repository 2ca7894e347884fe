"""One message, one session, and the settings for a peer on loopback."""

from gateways.smtp import SmtpSession
from gateways.smtp_settings import SmtpSettings
from tests.smtp_peers import smtp_peer

SENDER = "bounce+1@example.pl"
RECIPIENT = "anna@example.pl"
PAYLOAD = b"Subject: x\r\n\r\nDzie=C5=84 dobry\r\n"


def settings(port, **more):
    given = {"host": "127.0.0.1", "port": port, "security": "none", "local_hostname": "test"}
    seconds = more.get("timeout_seconds", 5)
    return SmtpSettings(**{**given, "timeout_seconds": seconds, "receipt_timeout_seconds": seconds, **more})


def log_in(given):
    with SmtpSession(given) as session:
        return session.open()


def send_one(peer, **more):
    with SmtpSession(settings(peer.port, **more)) as session:
        assert session.open() is None
        outcome = session.send(SENDER, RECIPIENT, PAYLOAD)
        return outcome, session.usable


def outcome_at(stage, **answers):
    """What the first message meets, wherever the peer misbehaves, log-in included."""
    with (
        smtp_peer(**answers) as peer,
        SmtpSession(settings(peer.port, username="u", password="p")) as session,
    ):
        return session.open() or session.send(SENDER, RECIPIENT, PAYLOAD)
