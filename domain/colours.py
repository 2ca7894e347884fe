"""Colours as the settings hold them, and whether one can be read on another."""

import re

WHITE, BLACK = "#ffffff", "#000000"
READABLE, VISIBLE = 4.5, 3.0
"""The least contrast of text, and of what is only seen, with its ground (WCAG 2.2, 1.4.3 and 1.4.11)."""
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_DARKEST = 0.03928


def is_colour(text: str) -> bool:
    """Whether it is written ``#rrggbb``, in small letters."""
    return _COLOUR.fullmatch(text) is not None


def contrast(first: str, second: str) -> float:
    """From 1 (the same) to 21 (black on white), of two colours ``#rrggbb`` (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(ground: str) -> str:
    """Black or white, whichever is the easier to read on the ground; its contrast is READABLE on any."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, ground))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= _DARKEST else ((part + 0.055) / 1.055) ** 2.4)
