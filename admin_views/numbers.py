"""Numbers that come from outside."""

MOST_DIGITS = 18
"""What fits into 64 bits, whatever the digits."""


def whole_number(text: object, default: int | None = None) -> int | None:
    """A number of the request's, None (or ``default``) for anything else, a monstrous one included."""
    digits = str(text)
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS else default


def record_number(text: str) -> int:
    """The same for a filter's value. Raises ValueError."""
    number = whole_number(text)
    if number is None:
        raise ValueError("not a record's number")
    return number
