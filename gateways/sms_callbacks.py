"""What every SMS gateway that calls back over HTTP has in common."""

LONGEST_TEXT = 10_000
"""Characters of an incoming text; the network joins at most 255 parts, and nobody writes as many."""


class UnreadableCallback(ValueError):
    """It cannot be what the gateway sends; the text names the field and repeats nothing of it."""
