"""The SMSAPI stand-in as the panel meets it, on a real socket."""

import http.client
import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from domain.outcomes import Accepted
from domain.text_messages import TextMessage
from gateways.smsapi import SmsapiGateway
from sandbox import phones as sandbox
from sandbox.phones import SandboxPhones
from sandbox.phones_exchange import Refusal, Trouble, number_of
from tests.sandbox.phones_scene import BEARER, FORM, call, sms

ROOT = Path(__file__).parents[2]


@pytest.fixture
def phones():
    with SandboxPhones(report_after=None, pauses=(0, 0)) as running:
        yield running


# --- the panel sends ---


def test_a_text_that_is_taken_is_answered_as_smsapi_does(phones):
    status, answer = sms(phones)
    [entry] = answer.pop("list")
    [taken] = phones.taken()
    assert status == 200
    assert answer == {"count": 1, "message": "Dzień dobry", "length": 11, "parts": 1}
    assert (entry["id"], entry["number"], entry["idx"]) == (taken.id, "48600100200", "r-1")
    assert (entry["error"], entry["parts"], entry["points"], entry["status"]) == (None, 1, 0.16, "QUEUE")
    assert (taken.idx, taken.number, taken.text, taken.parts) == ("r-1", "48600100200", "Dzień dobry", 1)


REFUSALS = {
    "too long": ({"message": "a" * 1531}, 11),
    "no text": ({"message": None}, 11),
    "no unicode": ({"nounicode": "1", "message": "ł"}, 11),
    "more parts than wanted": ({"max_parts": "1", "message": "ł" * 71}, 12),
    "no number": ({"to": None}, 13),
    "a landline": ({"to": "48221234567"}, 13),
    "a number too short": ({"to": "4860010"}, 13),
    "two numbers": ({"to": "48600100200,48600100201"}, 13),
    "a long sender": ({"from": "Goniec i spółka"}, 14),
    "a long idx": ({"idx": "a" * 256}, 27),
    "a callback that is none": ({"notify_url": "javascript:x"}, 70),
}


@pytest.mark.parametrize(("wrong", "code"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_a_200_with_its_code(phones, wrong, code):
    status, answer = sms(phones, **wrong)
    assert (status, answer["error"]) == (200, code) and answer["message"]
    assert phones.taken() == []


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic x", "Bearer", "Bearer ą"])
def test_without_the_token_nothing_is_taken(phones, header):
    _, _, body = call(phones, "POST", "/sms.do", urlencode(FORM), Authorization=header.encode())
    assert json.loads(body)["error"] == 101
    assert phones.taken() == []


@pytest.mark.parametrize(
    "written", ["600100200", "+48 600 100 200", "0048600100200", "48-600-100-200", "48600100200"]
)
def test_a_number_may_be_written_in_many_ways(written):
    assert number_of(written) == "48600100200"
    assert number_of("+49 151 12345678") == "4915112345678"
    with pytest.raises(Refusal):
        number_of(f"{written}0000000")


def test_a_text_in_another_encoding_is_read_as_smsapi_would(phones):
    sms(phones, encoding=None, message="ł")
    assert phones.taken()[0].text == "Ĺ‚"


def test_an_idx_is_taken_once_however_many_send_it(phones):
    with ThreadPoolExecutor(8) as pool:
        answers = [answer for _, answer in pool.map(lambda _: sms(phones), range(24))]
    assert sorted(answer.get("error") or 0 for answer in answers) == [0] + [53] * 23
    assert (len(phones.taken()), phones.exchange.handed_over()) == (1, {"r-1": 24})
    assert sms(phones, check_idx=None)[1]["count"] == 1  # who does not ask is not protected


def test_a_connection_is_kept(phones):
    connection = http.client.HTTPConnection(urlsplit(phones.url).netloc, timeout=10)
    connection.connect()
    kept = connection.sock
    for number in range(3):
        form = urlencode({**FORM, "idx": f"r-{number}"})
        connection.request("POST", "/sms.do", form, BEARER)
        connection.getresponse().read()
    assert connection.sock is kept
    connection.close()
    assert len(phones.taken()) == 3


def test_a_request_is_not_read_without_end(phones):
    for length in ("999999999999", "-1", "x", "²"):
        connection = http.client.HTTPConnection(urlsplit(phones.url).netloc, timeout=10)
        connection.putrequest("POST", "/sms.do")
        connection.putheader("Content-Length", length.encode("utf-8"))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


# --- what goes wrong on demand ---


def test_a_rule_may_be_for_one_number_some_times_and_later(phones):
    phones.misbehave(Trouble.REFUSE, "+48600100200", times=1)
    phones.misbehave(Trouble.NO_CREDITS, times=2, skip=1)
    numbers = ["48600100201", "48600100200", "48600100202", "48600100203", "48600100204"]
    answers = [sms(phones, to=number, idx=number)[1] for number in numbers]
    assert [answer.get("error") for answer in answers] == [None, 13, 103, 103, None]


def test_a_withheld_answer_is_given_when_it_is_released(phones):
    phones.misbehave(Trouble.HANG, times=1)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(sms, phones)
        while not phones.taken():
            assert not hanging.done()
        phones.behave()
        assert hanging.result(10)[1]["list"][0]["id"] == phones.taken()[0].id


def test_it_can_be_told_to_do_wrong_over_http(phones):
    rule = urlencode({"trouble": "busy", "number": "+48600100200", "times": "1"})
    assert call(phones, "POST", "/api/misbehave", rule)[0] == 200
    assert call(phones, "POST", "/sms.do", urlencode(FORM), **BEARER)[0] == 503
    assert call(phones, "POST", "/api/misbehave", "trouble=busy")[0] == 200
    assert call(phones, "POST", "/api/behave")[0] == 200
    assert sms(phones)[1]["count"] == 1
    assert call(phones, "POST", "/api/misbehave", "trouble=x")[0] == 400


# --- the process ---


def test_it_runs_as_a_process_of_its_own_and_ends_when_asked():
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.phones", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["url"] == f"http://127.0.0.1:{ready['port']}"
        gateway = SmsapiGateway(sandbox.settings_for(ready["url"]))
        assert isinstance(gateway.send(TextMessage("+48600100200", "x", "Goniec", "r-1")), Accepted)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
