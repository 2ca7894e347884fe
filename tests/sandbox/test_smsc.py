"""The stand-in for an SMSC: it starts as a program, and takes no part that a telephone could not show."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from smpplib import gsm

from domain.outcomes import Accepted
from domain.text_messages import TextMessage
from gateways.smpp import SmppGateway
from gateways.smpp_connection import SmppConnection, SmppSettings
from sandbox.smpp_pdus import Malformed
from sandbox.smsc import SandboxSmsc

ROOT = Path(__file__).parent.parent.parent


def test_it_runs_as_a_program_and_ends_when_told() -> None:
    command = [sys.executable, "-m", "sandbox.smsc", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        ready = json.loads(program.stdout.readline())
        gateway = SmppGateway(SmppSettings.of(ready["address"], "goniec", "sekret"))
        sent = gateway.send(TextMessage("+48600100200", "Dzień dobry", "Goniec", "r-1"))
        gateway.close()
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
    assert sent == Accepted("00000001")


@pytest.mark.parametrize(("written", "coding"), [("ż" * 66 + "😀" * 67, 8), ("a" * 152 + "€" * 100, 0)])
def test_a_text_cut_within_a_character_is_noticed(written: str, coding: int) -> None:
    """As smpplib cuts it, which is why we don't let it."""
    parts, _, esm_class = gsm.make_parts(written, coding)
    with SandboxSmsc() as smsc:
        connection = SmppConnection(smsc.settings)
        for part in parts:
            connection.request(
                "submit_sm",
                source_addr="Goniec",
                destination_addr="48600100200",
                esm_class=esm_class,
                data_coding=coding,
                short_message=part,
            )
        connection.close()
        with pytest.raises(Malformed):
            smsc.taken()
