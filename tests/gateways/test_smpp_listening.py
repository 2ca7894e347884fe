"""What an SMSC hands to us over the gateway's connection, and how it is answered."""

import threading
from dataclasses import replace

import pytest

from domain.delivery import DeliveryState
from domain.outcomes import Accepted, Unavailable
from domain.text_messages import DeliveryReport
from gateways.smpp import SmppGateway
from sandbox import smpp_pdus
from sandbox.smsc import SandboxSmsc
from tests.gateways.smpp_scene import NUMBER, text

TEMPORARY, PERMANENT = 0x64, 0x65


@pytest.fixture
def smsc():
    with SandboxSmsc() as running:
        yield running


@pytest.fixture
def heard():
    return []


@pytest.fixture
def gateway(smsc, heard):
    gateway = SmppGateway(
        replace(smsc.settings, timeout_seconds=0.5), lambda item: heard.append(item) or True
    )
    yield gateway
    gateway.close()


class Listening:
    """A worker's listener, beside the test."""

    def __init__(self, gateway):
        self._gateway, self._stopped = gateway, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()

    def __exit__(self, *_):
        self._stopped.set()
        self._thread.join()

    def _run(self):
        while not self._stopped.wait(0.01):
            self._gateway.listen()


def test_the_smsc_is_answered_when_it_asks(smsc, gateway):
    gateway.listen()
    with Listening(gateway):
        assert smsc.enquire() == 0


def test_a_receipt_is_heard_and_names_the_text(smsc, gateway, heard):
    sent = gateway.send(text("a" * 200))
    with Listening(gateway):
        assert smsc.report(sent.reference) == 0
    assert heard == [DeliveryReport("", sent.reference, DeliveryState.DELIVERED, None, "DELIVRD")]


def test_a_receipt_that_comes_in_the_midst_of_sending_is_heard_with_the_next_text(smsc, gateway, heard):
    sent = gateway.send(text())
    asking = threading.Thread(target=smsc.report, args=(sent.reference, "UNDELIV"))
    asking.start()
    while not heard:
        assert isinstance(gateway.send(text()), Accepted)
    asking.join()
    assert [report.state for report in heard] == [DeliveryState.UNDELIVERED]


def test_a_text_to_us_is_heard_whole(smsc, gateway, heard):
    gateway.listen()
    with Listening(gateway):
        assert smsc.write(NUMBER, "TAK, proszę 😀 [€]") == 0
        content, coding = smpp_pdus.encode("ą" * 100)
        for place, piece in enumerate((content[:134], content[134:]), 1):
            body = smpp_pdus.delivered(
                "48600100200", "48123", bytes((5, 0, 3, 9, 2, place)) + piece, coding=coding, esm_class=0x40
            )
            assert smsc.deliver(body) == 0
    assert [(item.sender, item.recipient, item.text) for item in heard] == [
        (NUMBER, "48123", "TAK, proszę 😀 [€]"),
        (NUMBER, "48123", "ą" * 100),
    ]


def test_what_cannot_be_kept_now_is_brought_again(smsc):
    answers, heard = [False, False, True], []
    gateway = SmppGateway(smsc.settings, lambda item: heard.append(item) or answers.pop(0))
    gateway.listen()
    with Listening(gateway):
        assert [smsc.write(NUMBER, "TAK") for _ in range(3)] == [TEMPORARY, TEMPORARY, 0]
    gateway.close()
    assert len(heard) == 3


def test_a_receipt_of_a_text_nobody_knows_is_asked_for_once_more(smsc):
    gateway = SmppGateway(smsc.settings, lambda _item: False)
    gateway.listen()
    with Listening(gateway):
        assert [smsc.report("0000ABCD") for _ in range(2)] == [TEMPORARY, 0]
    gateway.close()


def test_what_nobody_can_read_is_not_wanted_again(smsc, gateway, heard):
    gateway.listen()
    with Listening(gateway):
        assert smsc.deliver(b"\0\1") == PERMANENT
        assert smsc.deliver(smpp_pdus.delivered("48600100200", "1", b"no id", esm_class=4)) == PERMANENT
    assert heard == []


def test_pieces_whose_rest_never_comes_are_heard_with_a_gap_at_the_end(smsc, gateway, heard):
    gateway.listen()
    with Listening(gateway):
        smsc.deliver(smpp_pdus.delivered("48600100200", "48123", b"\5\0\3\1\2\2koniec", esm_class=0x40))
    gateway.close()
    assert [item.text for item in heard] == ["[…]koniec"]


def test_listening_alone_reconnects_but_not_at_once(smsc, gateway, monkeypatch):
    assert gateway.listen() is None and smsc.bound() == 1
    port = smsc.port
    smsc.stop()
    assert type(gateway.listen()) is Unavailable
    with SandboxSmsc(port=port) as again:
        assert gateway.listen() is None and again.bound() == 0  # too soon
        monkeypatch.setattr(gateway, "_not_before", 0.0)
        assert gateway.listen() is None and again.bound() == 1
        gateway.close()
