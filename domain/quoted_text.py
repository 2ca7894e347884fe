"""What somebody wrote in a plain-text e-mail, and what their program quoted below or around it.

Every program has its own way; these are the ones Polish and English ones have. Nothing is ever lost: the
pieces joined are the text. What is not recognised counts as written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.names import fold

_LONGEST_LINE = 300
"""Characters of a line that are looked at: no marker is longer."""
_LONGEST_MARKER = 4
"""Lines that a program may wrap its "On … wrote:" to."""
_HEADERS_WITHIN = 8
"""Lines in which the copied headers of an answered message stand."""
_FEWEST_HEADERS = 3
_MOST_LINES = 1000
"""Lines that are looked at; what follows counts as the last of them does."""
MOST_PIECES = 100
"""Of one text: each is an element of the page that shows it, and one byte of a letter could make another."""

# All in `fold` form: lower case, no diacritics, single spaces.
_BEGINS = re.compile(
    r"w dniu|dnia |on |wiadomosc napisana przez|le |am |\d|(?:pon|wt|sr|czw|pt|sob?|niedz|nd)\b|<?\S+@"
    r"|(?:poniedzialek|wtorek|sroda|czwartek|piatek|sobota|niedziela)\b|[^<>@]{1,80}<\S+@|uzytkownik "
)
_ENDS = re.compile(
    r"(?:napisal(?:a|\(a\)|/a|a/)?|pisze|pisal(?:a|\(a\))?|wrote|writes|odpisal(?:a|\(a\))?"
    r"|schrieb|a ecrit) ?:$"
)
_APPLE = re.compile(r"wiadomosc napisana przez .{1,200} w dniu .{1,80}:$")
_SAYS_WHEN = re.compile(r"\d{1,2}[:.]\d{2}|\d{4}-\d{2}-\d{2}|\S@\S|\b\d{1,2} \S{3,12} \d{4}")
_SEPARATOR = re.compile(
    r"(?:-|\u2013|\u2014|_|=|\*){2,} ?(?:original message|oryginalna wiadomosc|wiadomosc oryginalna"
    r"|pierwotna wiadomosc|original appointment|forwarded message|wiadomosc przekazana(?: dalej)?"
    r"|przekazana wiadomosc|przeslana wiadomosc|tresc przekazanej wiadomosci|reply message"
    r"|cytowana wiadomosc)\b"
)
_FORWARDED = re.compile(r"(?:begin forwarded message|poczatek przekazywanej wiadomosci|poczatek przekazanej"
                        r" wiadomosci) ?:$")  # fmt: skip
_FROM = re.compile(r"\*?(?:from|od|nadawca) ?: ?\*? ?\S")
_HEADER = re.compile(
    r"\*?(?:from|sent|to|cc|subject|date|od|wyslano|wyslane|wyslany|data|do|dw|kopia|temat|adresat|nadawca"
    r"|do wiadomosci|odpowiedz do|reply-to|importance|waznosc) ?:"
)
_RULE = re.compile(r"[_\u2500-]{10,}$")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the text, unchanged, line ends included."""

    text: str
    is_quoted: bool


def pieces_of(text: str) -> tuple[Piece, ...]:
    """The text in order, cut where quoting begins and ends, at most MOST_PIECES of it."""
    lines = text.splitlines(keepends=True)
    marks = _marks(lines[:_MOST_LINES])
    marks += marks[-1:] * (len(lines) - len(marks))
    pieces: list[Piece] = []
    start = 0
    for place in range(1, len(lines) + 1):
        is_last = len(pieces) == MOST_PIECES - 1
        if place == len(lines) or (marks[place] != marks[start] and not is_last):
            pieces.append(Piece("".join(lines[start:place]), marks[start]))
            start = place
    return tuple(pieces)


def written_in(text: str) -> str:
    """What was written, without what was quoted; the whole text where nothing else is in it."""
    written = "".join(piece.text for piece in pieces_of(text) if not piece.is_quoted).strip()
    return written or text.strip()


def _marks(lines: Sequence[str]) -> list[bool]:
    """For each line whether it is quoted."""
    folded = [_folded(line) for line in lines]
    marks = [line.startswith(">") for line in folded]
    place = 0
    while place < len(lines):
        if marks[place] or not folded[place]:
            place += 1
        elif _opens_the_rest(folded, place):
            return _with_blanks(_all_from(marks, place), folded)
        elif length := _introduction(folded, place):
            after = _next_said(folded, place + length)
            if after < len(lines) and not marks[after]:
                return _with_blanks(_all_from(marks, place), folded)
            marks[place:after] = [True] * (after - place)
            place = after
        else:
            place += 1
    return _with_blanks(marks, folded)


def _folded(line: str) -> str:
    return fold(line[:_LONGEST_LINE]).replace("\u200b", "").strip()


def _all_from(marks: list[bool], place: int) -> list[bool]:
    return [*marks[:place], *[True] * (len(marks) - place)]


def _next_said(folded: Sequence[str], place: int) -> int:
    """The first line from ``place`` on that is not empty."""
    while place < len(folded) and not folded[place]:
        place += 1
    return place


def _with_blanks(marks: list[bool], folded: Sequence[str]) -> list[bool]:
    """Empty lines between two quoted ones are quoted with them."""
    last = -1
    for place, line in enumerate(folded):
        if marks[place]:
            if last >= 0 and not any(folded[last + 1 : place]):
                marks[last + 1 : place] = [True] * (place - last - 1)
            last = place
        elif line:
            last = -1
    return marks


def _opens_the_rest(folded: Sequence[str], place: int) -> bool:
    """Whether all that follows is the answered message: after a separator, or by its copied headers."""
    line = folded[place]
    if _SEPARATOR.match(line) or _FORWARDED.match(line):
        return True
    if _RULE.match(line):
        after = _next_said(folded, place + 1)
        return after < len(folded) and after <= place + 2 and _is_header_block(folded, after)
    return _is_header_block(folded, place)


def _is_header_block(folded: Sequence[str], place: int) -> bool:
    if not _FROM.match(folded[place]):
        return False
    return (
        sum(1 for line in folded[place : place + _HEADERS_WITHIN] if _HEADER.match(line)) >= _FEWEST_HEADERS
    )


def _introduction(folded: Sequence[str], place: int) -> int:
    """How many lines from ``place`` on say that somebody wrote what follows; nought when they do not."""
    if not _BEGINS.match(folded[place]):
        return 0
    for length, said in _longer_and_longer(folded, place):
        if _APPLE.match(said) or (_ENDS.search(said) and _SAYS_WHEN.search(said)):
            return length
    return 0


def _longer_and_longer(folded: Sequence[str], place: int) -> Iterator[tuple[int, str]]:
    """The line, the line with the next one, and so on to an empty one or one that ends in a colon."""
    said = ""
    for length, line in enumerate(folded[place : place + _LONGEST_MARKER], start=1):
        if not line or line.startswith(">"):
            return
        said = f"{said} {line}".strip()
        yield length, said
        if said.endswith(":"):
            return
