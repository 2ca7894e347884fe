"""A message's bytes as text that a database keeps and a person reads, and back again."""

import re

_ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


def kept_text(raw: bytes) -> str:
    """The message as text; a byte that is no UTF-8 stands there as ``\\xb1``, a NUL not at all."""
    return raw.decode("utf-8", "backslashreplace").replace("\0", "")


def kept_bytes(text: str) -> bytes:
    """What `kept_text` was given, for the classifier to read anew; a message that wrote ``\\xb1`` itself gets
    the byte.
    """
    return _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode("utf-8", "replace"))
