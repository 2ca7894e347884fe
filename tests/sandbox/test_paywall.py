"""The PayU stand-in as a merchant and as a payer meet it, on a real socket."""

import hashlib
import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from domain.payments import PaymentOrder
from gateways.payu import PayuGateway
from sandbox import paywall
from sandbox.paywall_orders import Refusal, check_order
from tests.payment_peers import shop

ROOT = Path(__file__).parents[2]
FORM = {
    "grant_type": "client_credentials",
    "client_id": paywall.CLIENT_ID,
    "client_secret": paywall.CLIENT_SECRET,
}
ORDER = {
    "extOrderId": "own-1",
    "customerIp": "192.0.2.7",
    "merchantPosId": paywall.POS_ID,
    "description": "Doładowanie",
    "currencyCode": "PLN",
    "totalAmount": "10000",
    "products": [{"name": "Doładowanie", "unitPrice": "10000", "quantity": "1"}],
}


@pytest.fixture
def payu():
    with paywall.running(pauses=(0, 0)) as running:
        yield running


def call(payu, method, path, body=b"", **headers):
    connection = http.client.HTTPConnection(urlsplit(payu.url).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def bearer(payu):
    _, _, body = call(payu, "POST", "/pl/standard/user/oauth/authorize", urlencode(FORM))
    return {"Authorization": f"Bearer {json.loads(body)['access_token']}"}


def order(payu, **changed):
    status, headers, body = call(
        payu, "POST", "/api/v2_1/orders", json.dumps({**ORDER, **changed}), **bearer(payu)
    )
    return status, headers, json.loads(body)


def page(payu, **changed):
    _, headers, _ = order(payu, **changed)
    return urlsplit(headers["Location"]).path


def choose(payu, path, action):
    return call(payu, "POST", path, urlencode({"action": action}))


# --- the merchant ---


def test_a_token_is_granted_to_the_right_client_only(payu):
    path = "/pl/standard/user/oauth/authorize"
    status, _, body = call(payu, "POST", path, urlencode(FORM))
    assert status == 200 and json.loads(body)["expires_in"] == 43_199
    for wrong in ({"client_secret": "x"}, {"client_id": "x"}, {"grant_type": "password"}):
        assert call(payu, "POST", path, urlencode({**FORM, **wrong}))[0] == 401
    assert call(payu, "POST", path, b"\xff")[0] == 401


def test_an_order_is_answered_with_a_redirect_that_has_a_body(payu):
    status, headers, body = order(payu)
    assert status == 302
    assert body == {
        "status": {"statusCode": "SUCCESS"},
        "redirectUri": headers["Location"],
        "orderId": body["orderId"],
        "extOrderId": "own-1",
    }
    assert headers["Location"] == f"{payu.url}/pay/{body['orderId']}"


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic x", "Bearer"])
def test_without_a_token_there_is_no_order_and_no_answer(payu, header):
    assert call(payu, "POST", "/api/v2_1/orders", json.dumps(ORDER), Authorization=header)[0] == 401
    reference = order(payu)[2]["orderId"]
    assert call(payu, "GET", f"/api/v2_1/orders/{reference}", Authorization=header)[0] == 401


WRONG = {
    **{f"no {name}": ({name: None}, "MISSING") for name in ORDER if name != "extOrderId"},
    **{
        f"{name} {value!r}": ({name: value}, "INVALID")
        for name, values in {
            "totalAmount": (10_000, "100.00", "0", "-1", "1e3"),
            "customerIp": ("localhost", 7),
            "merchantPosId": ("1", 300746),
            "currencyCode": ("EUR",),
            "products": ("x", [{}], [{"name": "x", "unitPrice": 1, "quantity": "1"}], ["x"]),
            "notifyUrl": ("javascript:x", "ftp://x", "http://[", 7),
            "continueUrl": ("javascript:alert(1)", "//x"),
            "extOrderId": (7,),
        }.items()
        for value in values
    },
}


@pytest.mark.parametrize(("wrong", "code"), WRONG.values(), ids=WRONG)
def test_an_order_payu_would_refuse_is_refused(wrong, code):
    with pytest.raises(Refusal, match=f"ERROR_VALUE_{code}"):
        check_order({**ORDER, **wrong}, paywall.POS_ID)


def test_a_refusal_is_a_400_with_its_code(payu):
    assert order(payu, totalAmount=10_000)[::2] == (400, {"status": {"statusCode": "ERROR_VALUE_INVALID"}})
    assert order(payu)[0] == 302
    assert order(payu)[::2] == (400, {"status": {"statusCode": "ERROR_ORDER_NOT_UNIQUE"}})
    for body in (b"{", b"[]", b"[" * 60_000, b"\xff"):
        assert call(payu, "POST", "/api/v2_1/orders", body, **bearer(payu))[0] == 400


def test_an_order_tells_how_it_stands(payu):
    reference, access = order(payu)[2]["orderId"], bearer(payu)
    for action, status in (
        ("abandon", "PENDING"),
        ("refuse", "CANCELED"),
        ("pay", "COMPLETED"),
        ("refuse", "COMPLETED"),
    ):
        payu.act(reference, action)
        _, _, body = call(payu, "GET", f"/api/v2_1/orders/{reference}", **access)
        [told] = json.loads(body)["orders"]
        assert (told["status"], told["totalAmount"], told["extOrderId"]) == (status, "10000", "own-1")
    assert call(payu, "GET", "/api/v2_1/orders/OTHER", **access)[0] == 404
    assert call(payu, "GET", f"/api/v2_1/orders/{reference}", b"{}", **access)[0] == 403


# --- the notification ---


@pytest.mark.parametrize(("algorithm", "hasher"), [("MD5", hashlib.md5), ("SHA-256", hashlib.sha256)])
def test_a_notification_carries_the_hash_of_its_body_and_the_second_key(algorithm, hasher):
    with shop() as told, paywall.running(algorithm=algorithm) as payu:
        payu.act(order(payu, notifyUrl=told.url)[2]["orderId"], "pay")
        payu.settle()
    [(header, body)] = told.notifications
    digest = hasher(body + paywall.SECOND_KEY.encode()).hexdigest()
    assert header == f"sender=checkout;signature={digest};algorithm={algorithm};content=DOCUMENT"
    said = json.loads(body)["order"]
    assert (said["status"], said["totalAmount"], said["currencyCode"]) == ("COMPLETED", "10000", "PLN")


@pytest.mark.parametrize(
    ("action", "statuses"),
    [("pay", ["COMPLETED"]), ("refuse", ["CANCELED"]), ("abandon", []), ("twice", ["COMPLETED"] * 2)],
)
def test_the_shop_is_told_what_the_payer_chose(payu, action, statuses):
    with shop() as told:
        path = page(payu, notifyUrl=told.url)
        assert choose(payu, path, action)[0] == 303
        payu.settle()
    assert [json.loads(body)["order"]["status"] for _, body in told.notifications] == statuses
    assert len(set(told.notifications)) == len(set(statuses))  # twice the same bytes


def test_a_notification_is_repeated_until_the_shop_says_200(payu):
    with shop(500, 302) as told:
        payu.act(order(payu, notifyUrl=told.url)[2]["orderId"], "pay")
        payu.settle()
    assert len(told.notifications) == 3 and len(set(told.notifications)) == 1


def test_after_some_repetitions_it_gives_up(payu):
    with shop(*[503] * 9) as told:
        payu.act(order(payu, notifyUrl=told.url)[2]["orderId"], "pay")
        payu.settle()
    assert len(told.notifications) == 3


def test_a_payment_is_reported_once_however_often_it_is_paid(payu):
    with shop() as told:
        path = page(payu, notifyUrl=told.url)
        for action in ("pay", "pay", "twice", "refuse"):
            choose(payu, path, action)
        payu.settle()
    assert len(told.notifications) == 1


def test_leaving_does_not_wait_for_the_next_repetition():
    with shop(500) as told, paywall.running(pauses=(3600,)) as payu:
        payu.act(order(payu, notifyUrl=told.url)[2]["orderId"], "pay")


# --- the payer ---


def test_the_page_says_what_is_paid_and_offers_four_choices(payu):
    status, headers, body = call(payu, "GET", page(payu))
    text = body.decode()
    assert status == 200 and "100,00 zł" in text and "Doładowanie" in text
    for label in ("Zapłać<", "Odmów<", "Porzuć<", "Zapłać dwa razy<"):
        assert label in text
    assert text.count("<button") == 4 and "<script" not in text and "viewport" in text
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("grosze", "amount"), [("1", "0,01 zł"), ("123456", "1\u00a0234,56 zł"), ("100000", "1\u00a0000,00 zł")]
)
def test_an_amount_is_written_the_polish_way(payu, grosze, amount):
    assert amount in call(payu, "GET", page(payu, totalAmount=grosze))[2].decode()


def test_nothing_shown_is_markup(payu):
    attack = '"><script>alert(1)</script>'
    path = page(payu, description=attack, extOrderId=attack, continueUrl="http://x.example/?\"'><script>")
    unpaid = call(payu, "GET", path)[2]
    choose(payu, path, "pay")
    for body in (unpaid, call(payu, "GET", path)[2]):
        assert b"<script" not in body and b"&lt;script&gt;" in body


def test_the_payer_goes_back_to_the_shop(payu):
    back = "https://goniec.example/top-up?uuid=1"
    path = page(payu, continueUrl=back)
    assert choose(payu, path, "refuse")[1]["Location"] == back + "&error=501"
    assert choose(payu, path, "pay")[1]["Location"] == back
    text = call(payu, "GET", path)[2].decode()
    assert "opłacona" in text and f'href="{back}"' in text and "<button" not in text


def test_without_a_shop_to_go_back_to_the_payer_stays(payu):
    path = page(payu)
    assert choose(payu, path, "abandon")[1]["Location"] == path


def test_what_is_not_there_is_not_found_and_changes_nothing(payu):
    path = page(payu)
    assert choose(payu, path, "steal")[0] == 400
    assert choose(payu, "/pay/OTHER", "pay")[0] == call(payu, "GET", "/pay/OTHER")[0] == 404
    assert call(payu, "GET", "//[")[0] == call(payu, "POST", "/")[0] == 404
    assert payu.till.get(path.rpartition("/")[2]).status == "NEW"


def test_a_request_is_not_read_without_end(payu):
    for length in ("999999999999", "-1", "x", "²"):
        connection = http.client.HTTPConnection(urlsplit(payu.url).netloc, timeout=10)
        connection.putrequest("POST", "/api/v2_1/orders")
        connection.putheader("Content-Length", length.encode("utf-8"))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


# --- the process ---


def test_it_runs_as_a_process_of_its_own_and_ends_when_asked():
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.paywall", "--port", "0"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        ready = json.loads(process.stdout.readline())
        assert ready["url"] == f"http://127.0.0.1:{ready['port']}"
        gateway = PayuGateway(paywall.settings_for(ready["url"]))
        wish = PaymentOrder(
            "u-1", 1_000, "Doładowanie", "", "127.0.0.1", "http://localhost/", "http://localhost/"
        )
        assert gateway.start(wish)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
