"""Trying the mail settings: one message by Flask-Mail, or one line that says why not."""

from collections.abc import Iterator

import pytest

from tests.commands.conftest import Run
from tests.smtp_peers import SmtpPeer, smtp_peer


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with smtp_peer() as running:
        yield running


@pytest.fixture
def environment(environment: dict[str, str], peer: SmtpPeer) -> dict[str, str]:
    return {**environment, "MAIL_PORT": str(peer.port), "MAIL_DEFAULT_SENDER": "Biuro <biuro@goniec.example>"}


def test_settings_that_work_bring_one_message(run: Run, peer: SmtpPeer) -> None:
    ran = run("check-mail", "anna@żółw.example", "--json")
    assert (ran.code, ran.data) == (0, {"sent": "anna@xn--w-uga1v8h.example"})
    [message] = peer.messages
    assert b"<biuro@goniec.example>" in message and b"settings of Goniec work" in message


def test_a_server_that_refuses_is_quoted_in_one_line(run: Run, peer: SmtpPeer) -> None:
    peer.answers["rcpt_to"] = b"550 5.7.1 Relaying denied\r\n"
    ran = run("check-mail", "anna@poczta.example")
    assert (ran.code, "Relaying denied" in ran.err, len(ran.err.splitlines())) == (3, True, 1)


def test_what_is_no_address_is_bad_input(run: Run) -> None:
    ran = run("check-mail", "not an address")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
