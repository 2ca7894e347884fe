"""SMTP servers on loopback that misbehave exactly as a test asks."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP

GREETING = b"220 peer.example ESMTP\r\n"
HELLO = b"250-peer.example\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN\r\n"
OK = b"250 2.0.0 Ok\r\n"
ANSWERS = {
    "greeting": GREETING,
    "hello": HELLO,
    "login": b"235 2.7.0 Authenticated\r\n",
    "mail_from": OK,
    "rcpt_to": OK,
    "data": b"354 Go ahead\r\n",
    "end_of_data": b"250 2.0.0 Ok: queued as ABC123\r\n",
    "reset": OK,
    "unknown": b"500 5.5.2 Unknown command\r\n",
}
_STAGE_OF_COMMAND = {
    b"EHLO": "hello",
    b"HELO": "hello",
    b"STARTTLS": "starttls",
    b"AUTH": "login",
    b"MAIL": "mail_from",
    b"RCPT": "rcpt_to",
    b"DATA": "data",
    b"RSET": "reset",
}
DROP = None  # close the connection instead of answering
Answer = bytes | Callable[["Conversation"], bytes | None] | None


@dataclass
class Conversation:
    """What one client said: command lines without CRLF, and raw messages up to the final dot."""

    commands: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)


@dataclass
class SmtpPeer:
    """A server that answers by stage; an answer is bytes, DROP, or a function of the conversation."""

    answers: dict[str, Answer]
    starttls: ssl.SSLContext | None = None
    tls: ssl.SSLContext | None = None
    drop_inside_data: bool = False
    port: int = 0
    conversations: list[Conversation] = field(default_factory=list)
    silent_until: threading.Event = field(default_factory=threading.Event)

    @property
    def messages(self) -> list[bytes]:
        return [message for conversation in self.conversations for message in conversation.messages]

    @property
    def commands(self) -> list[bytes]:
        return [command for conversation in self.conversations for command in conversation.commands]

    def withhold(self, conversation: Conversation) -> None:
        """An answer: say nothing until the test is over, then close."""
        self.silent_until.wait(30)

    def _answer(self, sock: socket.socket, stage: str, conversation: Conversation) -> bool:
        answer = self.answers[stage]
        if callable(answer):
            answer = answer(conversation)
        if answer is None:
            return False
        sock.sendall(answer)
        return answer.endswith(b"\n")  # after half a line the peer hangs up

    def converse(self, sock: socket.socket) -> None:
        conversation = Conversation()
        self.conversations.append(conversation)
        if self.tls:
            sock = self.tls.wrap_socket(sock, server_side=True)
        with sock:
            reader = sock.makefile("rb")
            if not self._answer(sock, "greeting", conversation):
                return
            while line := reader.readline():
                conversation.commands.append(line.rstrip())
                word = (line.upper().split() or [b""])[0]
                if word == b"QUIT":
                    sock.sendall(b"221 Bye\r\n")
                    return
                stage = _STAGE_OF_COMMAND.get(word, "unknown")
                if stage == "starttls" and self.starttls:
                    sock.sendall(b"220 Go ahead\r\n")
                    sock = self.starttls.wrap_socket(sock, server_side=True)
                    reader = sock.makefile("rb")
                    continue
                if not self._answer(sock, stage, conversation):
                    return
                if stage == "data" and self.answers["data"] == ANSWERS["data"]:
                    if self.drop_inside_data:
                        return
                    conversation.messages.append(_message(reader))
                    if not self._answer(sock, "end_of_data", conversation):
                        return


def _message(reader: object) -> bytes:
    lines = []
    while (line := reader.readline()) and line != b".\r\n":  # type: ignore[attr-defined]
        lines.append(line)
    return b"".join(lines)


@contextmanager
def smtp_peer(
    *,
    starttls: ssl.SSLContext | None = None,
    tls: ssl.SSLContext | None = None,
    drop_inside_data: bool = False,
    **answers: Answer,
) -> Iterator[SmtpPeer]:
    """A listening peer; ``answers`` replace those of a well-behaved server, stage by stage."""
    peer = SmtpPeer({**ANSWERS, **answers}, starttls, tls, drop_inside_data)
    listener = socket.create_server(("127.0.0.1", 0))
    peer.port = listener.getsockname()[1]
    threads: list[threading.Thread] = []

    def converse(sock: socket.socket) -> None:
        with suppress(OSError), sock:
            peer.converse(sock)

    def accept() -> None:
        with suppress(OSError):
            while True:
                sock, _ = listener.accept()
                thread = threading.Thread(target=converse, args=(sock,), daemon=True)
                threads.append(thread)
                thread.start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield peer
    finally:
        peer.silent_until.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for thread in threads:
            thread.join(5)


@contextmanager
def aiosmtpd_peer(handler: object, **options: object) -> Iterator[int]:
    """A well-behaved aiosmtpd server in a thread of its own; gives its port."""
    loop = asyncio.new_event_loop()
    listening = loop.run_until_complete(
        loop.create_server(lambda: SMTP(handler, loop=loop, **options), "127.0.0.1", 0)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        listening.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
