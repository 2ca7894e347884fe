"""How complicated a message's HTML may be: sanitisers take time that grows with the square of it."""

import re
from collections.abc import Iterator

MOST_MARKUP = 4000
MOST_ATTRIBUTES = 4000
MOST_RULES = 1000
MOST_CSS = 100_000
MOST_STYLED = 20_000_000
"""Characters of CSS times tags: inlining may copy each rule into each element."""
DEEPEST = 200
_MARKUP = re.compile(r"[<&]")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_SHALLOW = """
area base br col embed hr img input link meta source track wbr li p td th tr
"""
_NOT_NESTED = frozenset(_SHALLOW.split())


def is_too_complicated(html: str) -> bool:
    """Whether it has more tags, entities, attributes or levels than any letter needs."""
    if len(_MARKUP.findall(html)) > MOST_MARKUP or html.count("=") > MOST_ATTRIBUTES:
        return True
    depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _NOT_NESTED:
            depth = max(0, depth - 1) if closing else depth + 1
        if depth > DEEPEST:
            return True
    return False


def has_too_much_style(html: str) -> bool:
    """Whether its style sheets have more rules or characters, or more elements to copy them into, than any
    letter needs.
    """
    sheets = list(_style_sheets(html))
    size = sum(map(len, sheets))
    rules = sum(sheet.count("{") for sheet in sheets)
    return rules > MOST_RULES or size > MOST_CSS or size * html.count("<") > MOST_STYLED


def _style_sheets(html: str) -> Iterator[str]:
    lower = html.lower()
    position = 0
    while (start := lower.find("<style", position)) >= 0:
        position = lower.find("</style", start)
        if position < 0:
            position = len(html)
        yield html[start:position]
