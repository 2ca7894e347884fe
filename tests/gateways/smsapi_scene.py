"""A text for SMSAPI.pl, and what it answers to one."""

from uuid import uuid4

from domain.text_messages import TextMessage
from gateways.smsapi import SmsapiSettings

NUMBER = "+48600100200"
REFERENCE = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
NOWHERE = SmsapiSettings("http://127.0.0.1:9", "the-token", timeout_seconds=0.3)
ENTRY = {"id": "5B1F0C4E", "points": 0.16, "number": "48600100200", "status": "QUEUE", "error": None}
TAKEN = {"count": 1, "list": [{**ENTRY, "idx": REFERENCE}], "parts": 1}


def text(**more):
    given = {"number": NUMBER, "text": "Dzień dobry", "sender": "Goniec", "reference": str(uuid4())}
    return TextMessage(**{**given, **more})
