"""What is sent while workers die, and who catches it: a mail sink, telephones, an SMSC."""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from models import db
from models.message import Message
from models.sms_gateway import GatewayKind, SmsGateway
from sandbox import sessions
from sandbox.mail_store import MailStore
from sandbox.phones import SandboxPhones
from sandbox.phones_exchange import Trouble
from sandbox.smsc import PASSWORD, SYSTEM_ID, SandboxSmsc
from sandbox.smsc_exchange import Trouble as SmscTrouble
from sandbox.supervisor import free_port
from tests.chaos.killing import ROOT, wait_for
from tests.services.delivery_scene import Scene
from tests.services.sms_scene import SmsScene

ONE_IN_REFUSED = 50


class MailSink:
    """The mail sink's process, and what it has caught."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", smtp_port: int, http_port: int, store: Path
    ) -> None:
        self.process, self.smtp_port = process, smtp_port
        self._address = f"http://127.0.0.1:{http_port}"
        self._store = store

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.smtp_port),
            "MAIL_DEFAULT_SENDER": "biuro@goniec.example",
            "MAIL_TIMEOUT": "60",
        }

    def caught(self) -> dict[str, int]:
        with MailStore(self._store) as store:
            return store.counts_by_recipient()

    def waiting(self) -> int:
        with urllib.request.urlopen(f"{self._address}/api/state", timeout=10) as answer:
            return int(json.load(answer)["waiting"])

    def switch(self, what: str) -> None:
        urllib.request.urlopen(f"{self._address}/api/{what}", data=b"", timeout=10).close()


class Letters:
    """E-mail to a sink in a process of its own; one recipient in fifty is refused."""

    @contextmanager
    def running(self, directory: Path) -> Iterator[MailSink]:
        """A mail sink, ready."""
        smtp_port, http_port = free_port(), free_port()
        command = [sys.executable, "-m", "sandbox.mail_sink", "--store", str(directory / "mail")]
        command += ["--smtp-port", str(smtp_port), "--http-port", str(http_port)]
        with (directory / "sink.log").open("wb") as log:
            process = sessions.start(command, directory=ROOT, output=log)
        try:
            ready = directory / "sink.log"
            wait_for(lambda: b"smtp_port" in ready.read_bytes(), "the mail sink")
            yield MailSink(process, smtp_port, http_port, directory / "mail")
        finally:
            sessions.kill(process.pid)
            process.wait()

    def freeze(self, recipients: int) -> tuple[int, list[int]]:
        """A campaign's id and its messages'."""
        scene = Scene(datetime.now(UTC))
        campaign = scene.campaign(recipients)
        refused = sa.literal("refuse+").concat(Message.address)
        return campaign, _with_refused(scene, campaign, refused)


class Telephones:
    """Telephones that take texts; withholding an answer is `Trouble.HANG`."""

    def __init__(self, phones: SandboxPhones) -> None:
        self.phones = phones

    @property
    def environment(self) -> dict[str, str]:
        return {"GONIEC_DEMO": "1", "PHONES_SANDBOX_URL": self.phones.url}

    def caught(self) -> dict[str, int]:
        return Counter(f"+{text.number}" for text in self.phones.taken())

    def waiting(self) -> int:
        return self.phones.exchange.withheld

    def switch(self, what: str) -> None:
        if what == "withhold":
            self.phones.misbehave(Trouble.HANG)
        else:
            self.phones.behave()


class Texts:
    """SMS to telephones in this process; one recipient in fifty has a number nobody sends to.

    ``handed_over``, afterwards: how often each attempt was, what was refused for being known included. SMSAPI
    takes no reference twice, so its telephones cannot tell who sends blindly again.
    """

    handed_over: Counter[str]

    @contextmanager
    def running(self, directory: Path) -> Iterator[Telephones]:
        """The telephones, ready."""
        with SandboxPhones(report_after=None) as phones:
            yield Telephones(phones)
            self.handed_over = phones.exchange.handed_over()

    def freeze(self, recipients: int) -> tuple[int, list[int]]:
        """A campaign's id and its messages'."""
        scene = SmsScene(datetime.now(UTC), zloty=1_000)
        campaign = scene.texts(recipients)
        return campaign, _with_refused(scene, campaign, sa.literal("+48222222222"))


class TextCentre:
    """An SMSC, which takes whatever it is given, however often. `SmscTrouble.HANG` withholds an answer."""

    def __init__(self, smsc: SandboxSmsc) -> None:
        self._smsc = smsc

    @property
    def environment(self) -> dict[str, str]:
        return {"SECRET_KEY": current_app.config["SECRET_KEY"]}  # what the gateway's password is kept with

    def caught(self) -> dict[str, int]:
        return Counter(f"+{text.number}" for text in self._smsc.taken())

    def waiting(self) -> int:
        return self._smsc.withheld()

    def switch(self, what: str) -> None:
        if what == "withhold":
            self._smsc.misbehave(SmscTrouble.HANG)
        else:
            self._smsc.behave()


class TextsBySmpp:
    """SMS to an SMSC in this process, each a part long."""

    @contextmanager
    def running(self, directory: Path) -> Iterator[TextCentre]:
        """The SMSC, ready."""
        with SandboxSmsc() as smsc:
            self._address = smsc.address
            yield TextCentre(smsc)

    def freeze(self, recipients: int) -> tuple[int, list[int]]:
        """A campaign's id and its messages'."""
        scene = SmsScene(datetime.now(UTC), zloty=1_000)
        row = db.session.scalars(sa.select(SmsGateway)).one()
        row.kind, row.address = GatewayKind.SMPP, self._address
        row.username, row.password = SYSTEM_ID, PASSWORD
        db.session.commit()
        campaign = scene.texts(recipients)
        return campaign, [message.id for message in scene.messages(campaign)]


def _with_refused(scene: Scene, campaign: int, address: sa.ColumnElement[str]) -> list[int]:
    refused = sa.update(Message).where(Message.id % ONE_IN_REFUSED == 0).values(address=address)
    db.session.execute(refused.execution_options(synchronize_session=False))
    db.session.commit()
    return [message.id for message in scene.messages(campaign)]
