"""What is said over the characters that take room in an SMS: whether they cost anything."""

from flask_babel import gettext

from domain.segments import Encoding, segment


def dear_title(characters: str, *, cost_more: bool) -> str:
    """The line over a list of such characters; ``cost_more``: without them there would be fewer parts."""
    if cost_more:
        return gettext("Characters that make it dear:")
    if segment(characters).encoding is Encoding.UCS2:
        return gettext("These shorten an SMS to 70 characters; the price is the same without them:")
    return gettext("These count as two characters; the price is the same without them:")
