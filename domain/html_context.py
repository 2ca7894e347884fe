"""Which kind of place of an HTML text a position is in: as much of HTML's tokeniser as that needs."""

import re
from enum import StrEnum


class Context(StrEnum):
    """TEXT between tags; TAG inside a tag or an attribute's value; COMMENT; STYLE; RAW in another element
    without markup.
    """

    TEXT = "text"
    TAG = "tag"
    COMMENT = "comment"
    STYLE = "style"
    RAW = "raw"


_RAW_ELEMENTS = frozenset({"style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes"})
_MARKUP = re.compile(r"<!--|<(/?)([a-zA-Z][^\s/>]*)")
_IN_TAG = re.compile("[>\"']")


class HtmlScanner:
    """Fed an HTML text in stretches; ``context`` is the place reached (WHATWG HTML, section 13.2.5,
    simplified).
    """

    def __init__(self) -> None:
        self.context = Context.TEXT
        self._quote = ""
        self._element = ""

    def feed(self, html: str) -> Context:
        position = 0
        while position < len(html):
            position = self._step(html, position)
        return self.context

    def _step(self, html: str, position: int) -> int:
        if self.context is Context.TAG:
            return self._in_tag(html, position)
        if self.context is Context.TEXT:
            return self._in_text(html, position)
        if self.context is Context.COMMENT:
            end = html.find("-->", position)
            if end < 0:
                return len(html)
            self.context = Context.TEXT
            return end + 3
        closing = re.compile(f"</{self._element}(?=[\\s/>])", re.IGNORECASE).search(html, position)
        if closing is None:
            return len(html)
        self.context, self._element = Context.TAG, ""
        return closing.end()

    def _in_text(self, html: str, position: int) -> int:
        found = _MARKUP.search(html, position)
        if found is None:
            return len(html)
        if found[0] == "<!--":
            self.context = Context.COMMENT
        else:
            self.context = Context.TAG
            name = found[2].lower()
            self._element = name if not found[1] and name in _RAW_ELEMENTS else ""
        return found.end()

    def _in_tag(self, html: str, position: int) -> int:
        if self._quote:
            end = html.find(self._quote, position)
            if end < 0:
                return len(html)
            self._quote = ""
            return end + 1
        found = _IN_TAG.search(html, position)
        if found is None:
            return len(html)
        if found[0] == ">":
            self.context = Context.TEXT
            if self._element:
                self.context = Context.STYLE if self._element == "style" else Context.RAW
        else:
            self._quote = found[0]
        return found.end()
