"""The GSM 7-bit default alphabet with its extension table, an octet a septet (3GPP TS 23.038, 6.2.1).

``BASIC`` has each character at its own code, ``EXTENSION`` the codes that follow an ``ESCAPE``.
"""

ESCAPE = 0x1B
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}
_OCTETS = {
    **{character: bytes((code,)) for code, character in enumerate(BASIC) if code != ESCAPE},
    **{character: bytes((ESCAPE, code)) for character, code in EXTENSION.items()},
}
_EXTENDED = {code: character for character, code in EXTENSION.items()}


def encode_gsm(text: str) -> bytes:
    """The septets of a text, one in each octet. Raises ValueError for a character that is not in GSM-7."""
    try:
        return b"".join(_OCTETS[character] for character in text)
    except KeyError as error:
        raise ValueError(f"not in GSM-7: {error.args[0]!r}") from None


def decode_gsm(octets: bytes) -> str:
    """The text of septets, read as a telephone does (6.2.1.1): what follows an escape and is not in the
    extension table is read from the basic one; an octet that is no septet becomes U+FFFD.
    """
    text, escaped = [], False
    for code in octets:
        if code == ESCAPE and not escaped:
            escaped = True
            continue
        basic = BASIC[code] if code < len(BASIC) and code != ESCAPE else "\N{REPLACEMENT CHARACTER}"
        text.append(_EXTENDED.get(code, basic) if escaped else basic)
        escaped = False
    return "".join(text)
