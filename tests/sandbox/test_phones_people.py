"""The SMSAPI stand-in's other side: what it tells the panel, and the page of phones."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from domain.delivery import DeliveryState
from gateways.smsapi_callbacks import delivery_reports, incoming_text
from sandbox.phones import SandboxPhones
from sandbox.phones_exchange import INBOX
from tests.sandbox.phones_scene import call, sms


@pytest.fixture
def phones():
    with SandboxPhones(report_after=None, pauses=(0, 0)) as running:
        yield running


@dataclass
class Panel:
    """Where callbacks go; ``answers`` are the first ones given, OK ever after."""

    url: str = ""
    answers: list[tuple[int, bytes]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def panel(*answers: tuple[int, bytes]) -> Iterator[Panel]:
    told = Panel(answers=list(answers))

    class Told(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            query = urlsplit(self.path).query if self.command == "GET" else body
            told.calls.append((self.command, dict(parse_qsl(query, keep_blank_values=True))))
            status, answer = told.answers.pop(0) if told.answers else (200, b"OK")
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET

    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    told.url = f"http://127.0.0.1:{server.server_address[1]}/callback"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- the panel is told ---


def test_a_text_is_reported_delivered_by_itself():
    with panel() as told, SandboxPhones(dlr_url=told.url, report_after=0.0) as phones:
        sms(phones)
        phones.settle()
        [(method, query)] = told.calls
        [report] = delivery_reports(query)
        assert (method, report.reference, report.state) == ("GET", "r-1", DeliveryState.DELIVERED)
        assert report.provider_reference == phones.taken()[0].id
        assert phones.taken()[0].status == 404


def test_a_text_may_bring_its_own_address(phones):
    with panel() as told:
        sms(phones, notify_url=f"{told.url}?key=1")
        phones.report(phones.taken()[0], 405)
        phones.settle()
    [(_, query)] = told.calls
    assert query["key"] == "1" and delivery_reports(query)[0].state is DeliveryState.UNDELIVERED


def test_reports_that_are_due_together_go_together_by_five():
    with panel() as told, SandboxPhones(dlr_url=told.url, report_after=0.3) as phones:
        for number in range(7):
            sms(phones, idx=f"r-{number}")
        phones.settle()
    reports = [delivery_reports(query) for _, query in told.calls]
    assert {report.reference for batch in reports for report in batch} == {f"r-{n}" for n in range(7)}
    assert max(map(len, reports)) <= 5


def test_a_report_is_repeated_until_the_panel_says_ok(phones):
    with panel((500, b"OK"), (200, b"<html>")) as told:
        sms(phones, notify_url=told.url)
        phones.report(phones.taken()[0])
        phones.settle()
    assert len(told.calls) == 3 and len({str(call) for call in told.calls}) == 1


def test_after_some_repetitions_it_gives_up(phones):
    with panel(*[(503, b"")] * 9) as told:
        sms(phones, notify_url=told.url)
        phones.report(phones.taken()[0])
        phones.settle()
    assert len(told.calls) == 3


def test_an_answer_from_a_phone_reaches_the_panel():
    with panel() as told, SandboxPhones(mo_url=told.url, report_after=None) as phones:
        sms(phones, **{"from": "48799000222"})
        sent = phones.answer("+48600100200", "TAK, proszę 😀")
        phones.answer("600100201", "STOP")
        phones.settle()
    (method, form), (_, other) = told.calls
    text = incoming_text(form)
    assert (method, text.sender, text.recipient) == ("POST", "+48600100200", "+48799000222")
    assert (text.text, text.provider_reference) == ("TAK, proszę 😀", sent.id)
    assert incoming_text(other).recipient == f"+{INBOX}"  # nobody has written to it


def test_leaving_does_not_wait_for_the_next_repetition():
    with panel((500, b"")) as told, SandboxPhones(mo_url=told.url, pauses=(3600,)) as phones:
        phones.answer("+48600100200", "TAK")


# --- the phones ---


def page(phones, path="/"):
    status, headers, body = call(phones, "GET", path)
    assert status == 200 and headers["Content-Security-Policy"].startswith("default-src 'self'")
    return body.decode()


def test_without_texts_the_page_says_so(phones):
    assert "Brak wiadomości" in page(phones) and "viewport" in page(phones)


def test_the_phones_are_listed_with_their_last_text(phones):
    for number in range(5):
        sms(phones, idx=f"r-{number}", message=f"Wiadomość {number}")
    sms(phones, idx="other", to="48600100201", message="Do innego")
    html = page(phones)
    assert "+48 600 100 200" in html and "+48 600 100 201" in html
    assert "5 SMS-ów" in html and "1 SMS<" in html and "6 SMS-ów" in html
    assert "Wiadomość 4" in html and "Wiadomość 3" not in html
    assert html.index("100 201") < html.index("100 200")  # the newest first


def test_a_phone_shows_its_conversation():
    with panel() as told, SandboxPhones(mo_url=told.url, report_after=None) as phones:
        sms(phones, message="ł" * 71)
        phones.answer("+48600100200", "Odpowiedź")
        html = page(phones, "/phones/48600100200")
    for shown in (
        "idx: r-1",
        "2 części",
        "od: Goniec",
        "W drodze",
        "Odpowiedź",
        ">doręczono<",
        ">nie doręczono<",
    ):
        assert shown in html


def test_the_buttons_tell_the_panel(phones):
    with panel() as told:
        sms(phones, notify_url=told.url)
        path = f"/texts/{phones.taken()[0].id}/report"
        for status in ("405", "404"):
            answer = call(phones, "POST", path, urlencode({"status": status}))
            assert (answer[0], answer[1]["Location"]) == (303, "/phones/48600100200")
        phones.settle()
        assert call(phones, "POST", path, "status=401")[0] == 400
    assert [query["status"] for _, query in told.calls] == ["405", "404"]
    assert "Doręczono" in page(phones, "/phones/48600100200")


def test_a_person_answers_from_a_phone():
    with panel() as told, SandboxPhones(mo_url=told.url, report_after=None) as phones:
        path = "/phones/48600100200/answer"
        answer = call(phones, "POST", path, urlencode({"text": "Zażółć\r\nTAK"}))
        assert (answer[0], answer[1]["Location"]) == (303, "/phones/48600100200")
        assert call(phones, "POST", path, "text=")[0] == 400
        assert call(phones, "POST", "/phones/1/answer", "text=x")[0] == 400
        phones.settle()
    assert [incoming_text(form).text for _, form in told.calls] == ["Zażółć\r\nTAK"]


def test_without_an_address_nobody_can_answer(phones):
    assert "Odpowiedzi są wyłączone" in page(phones, "/phones/48600100200")
    assert call(phones, "POST", "/phones/48600100200/answer", "text=x")[0] == 409


def test_any_phone_can_be_opened(phones):
    assert call(phones, "GET", "/open?number=600+100+200")[1]["Location"] == "/phones/48600100200"
    assert call(phones, "GET", "/open?number=%3Cb%3E")[0] == 400
    for path in ("/phones/x", "/phones/48600100200/x", "//[", "/texts/x/report"):
        assert call(phones, "GET", path)[0] == 404


def test_nothing_shown_is_markup(phones):
    attack = '"><script>alert(1)</script>'
    sms(phones, message=attack, idx=attack, **{"from": "<b>x</b>"})
    for html in (page(phones), page(phones, "/phones/48600100200")):
        assert html.count("<script") == 1 and "&lt;script&gt;" in html and "<b>x" not in html


def test_what_was_taken_can_be_read_as_json(phones):
    sms(phones)
    [text] = json.loads(call(phones, "GET", "/api/texts")[2])
    assert (text["number"], text["idx"], text["text"]) == ("+48600100200", "r-1", "Dzień dobry")
    assert (text["parts"], text["incoming"], text["status"]) == (1, False, 409)
