"""Plain text as the body of a letter."""

import re
from html import escape

_BETWEEN = re.compile(r"\n[ \t]*\n+")


def paragraphs(text: str) -> str:
    """Text as HTML paragraphs, its line breaks kept; nothing for text of spaces alone."""
    parts = [part.strip("\n") for part in _BETWEEN.split(text.strip())]
    return "".join(f"<p>{escape(part, quote=False)}</p>" for part in parts if part).replace("\n", "<br>")
