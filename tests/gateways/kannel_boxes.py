"""A real Kannel 1.4.5 with its fakesmsc on loopback, as Debian installs them."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from gateways.kannel import KannelSettings
from gateways.smpp_connection import SmppSettings

FAKESMSC = Path("/usr/lib/kannel/test/fakesmsc")
LEASH = Path(__file__).parent.parent.parent / "sandbox" / "leash.py"
MISSING = "Kannel is not installed (Debian: kannel, kannel-extras)"
START_SECONDS = 10.0
_CONFIGURATION = """
group = core
admin-port = {admin}
admin-password = {password}
smsbox-port = {box}
box-allow-ip = 127.0.0.1
dlr-storage = internal

group = smsc
host = 127.0.0.1
port = {smsc}
{connection}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}

group = sendsms-user
username = goniec
password = {password}

group = sms-service
keyword = default
catch-all = true
max-messages = 0
omit-empty = true
get-url = "{mo_url}?id=%I&from=%p&to=%P&text=%b&charset=%C&at=%T"
"""
_FAKE = """smsc = fake
smsc-id = fake
connect-allow-ip = 127.0.0.1"""
_SMPP = """smsc = smpp
smsc-id = smpp
transceiver-mode = true
source-addr-autodetect = true
smsc-username = {username}
smsc-password = {password}
system-type = "" """
_GOT = re.compile(r"Got message \d+: <(\S+) (\S+) (.*?)>\n(?=20|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Arrived:
    """A part as the fake SMSC got it: the header's octets, and the text."""

    sender: str
    number: str
    header: bytes
    text: str


@dataclass(frozen=True)
class Boxes:
    settings: KannelSettings
    log: Path
    smsc: int
    phone: ExitStack

    def hear(self, sender: str, text: str) -> None:
        """A text from a telephone: the fake SMSC starts anew with this one to deliver."""
        self.phone.close()
        octets = "".join(f"%{octet:02X}" for octet in text.encode("utf-16-be"))
        heard = self.log.with_name("heard.log")
        self.phone.enter_context(_fakesmsc(heard, self.smsc, f"{sender} 48123 ucs2 {octets}"))

    def arrived(self, count: int) -> list[Arrived]:
        """The parts at the SMSC, once there are so many. TimeoutError."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            found = [_read(*match) for match in _GOT.findall(self.log.read_text("utf-8", "replace"))]
            if len(found) >= count:
                return found
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(found)} of {count} parts arrived")
            time.sleep(0.05)


def is_installed() -> bool:
    return bool(shutil.which("bearerbox") and shutil.which("smsbox") and FAKESMSC.exists())


@contextmanager
def kannel(directory: Path, mo_url: str, *incoming: str) -> Iterator[Boxes]:
    """Everything started; ``incoming``: one text to us in fakesmsc's form, sent at once."""
    log, [smsc] = directory / "fakesmsc.log", _free_ports(1)
    with _boxes(directory, mo_url, _FAKE, smsc) as settings, ExitStack() as stack:
        text = incoming[0] if incoming else "+48600000000 48123 text hello"
        stack.enter_context(_fakesmsc(log, smsc, text))
        yield Boxes(settings, log, smsc, stack)


@contextmanager
def _fakesmsc(log: Path, port: int, text: str) -> Iterator[None]:
    command = (str(FAKESMSC), "-H", "127.0.0.1", "-r", str(port), "-i", "600", "-m", "1", text)
    with _box(log, *command):
        _wait_until_sent(log)
        yield


@contextmanager
def kannel_over_smpp(directory: Path, mo_url: str, smsc: SmppSettings) -> Iterator[KannelSettings]:
    """A Kannel that hands what it is given to an SMSC over SMPP."""
    connection = _SMPP.format(username=smsc.system_id, password=smsc.password)
    with _boxes(directory, mo_url, connection, smsc.port) as settings:
        yield settings


@contextmanager
def _boxes(directory: Path, mo_url: str, connection: str, smsc: int) -> Iterator[KannelSettings]:
    ports = dict(zip(("admin", "box", "sendsms"), _free_ports(3), strict=True))
    configuration = directory / "kannel.conf"
    configuration.write_text(
        _CONFIGURATION.format(password="sekret", mo_url=mo_url, connection=connection, smsc=smsc, **ports)
    )
    with ExitStack() as stack:
        stack.enter_context(_box(directory / "bearerbox.log", "bearerbox", str(configuration)))
        _wait_for(ports["box"])
        _wait_for(smsc)
        stack.enter_context(_box(directory / "smsbox.log", "smsbox", str(configuration)))
        _wait_for(ports["sendsms"])
        yield KannelSettings(f"http://127.0.0.1:{ports['sendsms']}", "goniec", "sekret")


@contextmanager
def _box(log: Path, *command: str) -> Iterator[None]:
    with log.open("wb") as output:
        leashed = (sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), *command)
        process = subprocess.Popen(leashed, cwd=log.parent, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.kill()  # an orderly stop waits for connections to drain, and nothing here is worth it
            process.wait()


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(unheard.getsockname()[1]) for unheard in sockets]


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _wait_until_sent(log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "fakesmsc: sent message 1" not in log.read_text("utf-8", "replace"):
        if time.monotonic() > deadline:
            raise TimeoutError(log.read_text("utf-8", "replace"))
        time.sleep(0.02)


def _read(sender: str, number: str, rest: str) -> Arrived:
    """What fakesmsc prints: ``text T``, ``data T``, ``ucs-2 %..`` or ``udh %.. data %..``."""
    header = b""
    if rest.startswith("udh "):
        _, quoted, rest = rest.split(" ", 2)
        header = unquote_to_bytes(quoted)
    kind, _, written = rest.partition(" ")
    if kind == "text":
        return Arrived(sender, number, header, written)
    octets = unquote_to_bytes(written.replace("+", " "))
    # Its "data" does not tell UTF-8 from UTF-16: the tests' UCS-2 texts have NULs, others have none.
    return Arrived(sender, number, header, octets.decode("utf-16-be" if b"\0" in octets else "utf-8"))
