"""The other ends of a payment on loopback: a shop that is notified, and a PayU that misbehaves."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gateways.payment_service import LARGEST_BODY

Answer = bytes | Callable[[socket.socket], None] | None
"""What is sent, or who sends it; None: nothing at all, until the client gives up."""


@dataclass
class Shop:
    """Where notifications go; ``answers`` are the first statuses given, 200 ever after."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    notifications: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def shop(*answers: int) -> Iterator[Shop]:
    told = Shop(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.notifications.append((self.headers["OpenPayu-Signature"], body))
            self.send_response(told.answers.pop(0) if told.answers else 200)
            self.send_header("Location", told.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_address[1]}/notify"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def http(status: str, body: object = b"", *headers: str) -> bytes:
    """A whole answer; a body that is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def bad_answers(status: str, good: object) -> dict[str, Answer]:
    """What may come instead of a good answer, which would have that status and that JSON."""
    head = f"HTTP/1.1 {status}\r\n".encode()
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    return {
        "hangs": None,
        "drips": drip,
        "closes": b"",
        "garbage": b"\x00\xff\xfe garbage\r\n\r\n",
        "500": http("500 Internal Server Error", good),
        "503 page": http("503 Service Unavailable", b"<h1>maintenance</h1>"),
        "400": http("400 Bad Request", {"status": {"statusCode": "ERROR_VALUE_INVALID"}}),
        "huge": http(status, b" " * (LARGEST_BODY + 1) + json.dumps(good).encode()),
        "endless chunks": chunked + b"2000\r\n%s\r\n" % (b" " * 8192) * 20,
        "broken chunks": chunked + b"zz\r\n",
        "shorter than promised": head + b"Content-Length: 900\r\n\r\n{",
        "packed": http(status, b"\x1f\x8b\x08\x00garbage", "Content-Encoding: gzip"),
        "without a body": http(status, b"", "Location: https://payments.example/"),
        "no JSON": http(status, b"<html>"),
        "no object": http(status, [good]),
        "deep": http(status, b"[" * 60_000),
        "deep object": http(status, b'{"data":' * 900 + b"{}" + b"}" * 900),
        "no UTF-8": http(status, b'{"a": "\xff"}'),
    }


TOKEN = http("200 OK", {"access_token": "a-token", "token_type": "bearer", "expires_in": 43199})


@dataclass
class Peer:
    """A server that reads a request and says what the script says; ``requests`` are whole."""

    url: str
    requests: list[bytes] = field(default_factory=list)

    def asked_for(self, path: bytes) -> int:
        return sum(path in request.partition(b"\r\n")[0] for request in self.requests)


@contextmanager
def payu_peer(orders: Answer, token: Answer = TOKEN, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    listener = socket.create_server(("127.0.0.1", 0))
    peer = Peer(f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}")
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        try:
            with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
                _serve(peer, stream, orders, token)
        except OSError:  # the client has gone, or does not trust us
            pass

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
            threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield peer
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for thread in threads:
            thread.join(5)


def _serve(peer: Peer, stream: socket.socket, orders: Answer, token: Answer) -> None:
    request = _whole_request(stream)
    peer.requests.append(request)
    answer = token if b"/oauth/authorize" in request.partition(b"\r\n")[0] else orders
    if answer is None:
        stream.recv(1)  # ends when the client closes
    elif isinstance(answer, bytes):
        stream.sendall(answer)
    else:
        answer(stream)


def drip(stream: socket.socket) -> None:
    """A good beginning, and then a byte whenever the client could lose patience, until it does."""
    stream.sendall(b"HTTP/1.1 302 Found\r\nContent-Length: 60000\r\n\r\n")
    stream.settimeout(0.02)
    while True:
        stream.sendall(b" ")
        try:
            if not stream.recv(1):
                return
        except TimeoutError:
            continue


def _whole_request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request and (chunk := connection.recv(65536)):
        request += chunk
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"
    ]
    while lengths and len(body) < lengths[0] and (chunk := connection.recv(65536)):
        body += chunk
    return head + b"\r\n\r\n" + body
