"""The Polish tax number, NIP."""

import re

# The pattern of FA(3)'s TNrNIP: no tax office has a number beginning with 0, nor one ending with 00.
_NIP = re.compile(r"[1-9](?:[0-9][1-9]|[1-9][0-9])[0-9]{7}")
_WEIGHTS = (6, 5, 7, 2, 3, 4, 5, 6, 7)
_MODULUS = 11


def is_nip(text: str) -> bool:
    """Whether ``text`` is ten digits that can be a NIP: a tax office's prefix and the check digit."""
    if not _NIP.fullmatch(text):
        return False
    weighed = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text, strict=False))
    return weighed % _MODULUS == int(text[-1])
