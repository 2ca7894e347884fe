"""A text without what makes an SMS dear: Polish letters and typography, in the nearest plain form."""

import re
import unicodedata

POLISH_LETTERS = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
_PLAIN = str.maketrans(
    {
        "ł": "l", "Ł": "L",
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "ʼ": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "…": "...", "•": "*", "·": ".", "№": "nr ", "×": "x",
        "\t": " ", "\u2028": "\n", "\u2029": "\n",
        "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, "\ufeff": None,
    }
)  # fmt: skip
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LETTERS = str.maketrans({letter: unicodedata.normalize("NFD", letter)[0] for letter in POLISH_LETTERS})


def to_gsm(text: str) -> str:
    """``text`` with Polish letters and typographic characters in plain form; other characters stay.

    What has no plain form (an emoji, Cyrillic) is left to be named as dear: it is the sender's to drop.
    """
    composed = unicodedata.normalize("NFC", text)
    return _SPACES.sub(" ", composed.translate(_PLAIN).translate(_LETTERS))
