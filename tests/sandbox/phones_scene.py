"""Asking the SMSAPI stand-in as the panel and as a browser do."""

import http.client
import json
from urllib.parse import urlencode, urlsplit

from sandbox import phones as sandbox

FORM = {
    "to": "48600100200",
    "message": "Dzień dobry",
    "from": "Goniec",
    "encoding": "utf-8",
    "format": "json",
    "idx": "r-1",
    "check_idx": "1",
    "details": "1",
}
BEARER = {"Authorization": f"Bearer {sandbox.TOKEN}"}


def call(phones, method, path, body=b"", **headers):
    connection = http.client.HTTPConnection(urlsplit(phones.url).netloc, timeout=10)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def sms(phones, **changed):
    form = {name: value for name, value in {**FORM, **changed}.items() if value is not None}
    status, _, body = call(phones, "POST", "/sms.do", urlencode(form), **BEARER)
    return status, json.loads(body)
