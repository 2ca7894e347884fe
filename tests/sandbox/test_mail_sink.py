"""The mail sink as a process of its own, as the demo and the kill test run it."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.outcomes import Accepted, Refused, Unavailable, Uncertain
from gateways.smtp import SmtpSession
from gateways.smtp_settings import SmtpSettings
from sandbox.mail_sink import answer_to_recipient
from sandbox.mail_store import MailStore

ROOT = Path(__file__).parents[2]
SENDER = "biuro@example.pl"
MESSAGE = (
    "Subject: =?utf-8?b?xYHEhWth?=\r\nFrom: Biuro <biuro@example.pl>\r\nTo: anna@example.pl\r\nX-Id: 7\r\n"
    "MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nZażółć\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Zażółć</p><script>alert(1)</script>\r\n--b--\r\n"
).encode()


class Sink:
    def __init__(self, process: subprocess.Popen[str], ports: dict[str, object]) -> None:
        self.process = process
        self.smtp_port = int(str(ports["smtp_port"]))
        self.address = f"http://127.0.0.1:{ports['http_port']}"

    def get(self, path: str) -> urllib.request.addinfourl:
        return urllib.request.urlopen(self.address + path, timeout=10)

    def json(self, path: str):
        return json.load(self.get(path))

    def post(self, path: str) -> None:
        urllib.request.urlopen(self.address + path, data=b"", timeout=10).close()

    def session(self, timeout_seconds: float = 10) -> SmtpSession:
        return SmtpSession(
            SmtpSettings(
                "127.0.0.1",
                self.smtp_port,
                "none",
                local_hostname="test",
                timeout_seconds=timeout_seconds,
                receipt_timeout_seconds=timeout_seconds,
            )
        )

    def send(self, *recipients: str, timeout_seconds: float = 10):
        with self.session(timeout_seconds) as session:
            assert session.open() is None
            return [session.send(SENDER, recipient, MESSAGE) for recipient in recipients]


@contextmanager
def sink_process(store: Path, *options: str):
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.mail_sink", "--store", str(store), *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield Sink(process, json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with sink_process(tmp_path_factory.mktemp("sink")) as sink:
        yield sink


@pytest.fixture
def sink(shared):
    shared.post("/api/clear")
    return shared


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.01)


def test_it_stores_what_it_accepts_and_another_process_can_read_it(tmp_path):
    with sink_process(tmp_path) as sink:
        assert sink.send("Anna@Example.pl", "jan@example.pl", "jan@example.pl") == [
            Accepted("1"),
            Accepted("2"),
            Accepted("3"),
        ]
        with MailStore(tmp_path) as store:
            assert store.counts_by_recipient() == {"anna@example.pl": 1, "jan@example.pl": 2}
            assert [mail.id for mail in store.messages()] == [3, 2, 1]
            assert [mail.id for mail in store.messages("ANNA")] == [1]
            assert store.get(1).raw == MESSAGE and store.get(1).mail_from == SENDER
            assert store.get(9) is None


def test_a_message_is_committed_before_its_answer(tmp_path):
    with sink_process(tmp_path, "--withhold-after-data") as sink:
        [outcome] = sink.send("anna@example.pl", timeout_seconds=0.5)
        assert type(outcome) is Uncertain
        sink.process.send_signal(signal.SIGKILL)
        sink.process.wait(10)
    with MailStore(tmp_path) as store:
        assert store.counts_by_recipient() == {"anna@example.pl": 1}


def test_a_withheld_answer_comes_with_the_release(sink):
    sink.post("/api/withhold")
    wait_for(lambda: sink.json("/api/state")["withholding"])
    client = subprocess.Popen(
        [sys.executable, "-c", SEND_ONE, str(sink.smtp_port)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        wait_for(lambda: sink.json("/api/state") == {"messages": 1, "withholding": True, "waiting": 1})
        sink.post("/api/release")
        assert client.communicate(timeout=10)[0].startswith("Accepted")
    finally:
        client.kill()
        client.wait(10)
    assert sink.json("/api/state") == {"messages": 1, "withholding": False, "waiting": 0}


def test_a_client_killed_while_waiting_no_longer_waits(sink):
    sink.post("/api/withhold")
    try:
        client = subprocess.Popen([sys.executable, "-c", SEND_ONE, str(sink.smtp_port)], cwd=ROOT)
        wait_for(lambda: sink.json("/api/state")["waiting"] == 1)
        client.kill()
        client.wait(10)
        wait_for(lambda: sink.json("/api/state")["waiting"] == 0)
    finally:
        sink.post("/api/release")
    assert sink.json("/api/state")["messages"] == 1


def test_answers_can_be_withheld_for_a_time(tmp_path):
    with sink_process(tmp_path, "--withhold-after-data", "0.2") as sink:
        started = time.monotonic()
        assert sink.send("anna@example.pl") == [Accepted("1")]
        assert time.monotonic() - started >= 0.2


SEND_ONE = """
import sys
from gateways.smtp import SmtpSession
from gateways.smtp_settings import SmtpSettings
with SmtpSession(SmtpSettings("127.0.0.1", int(sys.argv[1]), "none", local_hostname="test")) as session:
    session.open()
    print(session.send("biuro@example.pl", "anna@example.pl", b"Subject: x\\r\\n\\r\\nx\\r\\n"))
"""


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("bounce511+anna@x.pl", "550 5.1.1"),
        ("bounce522+anna@x.pl", "552 5.2.2"),
        ("bounce571+anna@x.pl", "550 5.7.1"),
        ("bounce5110+anna@x.pl", "550 5.1.10"),
        ("bounce422+anna@x.pl", "450 4.2.2"),
        ("defer+anna@x.pl", "451 4.7.1"),
        ("refuse+anna@x.pl", "550 No such user"),
    ],
)
def test_a_word_before_the_plus_scripts_the_answer(address, answer):
    assert str(answer_to_recipient(address)).startswith(answer)


@pytest.mark.parametrize("address", ["anna@x.pl", "defer@x.pl", "anna+defer@x.pl", "reject+anna@x.pl"])
def test_other_recipients_are_accepted(address):
    assert answer_to_recipient(address) is None


def test_scripted_answers_reach_the_client_and_nothing_refused_is_stored(sink):
    outcomes = sink.send(
        "bounce511+a@x.pl", "defer+a@x.pl", "refuse+a@x.pl", "reject+a@x.pl", "later+a@x.pl", "anna@x.pl"
    )
    assert [type(outcome) for outcome in outcomes] == [
        Refused,
        Unavailable,
        Refused,
        Refused,
        Unavailable,
        Accepted,
    ]
    assert [outcome.code for outcome in outcomes[:5]] == ["550", "451", "550", "554", "452"]
    assert [mail["recipients"] for mail in sink.json("/api/messages")] == [["anna@x.pl"]]


def test_a_lost_answer_leaves_the_message_stored(sink):
    [outcome] = sink.send("lost+a@x.pl")
    assert type(outcome) is Uncertain
    assert sink.json("/api/messages?to=lost")[0]["recipients"] == ["lost+a@x.pl"]


def test_any_login_is_accepted(sink):
    account = SmtpSettings("127.0.0.1", sink.smtp_port, "none", "łukasz", "hasło", local_hostname="test")
    with SmtpSession(account) as session:
        assert session.open() is None


def test_the_json_has_decoded_headers_and_bodies(sink):
    sink.send("anna@example.pl", "jan@example.pl")
    [mail] = sink.json("/api/messages?to=" + urllib.parse.quote("anna@"))
    assert mail["subject"] == "Łąka"
    assert mail["text"].strip() == "Zażółć"
    assert mail["html"].strip() == "<p>Zażółć</p><script>alert(1)</script>"
    assert ["X-Id", "7"] in mail["headers"]
    assert mail["mail_from"] == SENDER


def test_the_page_lists_and_searches(sink):
    sink.send("anna@example.pl", "jan@example.pl")
    page = sink.get("/").read().decode()
    assert page.index("jan@example.pl") < page.index("anna@example.pl")
    found = sink.get("/?to=anna").read().decode()
    assert "anna@example.pl" in found and "jan@example.pl" not in found
    nothing = sink.get("/?to=" + urllib.parse.quote('"><script>x')).read().decode()
    assert "Brak wiadomości" in nothing and "<script>x" not in nothing


def test_a_message_is_shown_in_a_sandbox_and_can_be_downloaded(sink):
    sink.send("anna@example.pl")
    number = sink.json("/api/messages")[0]["id"]
    page = sink.get(f"/messages/{number}").read().decode()
    assert '<iframe title="Treść HTML" sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<h2>Łąka</h2>" in page and "Zażółć" in page and "alert(1)" not in page
    html = sink.get(f"/messages/{number}/html")
    assert html.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in html.headers["Content-Security-Policy"]
    raw = sink.get(f"/messages/{number}/raw")
    assert raw.read() == MESSAGE and raw.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path", ["/nic", "/messages/999999", "/messages/x", "/messages/999999999999999999999"]
)
def test_what_is_not_there_is_not_found(sink, path):
    with pytest.raises(urllib.error.HTTPError) as error:
        sink.get(path)
    assert error.value.code == 404


def test_mail_that_is_no_mime_is_still_shown(sink):
    with sink.session() as session:
        assert session.open() is None
        hostile = b"Content-Type: text/html; charset=nonsense\r\nSubject: \xff\xfe\r\n\r\n<b>\xff</b>\r\n"
        for content in (hostile, b"", b"\r\n\r\nx", b"no header"):
            assert isinstance(session.send(SENDER, "anna@example.pl", content), Accepted)
    for mail in sink.json("/api/messages"):
        assert sink.get(f"/messages/{mail['id']}").status == 200
        assert sink.get(f"/messages/{mail['id']}/html").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_on_a_signal(tmp_path, number):
    with sink_process(tmp_path) as sink, sink.session() as session:
        assert session.open() is None
        sink.process.send_signal(number)
        assert sink.process.wait(10) == 0
