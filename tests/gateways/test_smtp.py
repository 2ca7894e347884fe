"""The SMTP gateway against real servers on loopback."""

import socket
import threading

import pytest

from domain.outcomes import Accepted, AccountRefused, Refused, Unavailable, Uncertain
from gateways.smtp import SmtpSession
from tests.gateways.smtp_scene import PAYLOAD, RECIPIENT, SENDER, log_in, outcome_at, send_one, settings
from tests.smtp_peers import ANSWERS, DROP, HELLO, smtp_peer


@pytest.fixture(autouse=True, params=["one by one", "pipelined"])
def _envelope(request, monkeypatch):
    """Every fact here holds however the envelope is sent (RFC 2920)."""
    if request.param == "pipelined":
        monkeypatch.setitem(ANSWERS, "hello", HELLO.replace(b"250-8", b"250-PIPELINING\r\n250-8"))


STAGES = ["greeting", "hello", "login", "mail_from", "rcpt_to", "data", "end_of_data"]
ABOUT_THE_MESSAGE = STAGES[4:]


def test_a_range_of_messages_goes_over_one_connection():
    with smtp_peer() as peer:
        with SmtpSession(settings(peer.port)) as session:
            assert session.open() is None
            outcomes = [session.send(SENDER, f"a{n}@example.pl", PAYLOAD) for n in range(50)]
        assert outcomes == [Accepted("ABC123")] * 50
        assert peer.messages == [PAYLOAD] * 50
        assert len(peer.conversations) == 1
        assert peer.commands[1:4] == [b"MAIL FROM:<bounce+1@example.pl>", b"RCPT TO:<a0@example.pl>", b"DATA"]
        assert peer.commands[-1].upper() == b"QUIT"


def test_the_next_message_is_prepared_while_the_server_has_this_one():
    waited_with: list[int] = []

    def answer(_command: bytes) -> bytes:
        assert waited.wait(10), "the server would wait for ever"
        return b"250 2.0.0 queued as ABC123\r\n"

    waited = threading.Event()
    with smtp_peer(end_of_data=answer) as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None

        def meanwhile() -> None:
            waited_with.append(len(peer.messages))
            waited.set()

        assert session.send(SENDER, RECIPIENT, PAYLOAD, meanwhile) == Accepted("ABC123")
    assert len(waited_with) == 1


@pytest.mark.parametrize("stage", ["mail_from", "rcpt_to", "data"])
def test_a_message_refused_before_its_data_leaves_no_time_for_another(stage):
    with smtp_peer(**{stage: b"550 5.1.1 no\r\n"}) as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None
        assert isinstance(session.send(SENDER, RECIPIENT, PAYLOAD, pytest.fail), Refused | Unavailable)


@pytest.mark.parametrize("stage", STAGES)
def test_a_4xx_at_any_stage_is_unavailable(stage):
    assert outcome_at(stage, **{stage: b"451 4.7.1 later\r\n"}) == Unavailable("451", "4.7.1 later")


@pytest.mark.parametrize("stage", STAGES)
def test_a_421_at_any_stage_is_unavailable(stage):
    assert outcome_at(stage, **{stage: lambda _: b"421 closing\r\n"}) == Unavailable("421", "closing")


@pytest.mark.parametrize("stage", STAGES)
def test_a_5xx_refuses_the_message_from_rcpt_on_and_the_account_before(stage):
    expected = (
        Refused("550", "5.1.1 no", stage) if stage in ABOUT_THE_MESSAGE else AccountRefused("550", "5.1.1 no")
    )
    assert outcome_at(stage, **{stage: b"550 5.1.1 no\r\n"}) == expected


@pytest.mark.parametrize("stage", STAGES)
def test_a_connection_dropped_is_uncertain_only_after_the_final_dot(stage):
    expected = Uncertain if stage == "end_of_data" else Unavailable
    assert type(outcome_at(stage, **{stage: DROP})) is expected


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n",
        b"hello there\r\n",
        b"25\r\n",
        b"\xff\xfe\x00\r\n",
        b"999 what\r\n",
        b"x" * 20_000 + b"\r\n",
        b"250-again and\r\n" * 200 + b"250 again\r\n",
        b"2500 no\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"250 half",
    ],
)
def test_garbage_is_uncertain_only_after_the_final_dot(stage, garbage):
    def once(_conversation, answers=[garbage]):  # noqa: B006 - an answer that is given once
        return answers.pop() if answers else None

    outcome = outcome_at(stage, **{stage: once})
    assert type(outcome) is (Uncertain if stage == "end_of_data" else Unavailable)
    assert len(outcome.text) < 700 and outcome.text.isprintable()


def test_a_connection_lost_inside_the_message_is_surely_not_sent():
    with smtp_peer(drop_inside_data=True) as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None
        outcome = session.send(SENDER, RECIPIENT, PAYLOAD + b"x\r\n" * 10_000_000)
        assert type(outcome) is Unavailable and not session.usable


def test_a_withheld_answer_to_the_final_dot_is_uncertain():
    with smtp_peer() as peer:
        peer.answers["end_of_data"] = peer.withhold
        outcome, usable = send_one(peer, timeout_seconds=0.3)
        assert type(outcome) is Uncertain and not usable
        assert peer.messages == [PAYLOAD]


@pytest.mark.parametrize("stage", ["mail_from", "rcpt_to", "data"])
def test_a_withheld_answer_before_the_message_is_unavailable(stage):
    with smtp_peer() as peer:
        peer.answers[stage] = peer.withhold
        outcome, usable = send_one(peer, timeout_seconds=0.3)
        assert type(outcome) is Unavailable and not usable
        assert peer.messages == []


@pytest.mark.parametrize("stage", ["mail_from", "rcpt_to", "data", "end_of_data"])
@pytest.mark.parametrize("code", [b"451", b"550"])
def test_the_session_goes_on_after_a_refused_message(stage, code):
    def first_only(conversation):
        seen = sum(command.startswith(b"MAIL") for command in conversation.commands)
        return code + b" no\r\n" if seen == 1 else ANSWERS[stage]

    with smtp_peer() as peer, SmtpSession(settings(peer.port)) as session:
        if stage == "data":  # the peer reads a message only after its own 354
            peer.answers["data"] = code + b" no\r\n"
        else:
            peer.answers[stage] = first_only
        assert session.open() is None
        first = session.send(SENDER, RECIPIENT, PAYLOAD)
        assert isinstance(first, Refused | Unavailable) and session.usable
        peer.answers[stage] = ANSWERS[stage]
        assert session.send(SENDER, RECIPIENT, PAYLOAD) == Accepted("ABC123")
        assert (b"RSET" in peer.commands) == (stage != "end_of_data")


@pytest.mark.parametrize("data", [DROP, b"503 5.5.1 no recipients\r\n", b"421 bye\r\n", b"354 well\r\n"])
def test_a_refusal_stands_whatever_the_server_says_behind_it(data):
    with smtp_peer(rcpt_to=b"550 5.1.1 no\r\n", data=data) as peer:
        outcome, _usable = send_one(peer)
        assert outcome == Refused("550", "5.1.1 no", "rcpt_to")
        assert not any(peer.messages)


def test_a_server_that_waits_for_a_message_to_nobody_gets_an_empty_one():
    with smtp_peer(rcpt_to=b"550 5.1.1 no\r\n") as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None
        assert session.send(SENDER, RECIPIENT, PAYLOAD) == Refused("550", "5.1.1 no", "rcpt_to")
        peer.answers["rcpt_to"] = ANSWERS["rcpt_to"]
        assert session.send(SENDER, RECIPIENT, PAYLOAD) == Accepted("ABC123")
        assert [message for message in peer.messages if message] == [PAYLOAD]


@pytest.mark.parametrize("answer", [DROP, b"421 bye\r\n", b"garbage\r\n", b"500 what\r\n"])
def test_a_failing_reset_keeps_the_refusal_and_ends_the_session(answer):
    with smtp_peer(rcpt_to=b"550 5.1.1 no\r\n", reset=answer) as peer:
        assert send_one(peer) == (Refused("550", "5.1.1 no", "rcpt_to"), False)


def test_a_421_ends_the_session_and_further_messages_are_unavailable():
    with (
        smtp_peer(rcpt_to=b"421 4.3.2 shutting down\r\n") as peer,
        SmtpSession(settings(peer.port)) as session,
    ):
        assert session.open() is None
        assert session.send(SENDER, RECIPIENT, PAYLOAD) == Unavailable("421", "4.3.2 shutting down")
        assert not session.usable
        assert type(session.send(SENDER, RECIPIENT, PAYLOAD)) is Unavailable
        peer.answers["rcpt_to"] = ANSWERS["rcpt_to"]
        assert session.open() is None
        assert session.send(SENDER, RECIPIENT, PAYLOAD) == Accepted("ABC123")


def test_a_yes_to_data_out_of_step_is_never_taken_for_an_acceptance():
    with smtp_peer(rcpt_to=b"250 Ok\r\n250 Ok: queued as LIE\r\n") as peer:
        outcome, usable = send_one(peer)
        assert type(outcome) is Unavailable and not usable


def test_a_server_that_cannot_be_reached_is_unavailable():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = listener.getsockname()[1]
    outcome = log_in(settings(free))
    assert type(outcome) is Unavailable and "connect" in outcome.text


@pytest.mark.parametrize("host", ["a..b", "ż" * 80, "x" * 300])
def test_a_host_name_that_is_none_is_the_accounts_fault(host):
    assert type(log_in(settings(25, host=host))) is AccountRefused


@pytest.mark.parametrize("text", ["line one\x00\x1b[2J", "x" * 5000])
def test_a_hostile_reply_is_cleaned_and_cut(text):
    with smtp_peer(rcpt_to=b"550-5.7.1 a\r\n550 " + text.encode() + b"\r\n") as peer:
        outcome, _ = send_one(peer)
        assert isinstance(outcome, Refused) and len(outcome.text) <= 500 and outcome.text.isprintable()


@pytest.mark.parametrize(
    ("payload", "received"),
    [
        (b".\r\n..\r\n.x", b"..\r\n...\r\n..x\r\n"),
        (b"a\nb\rc\r\nd", b"a\r\nb\r\nc\r\nd\r\n"),
        (b"a\n.\nMAIL FROM:<evil@x>\n", b"a\r\n..\r\nMAIL FROM:<evil@x>\r\n"),
        (b"a\n.\r\nb", b"a\r\n..\r\nb\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_no_payload_can_end_its_message_early(payload, received):
    with smtp_peer() as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None
        assert session.send(SENDER, RECIPIENT, payload) == Accepted("ABC123")
        assert session.send(SENDER, RECIPIENT, PAYLOAD) == Accepted("ABC123")
        assert peer.messages == [received, PAYLOAD]


@pytest.mark.parametrize(
    "recipient",
    ["", "a b@x.pl", "a@x.pl>\r\nDATA", "a@x.pl\n", "<a@x.pl", "a@x.pl\x00", "a@x.pl> NOTIFY=NEVER"],
)
def test_an_address_that_could_break_a_command_is_refused_before_the_server_sees_it(recipient):
    with smtp_peer() as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None
        assert isinstance(session.send(SENDER, recipient, PAYLOAD), Refused)
        assert isinstance(session.send(recipient or "\n", RECIPIENT, PAYLOAD), Refused)
        assert peer.commands == [b"ehlo test"]
        assert session.send("", RECIPIENT, PAYLOAD) == Accepted("ABC123")


def test_a_message_over_the_servers_limit_is_refused_with_both_sizes():
    with (
        smtp_peer(hello=b"250-peer\r\n250 SIZE 1000\r\n") as peer,
        SmtpSession(settings(peer.port)) as session,
    ):
        assert session.open() is None
        outcome = session.send(SENDER, RECIPIENT, b"x" * 1001)
        assert isinstance(outcome, Refused) and "1001" in outcome.text and "1000" in outcome.text
        assert isinstance(session.send(SENDER, RECIPIENT, b"x" * 1000), Accepted)


def test_an_address_beyond_ascii_needs_a_server_that_takes_it():
    with smtp_peer() as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None
        outcome = session.send(SENDER, "łukasz@example.pl", PAYLOAD)
        assert isinstance(outcome, Refused) and "SMTPUTF8" in outcome.text
    with (
        smtp_peer(hello=b"250-peer\r\n250 SMTPUTF8\r\n") as peer,
        SmtpSession(settings(peer.port)) as session,
    ):
        assert session.open() is None
        assert session.send(SENDER, "łukasz@example.pl", PAYLOAD) == Accepted("ABC123")
        assert f"MAIL FROM:<{SENDER}> SMTPUTF8".encode() in peer.commands
        assert "RCPT TO:<łukasz@example.pl>".encode() in peer.commands


def test_small_writes_are_sent_at_once():
    with smtp_peer() as peer, SmtpSession(settings(peer.port)) as session:
        assert session.open() is None
        assert session._smtp.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
