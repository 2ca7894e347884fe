"""`make demo`: the whole of Goniec with a sample company on this machine alone, until Ctrl-C.

Queue server, panel, two workers, the sweep, a payment service that takes no money, phones that are pages, and
a mail server that delivers nothing: it keeps every message and shows it in a page.
"""

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import ksef, ksef_keys, sessions
from sandbox.listening import HeldPorts, Probe
from sandbox.sample_account import OPERATOR
from sandbox.supervisor import Child, ChildFailed, Supervisor

ROOT = Path(__file__).resolve().parent.parent
LOGIN = "anna@goniec.example"
PANEL_PORT, MAIL_PAGE_PORT, SMTP_PORT, QUEUE_PORT, PAYWALL_PORT, PHONES_PORT, KSEF_PORT = (
    5000,
    8025,
    1025,
    6390,
    8026,
    8027,
    8028,
)
PREPARATION_SECONDS = START_SECONDS = 600


class DemoFailed(Exception):
    """The demo could not come up; the text is one sentence for the person who started it."""


@dataclass(frozen=True)
class Ports:
    """Where each part listens on the loopback interface."""

    panel: int
    mail_page: int
    smtp: int
    queue: int
    paywall: int
    phones: int
    ksef: int

    @classmethod
    def choose(cls, held: HeldPorts) -> "Ports":
        """The usual ports, each replaced by the next free one when it is taken; held from now on."""
        usual = (PANEL_PORT, MAIL_PAGE_PORT, SMTP_PORT, QUEUE_PORT, PAYWALL_PORT, PHONES_PORT, KSEF_PORT)
        return cls(*(held.take(preferred) for preferred in usual))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 after Ctrl-C, 1 with one sentence when a part did not start."""
    options = parse(arguments)
    data = options.data.resolve()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with HeldPorts() as held, Supervisor() as supervisor:
            supervisor.stop_on_signals()
            run(supervisor, held, data, options)
    except (ChildFailed, DemoFailed) as error:
        print(f"demo: {error}.", file=sys.stderr)
        return 1
    return 0


def run(supervisor: Supervisor, held: HeldPorts, data: Path, options: argparse.Namespace) -> None:
    ports = Ports.choose(held)
    environment = child_environment(data, ports)
    start(supervisor, held, queue(data, ports, environment))
    prepare_database(supervisor, environment, seed=not options.no_seed)
    for child in rest(held, data, ports, environment):
        start(supervisor, held, child)
    if not supervisor.stop_asked:
        print(announcement(data, ports, environment), flush=True)
    supervisor.watch(options.seconds)


def start(supervisor: Supervisor, held: HeldPorts, child: Child) -> None:
    """Start a part on the ports that were kept for it; one that takes the socket itself has it kept."""
    if not child.inherited:
        held.release(*child.ports)
    if not supervisor.stop_asked:
        supervisor.start(child)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.demo", description="Run Goniec with a sample company."
    )
    parser.add_argument("--data", type=Path, default=ROOT / "instance" / "demo", metavar="DIR")
    parser.add_argument("--seconds", type=float, help="stop by itself after so many seconds")
    parser.add_argument("--no-seed", action="store_true", help="start with an empty database")
    return parser.parse_args(arguments)


def child_environment(data: Path, ports: Ports) -> dict[str, str]:
    """What every part is told; the secrets are made once and kept in the data directory."""
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{data / 'goniec.db'}",
        "REDIS_URL": f"redis://127.0.0.1:{ports.queue}/0",
        "FILES_DIR": str(data / "files"),
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(ports.smtp),
        "MAIL_USE_TLS": "",
        "MAIL_USE_SSL": "",
        "MAIL_USERNAME": "",
        "MAIL_PASSWORD": "",
        "MAIL_DEFAULT_SENDER": "Goniec <biuro@goniec.example>",
        "SECRET_KEY": kept_secret(data / "secret_key", lambda: secrets.token_urlsafe(48)),
        "BASE_URL": f"http://localhost:{ports.panel}",
        "PAYWALL_SANDBOX_URL": f"http://localhost:{ports.paywall}",
        "PHONES_SANDBOX_URL": f"http://localhost:{ports.phones}",
        "KSEF_ENVIRONMENT": "sandbox",
        "KSEF_NIP": OPERATOR.nip,
        "KSEF_SINCE": ksef.SINCE.isoformat(),
        "KSEF_CERTIFICATE": str(data / ksef_keys.CERTIFICATE),
        "KSEF_KEY": str(data / ksef_keys.KEY),
        "KSEF_OFFLINE_CERTIFICATE": str(data / ksef_keys.CERTIFICATE),
        "KSEF_OFFLINE_KEY": str(data / ksef_keys.KEY),
        "KSEF_SANDBOX_URL": f"http://localhost:{ports.ksef}",
        "GONIEC_DEMO": "1",
        "GONIEC_DEMO_SMS_SECRET": kept_secret(data / "sms_secret", lambda: secrets.token_urlsafe(32)),
        "GONIEC_DEMO_PASSWORD": kept_secret(data / "demo_password", lambda: secrets.token_urlsafe(9)),
        "PYTHONUNBUFFERED": "1",
    }


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """Read a secret that only its owner may read, or make it the first time."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = make()
        file.write(secret + "\n")
    return secret


def queue(data: Path, ports: Ports, environment: Mapping[str, str]) -> Child:
    command = [
        sys.executable,
        "-m",
        "sandbox.valkey",
        "--port",
        str(ports.queue),
        "--data",
        str(data / "valkey"),
    ]
    return part("valkey", command, environment, ports.queue)


def prepare_database(supervisor: Supervisor, environment: Mapping[str, str], *, seed: bool) -> None:
    """Bring the schema up to date and, the first time, fill it with the sample company."""
    flask(supervisor, environment, "db", "upgrade")
    if seed and not supervisor.stop_asked:
        flask(supervisor, environment, "seed-demo", "--if-empty")


def flask(supervisor: Supervisor, environment: Mapping[str, str], *arguments: str) -> None:
    """Run one of the panel's commands to its end, or until a stop is asked for."""
    command = [sys.executable, "-m", "flask", "--app", "app", *arguments]
    process = sessions.start(command, environment=environment, directory=ROOT)
    sessions.wait_until(lambda: supervisor.stop_asked or process.poll() is not None, PREPARATION_SECONDS)
    if process.poll() is None:
        sessions.kill(process.pid)
    if not supervisor.stop_asked and process.wait() != 0:
        raise DemoFailed(f"flask {' '.join(arguments)} ended with {process.returncode}")


def rest(held: HeldPorts, data: Path, ports: Ports, environment: Mapping[str, str]) -> list[Child]:
    python = sys.executable
    sink = [python, "-m", "sandbox.mail_sink", "--store", str(data / "mail")]
    sink += ["--smtp-port", str(ports.smtp), "--http-port", str(ports.mail_page)]
    paywall = [python, "-m", "sandbox.paywall", "--port", str(ports.paywall)]
    incoming = f"{environment['BASE_URL']}/sms/{environment['GONIEC_DEMO_SMS_SECRET']}/incoming"
    phones = [python, "-m", "sandbox.phones", "--port", str(ports.phones), "--mo-url", incoming]
    stand_in = [python, "-m", "sandbox.ksef", "--port", str(ports.ksef), "--keys", str(data)]
    panel = held.descriptor(ports.panel)
    gunicorn = [python, "-m", "gunicorn", "--bind", f"fd://{panel}", "--threads", "4", "--no-control-socket"]
    return [
        part("mail", sink, environment, ports.smtp, ports.mail_page),
        part("paywall", paywall, environment, ports.paywall),
        part("phones", phones, environment, ports.phones),
        part("ksef", stand_in, environment, ports.ksef),
        part("worker-1", [python, "worker.py"], environment),
        part("worker-2", [python, "worker.py"], environment),
        part("sweep", [python, "worker.py", "--sweep"], environment),
        part(
            "panel",
            [*gunicorn, "app:create_app()"],
            environment,
            ports.panel,
            ready=Probe(ports.panel, "/admin/login"),
            inherited=[panel],
        ),
    ]


def part(
    name: str, command: Sequence[str], environment: Mapping[str, str], *ports: int, **options: Any
) -> Child:
    return Child(
        name=name,
        command=command,
        environment=environment,
        directory=ROOT,
        ports=ports,
        patience=START_SECONDS,
        **options,
    )


def announcement(data: Path, ports: Ports, environment: Mapping[str, str]) -> str:
    """The box that says where to go and how to get in."""
    rows = [
        "Goniec is running",
        "",
        f"Panel      http://localhost:{ports.panel}",
        f"Log-in     {LOGIN}",
        f"Password   {environment['GONIEC_DEMO_PASSWORD']}",
        f"Mail sent  http://localhost:{ports.mail_page}  (nothing leaves this machine)",
        f"Phones     http://localhost:{ports.phones}  (no text leaves it either)",
        f"Payments   http://localhost:{ports.paywall}  (a trial: no money moves)",
        f"KSeF       http://localhost:{ports.ksef}  (a stand-in without legal force)",
        f"Data       {data}",
        "",
        "Ctrl-C stops everything.",
    ]
    width = max(len(row) for row in rows)
    edge = "+" + "-" * (width + 4) + "+"
    return "\n".join(["", edge, *(f"|  {row:<{width}}  |" for row in rows), edge, ""])


if __name__ == "__main__":
    sys.exit(main())
