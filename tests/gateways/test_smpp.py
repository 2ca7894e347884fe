"""The SMPP gateway against the stand-in for an SMSC, on real sockets."""

import os
import socket
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.outcomes import Accepted, AccountRefused, Refused, Unavailable, Uncertain
from domain.segments import Encoding, segment, split
from domain.text_messages import TextMessage
from gateways import smpp
from gateways.smpp import SmppGateway, outcome_of
from gateways.smpp_connection import Pdu, SmppSettings
from sandbox import smpp_pdus
from sandbox.smsc import SandboxSmsc
from sandbox.smsc_exchange import Trouble
from tests.gateways.smpp_scene import NUMBER, text
from tests.payment_peers import http


@pytest.fixture
def smsc():
    with SandboxSmsc() as running:
        yield running


@pytest.fixture
def gateway(smsc, monkeypatch):
    monkeypatch.setattr(smpp, "_PAUSES", (0.01, 0.01))
    gateway = SmppGateway(replace(smsc.settings, timeout_seconds=0.5))
    yield gateway
    gateway.close()


# --- what is sent ---


def test_a_text_is_submitted_once_with_its_name_as_the_reference(smsc, gateway):
    outcome = gateway.send(text("10 € [brutto]"))
    [taken] = smsc.taken()
    assert outcome == Accepted(taken.ids[0])
    assert (taken.text, taken.number, taken.sender) == ("10 € [brutto]", "48600100200", "Goniec")
    [part] = taken.parts
    assert (part.source[:2], part.destination[:2]) == ((5, 0), (1, 1))
    assert (part.coding, part.header, part.registered) == (smpp_pdus.GSM, b"", 1)


@pytest.mark.parametrize(
    ("sender", "address"),
    [
        ("+48799000111", (1, 1, "48799000111")),
        ("48799000111", (1, 1, "48799000111")),
        ("7123", (0, 1, "7123")),
        ("A & B", (5, 0, "A & B")),
        ("", (0, 0, "")),
    ],
)
def test_a_sender_says_what_kind_of_address_it_is(smsc, gateway, sender, address):
    assert isinstance(gateway.send(text(sender=sender)), Accepted)
    assert smsc.taken()[0].parts[0].source == address


TEXTS = {
    "Polish": "Zażółć gęślą jaźń " * 20,
    "extension at a part's end": "a" * 152 + "€" * 100,
    "pair at a part's end": "ż" * 66 + "😀" * 67,
    "extension at 160": "a" * 158 + "€",
    "extension at 161": "a" * 159 + "€",
    "pair at 70": "ż" * 68 + "😀",
    "pair at 71": "ż" * 69 + "😀",
    "every basic letter": "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\f^{}\\[~]|€",
    "nine parts": "x" * 153 * 9,
    "nine parts of pairs": "😀" * 33 * 9,
}


@pytest.mark.parametrize("written", TEXTS.values(), ids=TEXTS)
def test_a_text_arrives_as_written_in_the_parts_that_were_billed(smsc, gateway, written):
    outcome = gateway.send(text(written))
    [taken] = smsc.taken()
    assert taken.text == written
    assert [part.text for part in taken.parts] == split(written)  # none is cut: each can be shown by itself
    assert outcome == Accepted(taken.ids[-1])
    assert [part.registered for part in taken.parts] == [0] * (len(taken.parts) - 1) + [1]
    assert max(len(part.header + part.content) for part in taken.parts) <= 160


WRITTEN = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=500),
    st.text(st.sampled_from("aż€😀[]~\f\n@Δ"), min_size=60, max_size=400),
    st.text(st.sampled_from("abc€[]{}"), min_size=150, max_size=600),
).filter(lambda written: written.strip() and segment(written).parts <= 9)


@settings(max_examples=150)
@given(WRITTEN)
def test_every_text_arrives_exactly_as_it_was_sent(written):
    with SandboxSmsc() as smsc:
        gateway = SmppGateway(smsc.settings)
        try:
            assert isinstance(gateway.send(text(written)), Accepted)
            [taken] = smsc.taken()
        finally:
            gateway.close()
    assert taken.text == written
    assert len(taken.parts) == segment(written).parts
    gsm = segment(written).encoding is Encoding.GSM7
    assert {part.coding for part in taken.parts} == {smpp_pdus.GSM if gsm else smpp_pdus.UCS2}
    assert [part.text for part in taken.parts] == split(written)


@pytest.mark.parametrize(
    "wrong",
    [{"number": "600100200"}, {"sender": "Żółw"}, {"text": " "}, {"text": "a" * 161, "most_parts": 1}],
)
def test_what_cannot_be_sent_is_refused_and_never_handed_over(smsc, gateway, wrong):
    given = {"number": NUMBER, "text": "Hello", "sender": "Goniec", "reference": "r-1", **wrong}
    assert type(gateway.send(TextMessage(**given))) is Refused
    assert smsc.parts() == {}


# --- what an answer means ---

OUTCOMES = {
    Trouble.THROTTLED: (Unavailable, 0),
    Trouble.QUEUE_FULL: (Unavailable, 0),
    Trouble.SYSTEM_ERROR: (Unavailable, 0),
    Trouble.INVALID_DESTINATION: (Refused, 0),
    Trouble.INVALID_SOURCE: (Refused, 0),
    Trouble.NACK: (AccountRefused, 0),
    Trouble.DROP_BEFORE: (Uncertain, 0),
    Trouble.DROP_AFTER: (Uncertain, 1),
    Trouble.HANG: (Uncertain, 1),
    Trouble.UNBIND: (Uncertain, 0),
    Trouble.GARBAGE: (Uncertain, 0),
}


@pytest.mark.parametrize(("trouble", "kind", "taken"), [(t, *o) for t, o in OUTCOMES.items()])
def test_every_trouble_has_its_outcome_and_the_next_text_goes_out(smsc, gateway, trouble, kind, taken):
    smsc.misbehave(trouble)
    outcome = gateway.send(text())
    assert type(outcome) is kind and outcome.text
    assert len(smsc.parts()) == taken
    smsc.behave()
    assert isinstance(gateway.send(text()), Accepted)
    assert len(smsc.parts()) == taken + 1


@pytest.mark.parametrize(("trouble", "kind", "taken"), [(t, *o) for t, o in OUTCOMES.items()])
def test_a_text_of_which_a_part_was_taken_is_uncertain_whatever_the_rest_met(
    smsc, gateway, trouble, kind, taken
):
    smsc.misbehave(trouble, skip=1)
    outcome = gateway.send(text("a" * 400))
    assert type(outcome) is Uncertain and "1 of the text's 3 parts" in outcome.text
    assert len(smsc.parts()) == 1 + taken and smsc.taken() == []


def test_an_smsc_that_has_too_much_to_do_for_a_moment_is_waited_for(smsc, gateway):
    smsc.misbehave(Trouble.THROTTLED, times=2, skip=1)
    assert isinstance(gateway.send(text("a" * 400)), Accepted)
    assert [taken.text for taken in smsc.taken()] == ["a" * 400]


@pytest.mark.parametrize("status", [0x000000F0, 0x00000400, 0x0000FFFF])
def test_a_status_nobody_knows_holds_every_text_back(status):
    """Were it the vendor's own "no money left", each text of a campaign would fail for good."""
    assert type(outcome_of(Pdu(0x80000004, status, 1, b""))) is AccountRefused


@given(st.integers(0, 2**32 - 1), st.binary(max_size=100))
def test_every_answer_has_an_outcome_that_can_be_stored(status, body):
    outcome = outcome_of(Pdu(0x80000004, status, 1, body))
    if isinstance(outcome, Accepted):
        assert status == 0 and outcome.reference.isascii() and "\0" not in outcome.reference
    else:
        assert outcome.text.encode("utf-8") and len(outcome.code) == 10 and type(outcome) is not Uncertain


def test_an_smsc_that_is_not_there_has_got_nothing():
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        outcome = SmppGateway(SmppSettings("127.0.0.1", unheard.getsockname()[1], "a", "b")).send(text())
    assert type(outcome) is Unavailable and "Connection refused" in outcome.text


@pytest.mark.parametrize("answer", [None, b"", http("400 Bad Request"), b"\0\0\0\x10"], ids=str)
def test_a_server_that_does_not_let_us_in_has_got_nothing(answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            stream, _ = listener.accept()
            with stream:
                stream.recv(1024)
                if answer is None:
                    stream.recv(1)
                else:
                    stream.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        outcome = SmppGateway(SmppSettings("127.0.0.1", port, "a", "b", timeout_seconds=0.3)).send(text())
        thread.join()
    assert type(outcome) is Unavailable


@pytest.mark.parametrize("wrong", [{"system_id": "nobody"}, {"password": "zle"}])
def test_wrong_access_data_are_the_accounts_fault(smsc, wrong):
    outcome = SmppGateway(replace(smsc.settings, **wrong)).send(text())
    assert type(outcome) is AccountRefused and outcome.code in ("0x0000000E", "0x0000000F")


def test_where_one_bind_is_allowed_a_second_process_must_wait():
    with SandboxSmsc(most_binds=1) as smsc:
        first, second = SmppGateway(smsc.settings), SmppGateway(smsc.settings)
        assert isinstance(first.send(text()), Accepted)
        refused = second.send(text())
        assert (type(refused), refused.code) == (Unavailable, "0x00000005")
        first.close()
        deadline = time.monotonic() + 5
        while smsc.bound() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert isinstance(second.send(text()), Accepted)
        second.close()


def test_a_check_binds_and_hands_nothing_over(smsc):
    checked = SmppGateway(replace(smsc.settings, only_sends=True))
    assert checked.check() is None
    assert (smsc.binds, smsc.taken()) == (1, [])
    checked.close()
    refused = SmppGateway(replace(smsc.settings, password="wrong")).check()
    assert type(refused) is AccountRefused


# --- one long connection ---


def test_many_texts_share_one_bind_and_closing_unbinds(smsc, gateway):
    for _ in range(20):
        gateway.send(text())
    assert (len(smsc.taken()), smsc.binds, smsc.bound()) == (20, 1, 1)
    gateway.close()
    deadline = time.monotonic() + 5
    while smsc.bound() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert smsc.bound() == 0


def test_a_connection_that_was_closed_while_idle_costs_no_text(smsc, gateway):
    assert isinstance(gateway.send(text()), Accepted)
    smsc.drop_connections()
    time.sleep(0.05)
    assert isinstance(gateway.send(text()), Accepted)
    assert (len(smsc.taken()), smsc.binds) == (2, 2)


def test_after_a_pause_the_smsc_is_asked_whether_it_is_there(smsc, gateway, monkeypatch):
    gateway.send(text())
    monkeypatch.setattr(smpp, "IDLE_SECONDS", 0.0)
    gateway.send(text())
    assert smsc.enquiries == 1


def test_threads_take_turns_on_one_gateway(smsc, gateway):
    threads = [threading.Thread(target=gateway.send, args=(text("ż" * 100),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [taken.text for taken in smsc.taken()] == ["ż" * 100] * 8
    assert smsc.binds == 1


def test_a_forked_process_makes_its_own_connection(smsc, gateway):
    gateway.send(text("parent"))
    child = os.fork()
    if child == 0:
        os._exit(0 if isinstance(gateway.send(text("child")), Accepted) else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert isinstance(gateway.send(text("parent again")), Accepted)
    assert [taken.text for taken in smsc.taken()] == ["parent", "child", "parent again"]
    assert smsc.binds == 2


def test_the_password_is_neither_shown_nor_logged(smsc, gateway, caplog):
    caplog.set_level(0)
    gateway.send(text())
    assert "sekret" not in repr(smsc.settings) + caplog.text and "73656b726574" not in caplog.text
