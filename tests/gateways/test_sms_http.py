"""Connections that are kept: used again while they live, and never the reason for not knowing."""

import os
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from domain.outcomes import Accepted, AccountRefused, Unavailable, Uncertain
from domain.text_messages import TextMessage
from gateways import sms_http
from gateways.smsapi import SmsapiGateway, SmsapiSettings
from sandbox.phones import SandboxPhones
from tests.gateways.test_smtp_tls import certificate, server_tls  # noqa: F401 - fixtures

TAKEN = b'{"count":1,"list":[{"id":"5B1F0C4E","error":null,"idx":null}]}'
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(TAKEN) + TAKEN


@dataclass
class Server:
    """``answers`` are given in turn over one connection; after the last it goes on listening, or closes."""

    url: str = ""
    connections: int = 0
    requests: int = 0
    open: list[socket.socket] = field(default_factory=list)


@contextmanager
def server(*answers, close=False, tls=None):
    listener = socket.create_server(("127.0.0.1", 0))
    told = Server(f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}")

    def serve(connection):
        if tls:
            try:
                connection = tls.wrap_socket(connection, server_side=True)
            except OSError:  # the client does not trust us
                return
            told.open.append(connection)
        for answer in answers:
            data = b""
            while not data.endswith(b"message=x"):
                if not (chunk := connection.recv(65536)):
                    return
                data += chunk
            told.requests += 1
            connection.sendall(answer)
        if close:
            connection.close()

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            told.connections += 1
            told.open.append(connection)
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in told.open:
            connection.close()


def send(gateway):
    return gateway.send(TextMessage("+48600100200", "x", "", "r-1"))


def gateway_to(url):
    return SmsapiGateway(SmsapiSettings(url, "the-token", timeout_seconds=0.5))


def test_one_connection_carries_many_texts():
    with server(*[OK] * 5) as told:
        gateway = gateway_to(told.url)
        assert [send(gateway) for _ in range(5)] == [Accepted("5B1F0C4E")] * 5
        gateway.close()
    assert (told.connections, told.requests) == (1, 5)


def test_a_tls_connection_carries_many_texts_to_whom_the_certificate_names(
    server_tls,  # noqa: F811
    certificate,  # noqa: F811
    monkeypatch,
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with server(*[OK] * 5, tls=server_tls) as told:
        gateway = gateway_to(told.url)
        assert [send(gateway) for _ in range(5)] == [Accepted("5B1F0C4E")] * 5
        assert told.connections == 1
        assert isinstance(send(gateway_to(told.url.replace("127.0.0.1", "localhost"))), AccountRefused)
    assert told.requests == 5


def test_a_chunked_answer_keeps_its_connection():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (
        len(TAKEN),
        TAKEN,
    )
    with server(chunked, chunked) as told:
        gateway = gateway_to(told.url)
        assert [send(gateway), send(gateway)] == [Accepted("5B1F0C4E")] * 2
    assert told.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        b"HTTP/1.0 200 OK\r\n\r\n" + TAKEN,
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + TAKEN,
    ],
)
def test_a_connection_that_ends_with_its_answer_is_not_kept(answer):
    with server(answer, close=True) as told:
        gateway = gateway_to(told.url)
        assert [send(gateway), send(gateway)] == [Accepted("5B1F0C4E")] * 2
    assert told.connections == 2


def test_a_connection_the_server_closed_while_it_was_idle_leaves_nothing_uncertain():
    with SandboxPhones(report_after=None) as phones:
        gateway = SmsapiGateway(phones.settings)
        for number in range(5):
            assert isinstance(gateway.send(TextMessage("+48600100200", "x", "", f"r-{number}")), Accepted)
            phones.drop_connections()
            time.sleep(0.02)  # for the end of the stream to arrive
        assert len(phones.taken()) == 5


def test_a_connection_idle_for_long_is_not_trusted(monkeypatch):
    monkeypatch.setattr(sms_http, "_LONGEST_IDLE_SECONDS", 0.05)
    with server(OK) as told:  # listens after its one answer and would never give another
        gateway = gateway_to(told.url)
        assert send(gateway) == Accepted("5B1F0C4E")
        time.sleep(0.1)
        assert send(gateway) == Accepted("5B1F0C4E")
    assert told.connections == 2


def test_bytes_nobody_asked_for_are_no_answer_to_the_next_text():
    with server(OK) as told:
        gateway = gateway_to(told.url)
        send(gateway)
        told.open[0].sendall(OK.replace(b"5B1F0C4E", b"FORGED00"))
        time.sleep(0.02)
        assert send(gateway) == Accepted("5B1F0C4E")
    assert told.connections == 2


def test_a_connection_that_breaks_under_the_request_has_carried_nothing():
    with server(OK) as told:
        gateway = gateway_to(told.url)
        send(gateway)
        [(connection, _)] = gateway._connections._idle
        connection.sock.shutdown(socket.SHUT_WR)
        assert isinstance(send(gateway), Unavailable)
        assert send(gateway) == Accepted("5B1F0C4E")
    assert told.requests == 2


def test_an_answer_that_never_comes_costs_its_connection():
    with server(OK) as told:
        gateway = gateway_to(told.url)
        assert [type(send(gateway)) for _ in range(3)] == [Accepted, Uncertain, Accepted]
    assert told.connections == 2


def test_a_gateway_that_was_closed_opens_again():
    with server(OK) as told:
        gateway = gateway_to(told.url)
        for _ in range(2):
            assert send(gateway) == Accepted("5B1F0C4E")
            gateway.close()
    assert told.connections == 2


def test_a_process_that_was_forked_off_makes_its_own_connection():
    with server(OK, OK) as told:
        gateway = gateway_to(told.url)
        assert send(gateway) == Accepted("5B1F0C4E")
        child = os.fork()
        if not child:
            os._exit(0 if send(gateway) == Accepted("5B1F0C4E") else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert told.connections == 2
        assert send(gateway) == Accepted("5B1F0C4E")  # over its own, which the child left alone
    assert told.connections == 2
