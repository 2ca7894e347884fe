"""A stand-in for an SMSC that speaks SMPP 3.4 on a real socket, for tests and for trying the gateway out.

    python -m sandbox.smsc --port 2775

Prints ``{"port": …, "address": …}`` on one line when ready, and ends on SIGTERM. No text leaves the machine.
It joins parts by their headers, as a telephone does, and takes none whose end is half a character. What it
leaves out: windows, submit_multi, data_sm, queries and time.
"""

import argparse
import json
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from gateways.smpp_connection import SmppSettings
from sandbox import smpp_pdus as smpp
from sandbox.smpp_pdus import Malformed, Submitted
from sandbox.smsc_exchange import STATUSES, Rule, Session, Text, Trouble, whole_texts

HOST, PORT = "127.0.0.1", 2775
SYSTEM_ID, PASSWORD = "goniec", "sekret"
WAIT_SECONDS = 5.0


class SandboxSmsc:
    """Serves between ``start`` and ``stop``, or inside a ``with`` block; port 0 chooses a free one.

    ``most_binds``: how many connections may be bound at once (none: any number).
    """

    def __init__(self, host: str = HOST, port: int = 0, *, most_binds: int | None = None) -> None:
        self._listener = socket.create_server((host, port))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"smpp://{host}:{self.port}"
        self._most_binds = most_binds
        self._changed = threading.Condition()
        self._sessions: list[Session] = []
        self._threads: list[threading.Thread] = []
        self._parts: dict[str, Submitted] = {}
        self._rules: list[Rule] = []
        self._withheld: list[tuple[Session, bytes]] = []
        self._sequence = 0
        self.binds = 0
        self.enquiries = 0

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def settings(self) -> SmppSettings:
        return SmppSettings(HOST, self.port, SYSTEM_ID, PASSWORD)

    def start(self) -> Self:
        self._begin(self._accept)
        return self

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop_connections()
        for thread in self._threads:
            thread.join(WAIT_SECONDS)

    # --- what came ---

    def parts(self) -> dict[str, Submitted]:
        """Every part that was taken, by the name it was given, in the order of time."""
        with self._changed:
            return dict(self._parts)

    def taken(self) -> list[Text]:
        """Every text that is whole. Raises Malformed when a telephone could not show one of its parts."""
        return whole_texts(self.parts())

    # --- what it says of its own accord; each waits for the answer's status ---

    def deliver(self, body: bytes) -> int:
        """A deliver_sm over the first connection that is bound. TimeoutError."""
        return self._ask(smpp.DELIVER_SM, body)

    def write(self, number: str, text: str, recipient: str = "48123") -> int:
        """A short text from a telephone."""
        content, coding = smpp.encode(text)
        return self.deliver(smpp.delivered(number.removeprefix("+"), recipient, content, coding=coding))

    def report(self, name: str, state: str = "DELIVRD", *, number: str = "48600100200") -> int:
        """A delivery receipt for the part of that name, in the form of appendix B."""
        text = (
            f"id:{name} sub:001 dlvrd:001 submit date:2603021000 done date:2603021001 stat:{state} err:000"
            " text:Dzien dobry"
        )
        body = smpp.delivered(number, "Goniec", text.encode("ascii"), esm_class=smpp.RECEIPT)
        return self.deliver(body)

    def enquire(self) -> int:
        return self._ask(smpp.ENQUIRE_LINK, b"")

    # --- what goes wrong ---

    def misbehave(self, trouble: Trouble, *, times: int | None = None, skip: int = 0) -> None:
        """Add a rule: no ``times`` is always, and ``skip`` parts go well first."""
        with self._changed:
            self._rules.append(Rule(trouble, times, skip))

    def behave(self) -> None:
        """Forget every rule and give the answers that are withheld."""
        with self._changed:
            self._rules.clear()
            withheld, self._withheld = self._withheld, []
        for session, answer in withheld:
            session.say(answer)

    def withheld(self) -> int:
        """How many answers are withheld of connections that still wait for them."""
        with self._changed:
            return sum(session.bound for session, _ in self._withheld)

    def drop_connections(self) -> None:
        """Close every connection, as an SMSC does that was restarted."""
        with self._changed:
            for session in self._sessions:
                session.close()

    def bound(self) -> int:
        with self._changed:
            return sum(session.bound for session in self._sessions)

    # --- connections ---

    def _begin(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            session = Session(stream)
            with self._changed:
                self._sessions.append(session)
            self._begin(lambda session=session: self._serve(session))  # type: ignore[misc]

    def _serve(self, session: Session) -> None:
        try:
            while True:
                self._handle(session, *smpp.read_pdu(session.exactly))
        except (OSError, Malformed, ValueError, IndexError):
            pass
        finally:
            session.close()
            with self._changed:
                session.bound = False
                self._sessions.remove(session)
                self._changed.notify_all()

    def _handle(self, session: Session, command: int, status: int, sequence: int, body: bytes) -> None:
        match command:
            case smpp.BIND_TRANSCEIVER | smpp.BIND_TRANSMITTER:
                said = self._bind(session, body)
                session.say(smpp.pdu(command | smpp.RESPONSE, said, sequence, b"SMSC\0" if not said else b""))
            case smpp.SUBMIT_SM:
                self._submit(session, sequence, body)
            case smpp.ENQUIRE_LINK:
                self.enquiries += 1
                session.say(smpp.pdu(command | smpp.RESPONSE, smpp.OK, sequence))
            case smpp.UNBIND:
                session.say(smpp.pdu(command | smpp.RESPONSE, smpp.OK, sequence))
                raise ConnectionError
            case _ if command & smpp.RESPONSE:
                with self._changed:
                    session.answers[sequence] = status
                    self._changed.notify_all()
            case _:
                session.say(smpp.pdu(smpp.GENERIC_NACK, smpp.INVALID_COMMAND, sequence))

    def _bind(self, session: Session, body: bytes) -> int:
        system_id, password, _ = smpp.strings(body, 3)
        if system_id != SYSTEM_ID:
            return smpp.UNKNOWN_ID
        if password != PASSWORD:
            return smpp.WRONG_PASSWORD
        with self._changed:
            bound = sum(other.bound for other in self._sessions)
            if session.bound or (self._most_binds is not None and bound >= self._most_binds):
                return smpp.ALREADY_BOUND
            session.bound = True
            self.binds += 1
            self._changed.notify_all()
        return smpp.OK

    def _submit(self, session: Session, sequence: int, body: bytes) -> None:
        answer = smpp.SUBMIT_SM | smpp.RESPONSE
        if not session.bound:
            session.say(smpp.pdu(answer, smpp.NOT_BOUND, sequence))
            return
        trouble = self._trouble()
        if trouble in STATUSES:
            session.say(smpp.pdu(answer, STATUSES[trouble], sequence))
            return
        match trouble:
            case Trouble.DROP_BEFORE:
                raise ConnectionError
            case Trouble.UNBIND:
                session.say(smpp.pdu(smpp.UNBIND, smpp.OK, 1))
                return
            case Trouble.NACK:
                session.say(smpp.pdu(smpp.GENERIC_NACK, smpp.INVALID_COMMAND, sequence))
                return
            case Trouble.GARBAGE:
                session.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
        part = smpp.submitted(body)
        with self._changed:
            name = f"{len(self._parts) + 1:08X}"
            self._parts[name] = part
        if trouble is Trouble.DROP_AFTER:
            raise ConnectionError
        said = smpp.pdu(answer, smpp.OK, sequence, f"{name}\0".encode())
        if trouble is not Trouble.HANG:
            session.say(said)
            return
        with self._changed:
            self._withheld.append((session, said))

    def _trouble(self) -> Trouble | None:
        with self._changed:
            for rule in self._rules:
                if rule.times == 0:
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.times is not None:
                    rule.times -= 1
                return rule.trouble
        return None

    def _ask(self, command: int, body: bytes) -> int:
        with self._changed:
            self._sequence += 1
            sequence = self._sequence
            if not self._changed.wait_for(lambda: any(s.bound for s in self._sessions), WAIT_SECONDS):
                raise TimeoutError("nobody is bound")
            session = next(session for session in self._sessions if session.bound)
        session.say(smpp.pdu(command, smpp.OK, sequence, body))
        deadline = time.monotonic() + WAIT_SECONDS
        with self._changed:
            while sequence not in session.answers:
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError("no answer")
            return session.answers.pop(sequence)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="sandbox.smsc", description="Stand in for an SMSC.")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help="0 chooses a free one")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with SandboxSmsc(port=options.port) as smsc:
        print(json.dumps({"port": smsc.port, "address": smsc.address}), flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
