"""How complicated a message's HTML may be: sanitisers take time that grows with the square of it."""

import re

MOST_MARKUP = 4000
MOST_ATTRIBUTES = 4000
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
