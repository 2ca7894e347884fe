"""Words by which a text promotes something: then it is marketing, whatever its author calls it.

Marketing by e-mail or SMS needs a consent given beforehand (PKE art. 398); a notification that serves an
order does not, as long as it holds no commercial content (manual 001_f98235051ea960ea.txt, RODO).
"""

import re

from domain.names import fold

_MARKETING = (
    r"promocj\w*|promocyjn\w+",
    r"rabat(?:y|u|em|owi|om|ami|ach|ow)?|rabatow\w+",
    r"znizk\w*|znizkow\w+",
    r"przecen\w+",
    r"wyprzedaz\w*",
    r"bonifikat\w*",
    r"ofert\w* (?:specjaln\w+|promocyjn\w+|limitowan\w+|dnia|tygodnia|miesiaca)",
    r"(?:specjaln\w+|wyjatkow\w+|atrakcyjn\w+|limitowan\w+|najnowsz\w+) ofert\w*",
    r"super ?ofert\w*",
    r"kod(?:y|u|em|ow)? (?:rabatow\w+|promocyjn\w+|znizkow\w+)",
    r"kup(?:cie)? (?:teraz|juz dzis|juz teraz)",
    r"zamow(?:cie)? (?:teraz|juz dzis|juz teraz)",
    r"skorzystaj(?:cie)? z (?:ofert\w+|okazj\w+|promocj\w+|znizk\w+|rabat\w+)",
    r"sprawdz(?:cie)? (?:nasza|nowa|nasze|nowe) (?:ofert\w*|produkt\w*|uslug\w*)",
    r"nowosci w ofercie|nowosci w sklepie",
    r"polecamy (?:rowniez|takze|nasz\w*)",
    r"zapraszamy (?:na zakupy|do zakupow|do sklepu)",
    r"newsletter\w*",
    r"okazj\w+ cenow\w+|niepowtarzaln\w+ okazj\w+",
    r"gratis\w*|za darmo",
    r"black friday|cyber monday",
    r"program\w* lojalnosciow\w+|punkt\w* lojalnosciow\w+",
    r"konkurs\w* z nagrodami|loteri\w+",
    r"taniej o \d+|\d{1,2} ?% (?:rabatu|znizki|taniej)",
)
_WORDS = re.compile(rf"(?<!\w)(?:{'|'.join(_MARKETING)})(?!\w)")
_CODE = re.compile(r"<%.*?%>", re.DOTALL)
_BLOCK = re.compile(r"<(?:style|script)\b.*?</(?:style|script)>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_SPACE = re.compile(r"(?:\s|&nbsp;|\u00a0)+")


def marketing_words(*texts: str) -> tuple[str, ...]:
    """The marketing words of a subject and a body as they are written there, each once, in order.

    Code and markup are passed over, case and diacritics do not matter. "Oferta kosztów" promotes nothing.
    """
    found: dict[str, str] = {}
    for text in texts:
        shown = _SPACE.sub(" ", _TAG.sub(" ", _BLOCK.sub(" ", _CODE.sub(" ", text))))
        folded = "".join(_plain(character) for character in shown)
        for match in _WORDS.finditer(folded):
            found.setdefault(match[0], shown[match.start() : match.end()])
    return tuple(found.values())


def _plain(character: str) -> str:
    """One character for one, so that places in the folded text are places in the text."""
    folded = fold(character)
    return folded if len(folded) == 1 else character
