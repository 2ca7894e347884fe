"""Logging in at a mail server: passwords, refusals, a server without it."""

import pytest
from aiosmtpd.smtp import AuthResult

from domain.outcomes import Accepted, AccountRefused, Unavailable
from gateways.smtp import SmtpSession
from tests.gateways.smtp_scene import PAYLOAD, RECIPIENT, SENDER, log_in, settings
from tests.smtp_peers import aiosmtpd_peer, smtp_peer


def test_the_password_is_never_shown():
    assert "hasło" not in repr(settings(25, username="jan", password="hasło"))


# Log-in


def test_a_polish_password_logs_in():
    with smtp_peer() as peer:
        assert log_in(settings(peer.port, username="łukasz", password="zażółć")) is None
        assert peer.commands[1] == b"AUTH PLAIN AMWCdWthc3oAemHFvMOzxYLEhw=="


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"535 5.7.8 bad credentials\r\n", AccountRefused("535", "5.7.8 bad credentials")),
        (b"454 4.7.0 try later\r\n", Unavailable("454", "4.7.0 try later")),
    ],
)
def test_a_refused_login_is_the_accounts_and_a_postponed_one_is_not(answer, expected):
    with smtp_peer(login=answer) as peer:
        outcome = log_in(settings(peer.port, username="jan", password="x"))
        assert outcome == expected and type(outcome) is type(expected)


def test_a_server_without_login_refuses_an_account_with_one():
    with smtp_peer(hello=b"250 peer\r\n") as peer:
        assert type(log_in(settings(peer.port, username="jan", password="x"))) is AccountRefused


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_login_and_delivery_work_against_aiosmtpd():
    class Handler:
        content = b""

        async def handle_DATA(self, server, session, envelope):
            self.content = envelope.original_content
            return "250 2.0.0 Ok: queued as 7"

    def authenticate(server, session, envelope, mechanism, data):
        known = (data.login, data.password) == ("łukasz".encode(), "żółw".encode())
        return AuthResult(success=known, handled=False)

    handler = Handler()
    with aiosmtpd_peer(
        handler, hostname="peer", auth_required=True, auth_require_tls=False, authenticator=authenticate
    ) as port:
        assert type(log_in(settings(port, username="łukasz", password="x"))) is AccountRefused
        with SmtpSession(settings(port, username="łukasz", password="żółw")) as session:
            assert session.open() is None
            assert session.send(SENDER, RECIPIENT, PAYLOAD) == Accepted("7")
        assert handler.content == PAYLOAD
        with SmtpSession(settings(port)) as session:
            assert session.open() is None
            assert type(session.send(SENDER, RECIPIENT, PAYLOAD)) is AccountRefused
