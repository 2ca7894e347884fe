"""Whose numbers are whose: the operator a Polish mobile number was first given to.

An approximation. The table is the numbering plan's as phonenumbers carries it, read without a network; a
number that its holder took along to another operator (number portability) keeps the operator of its prefix
here, and a virtual operator without ranges of its own counts as the network it rents them from.
"""

from phonenumbers.carrierdata import CARRIER_DATA

from domain.tariff import POLAND

_LANGUAGE = "en"
_BY_PREFIX = {
    prefix: names[_LANGUAGE]
    for prefix, names in CARRIER_DATA.items()
    if prefix.startswith(POLAND) and _LANGUAGE in names
}
_LENGTHS = sorted({len(prefix) for prefix in _BY_PREFIX}, reverse=True)

OPERATORS = tuple(sorted(set(_BY_PREFIX.values()), key=str.casefold))
"""Every operator that has been given mobile numbers in Poland."""


def operator_of(digits: str) -> str:
    """The operator of an E.164 number without its plus; empty when nobody is known to have it."""
    return next((_BY_PREFIX[digits[:length]] for length in _LENGTHS if digits[:length] in _BY_PREFIX), "")
