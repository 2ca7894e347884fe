"""A text for an SMSC."""

from uuid import uuid4

from domain.text_messages import TextMessage

NUMBER = "+48600100200"


def text(written="Hello", **more):
    given = {"number": NUMBER, "text": written, "sender": "Goniec", "reference": str(uuid4())}
    return TextMessage(**{**given, **more})
