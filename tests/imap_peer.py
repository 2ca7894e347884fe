"""A real IMAP server (mail-devel) in a process of its own, with one mailbox to put mail into."""

import imaplib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

USER, PASSWORD = "zwroty@firma.example", "tajne-haslo"
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class ImapPeer:
    port: int

    def put(self, raw: bytes) -> None:
        """A message arrives in the inbox."""
        with imaplib.IMAP4("127.0.0.1", self.port) as server:
            server.login(USER, PASSWORD)
            status, answer = server.append("INBOX", "", imaplib.Time2Internaldate(time.time()), raw)
            assert status == "OK", answer


@contextmanager
def imap_peer() -> Iterator[ImapPeer]:
    imap, smtp, smtps = (free_port() for _number in range(3))
    command = [
        sys.executable, "-m", "mail_devel",
        "--host", "127.0.0.1", "--user", USER, "--password", PASSWORD, "--no-http",
        "--imap-port", str(imap), "--smtp-port", str(smtp), "--smtps-port", str(smtps),
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)
    )
    try:
        wait_for(imap, process)
        yield ImapPeer(imap)
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, "the IMAP server ended"
        with socket.socket() as tried:
            tried.settimeout(1)
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the IMAP server did not come up")
