"""A mail server that catches everything: for the demo and for tests.

    python -m sandbox.mail_sink --smtp-port 0 --http-port 0 --store DIR

Prints ``{"smtp_port": …, "http_port": …, "store": …}`` on one line when ready, and ends on SIGTERM.
A message is committed to the store before its DATA is answered. Any log-in is accepted.

Recipients whose local part starts with one of these words and ``+`` get a scripted answer:

    bounce511+  550 5.1.1 to RCPT (likewise bounce with any other digits: bounce522+, bounce571+ …)
    refuse+     550 without an enhanced code, to RCPT
    defer+      451 4.7.1 to RCPT
    reject+     554 5.6.0 to the end of DATA; not stored
    later+      452 4.3.1 to the end of DATA; not stored
    lost+       stored, then the connection is closed without an answer

``--withhold-after-data [SECONDS]`` stores each message and withholds the answer to its DATA until
``POST /api/release``, or for SECONDS. ``POST /api/withhold`` switches the same on while running.
"""

import argparse
import asyncio
import json
import logging
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from sandbox.mail_page import serve_page
from sandbox.mail_store import MailStore

HOST = "127.0.0.1"
_SIZE_LIMIT = 40 * 2**20
_BOUNCE = re.compile(r"bounce(\d)(\d)(\d{1,2})")
_BASIC_CODES = {"522": 552, "534": 552, "553": 553}
_AT_RCPT = {
    "refuse": "550 No such user here",
    "defer": "451 4.7.1 Greylisted, please try again later",
}
_AT_END_OF_DATA = {
    "reject": "554 5.6.0 Message content rejected",
    "later": "452 4.3.1 Insufficient system storage",
}


def scripted_word(address: str) -> str:
    """What stands before ``+`` in a recipient's address, the word that scripts the answer."""
    local = address.rpartition("@")[0].lower()
    word, plus, _ = local.partition("+")
    return word if plus else ""


def answer_to_recipient(address: str) -> str | None:
    """The scripted refusal of a recipient, or None."""
    word = scripted_word(address)
    if match := _BOUNCE.fullmatch(word):
        code = _BASIC_CODES.get("".join(match.groups()), 450 if match[1] == "4" else 550)
        return f"{code} {match[1]}.{match[2]}.{match[3]} Scripted answer for this address"
    return _AT_RCPT.get(word)


class Withholding:
    """Whether answers to DATA are held back, and how many are waiting. Belongs to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float | None) -> None:
        self._loop = loop
        self._seconds = seconds or None
        self._released = asyncio.Event()
        self.waiting = 0
        if seconds is None:
            self._released.set()

    @property
    def on(self) -> bool:
        return not self._released.is_set()

    async def wait(self) -> None:
        """Come back when the answer may be given."""
        self.waiting += 1
        try:
            await asyncio.wait_for(self._released.wait(), self._seconds)
        except TimeoutError:
            pass
        finally:
            self.waiting -= 1

    def release(self) -> None:
        """Answer all that wait and stop withholding; from any thread."""
        self._loop.call_soon_threadsafe(self._released.set)

    def withhold(self) -> None:
        """Withhold from now on; from any thread."""
        self._loop.call_soon_threadsafe(self._released.clear)


class Catcher:
    """aiosmtpd's handler: refuses what is scripted, stores the rest."""

    def __init__(self, store: MailStore, withholding: Withholding) -> None:
        self._store = store
        self._withholding = withholding

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = answer_to_recipient(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        words = {scripted_word(address) for address in envelope.rcpt_tos}
        for word, refusal in _AT_END_OF_DATA.items():
            if word in words:
                return refusal
        content = envelope.original_content or b""
        message_id = self._store.add(envelope.mail_from or "", envelope.rcpt_tos, content)
        if "lost" in words and server.transport:
            server.transport.abort()
        if self._withholding.on:
            await self._withholding.wait()
        return f"250 2.0.0 Ok: queued as {message_id}"


async def serve(store: MailStore, smtp_port: int, http_port: int, withhold_seconds: float | None) -> None:
    """Run until SIGTERM or SIGINT. ``withhold_seconds``: None answers at once, 0 waits for a release."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    withholding = Withholding(loop, withhold_seconds)
    catcher = Catcher(store, withholding)

    def connection() -> SMTP:
        return SMTP(
            catcher,
            hostname="sink.goniec.test",
            data_size_limit=_SIZE_LIMIT,
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=True),
            loop=loop,
        )

    smtp = await loop.create_server(connection, HOST, smtp_port)
    with serve_page(store, withholding, HOST, http_port) as chosen_http_port:
        ports = {"smtp_port": smtp.sockets[0].getsockname()[1], "http_port": chosen_http_port}
        print(json.dumps(ports | {"store": str(store.directory)}), flush=True)
        await stop.wait()
    smtp.close()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="sandbox.mail_sink", description="Catch mail and show it on a page."
    )
    parser.add_argument("--smtp-port", type=int, default=0, metavar="N", help="0 chooses a free one")
    parser.add_argument("--http-port", type=int, default=0, metavar="N", help="0 chooses a free one")
    parser.add_argument("--store", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--withhold-after-data",
        type=float,
        nargs="?",
        const=0.0,
        metavar="SECONDS",
        help="store, but answer DATA only after POST /api/release or SECONDS",
    )
    options = parser.parse_args(arguments)
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd's
    with MailStore(options.store) as store:
        asyncio.run(serve(store, options.smtp_port, options.http_port, options.withhold_after_data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
