"""A message template as its author wrote it: text, merge tags and EJS.

The delimiters are those of EJS 7 (``<%``, ``<%=``, ``<%_``, ``<%#`` and ``%>``, ``-%>``, ``_%>``). Raw
output (``<%-``), ``include`` and the literal delimiters ``<%%`` and ``%%>`` are refused: nothing a
recipient's data holds may reach a message unescaped.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from domain.errors import DomainError
from domain.html_context import Context, HtmlScanner
from domain.merge_tags import RECORD_PATHS, TAG_PATTERN, path_of, variable_of

MOST_FIELDS = 1000
"""Merge tags and pieces of EJS in one text."""

_DELIMITER = re.compile(r"<%%|%%>|<%=|<%-|<%_|<%#|<%|-%>|_%>|%>")
_CLOSING = frozenset({"%>", "-%>", "_%>"})
_OUTPUT = re.compile(
    r"""<%=\s*([a-z_]+)\s*(?:\.\s*([A-Za-z_]\w*?)|\[\s*["']([A-Za-z_]\w*)["']\s*\])\s*;?\s*([-_]?%>)""",
    re.ASCII,
)
_VARIABLE_READ = re.compile(r"""\bvariables\s*(?:\.\s*([a-z_]+)|\[\s*["']([a-z_]+)["']\s*\])""")
_FORBIDDEN_CODE = (
    (re.compile(r"\binclude\b"), "include"),
    # These three names are how EJS 7's generated code writes output; \u could spell them otherwise.
    (re.compile(r"__append\b|__output\b|\bescapeFn\b"), "__append"),
    (re.compile(r"\\u"), "\\u"),
)


class TemplateRefused(DomainError):
    """The template holds something that a message template may not hold; names it and its line."""

    message = "The template cannot be used."


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A merge tag, without its braces, and the kind of place it stands in."""

    name: str
    context: Context = Context.TEXT
    line: int = 0

    @property
    def path(self) -> str:
        return path_of(self.name)


@dataclass(frozen=True, slots=True)
class Ejs:
    """One piece of EJS with its delimiters, and the kind of place it stands in."""

    code: str
    context: Context = Context.TEXT
    line: int = 0

    @property
    def path(self) -> str | None:
        """The dotted path, when this is a plain output of a known field or of a campaign variable."""
        path = self.output
        if path is None or self.code.endswith(("-%>", "_%>")):  # these swallow the white space behind them
            return None
        return path if path in RECORD_PATHS or variable_of(path) else None

    @property
    def output(self) -> str | None:
        """The dotted path this prints as it is, whether or not anything fills it."""
        match = _OUTPUT.fullmatch(self.code)
        return f"{match[1]}.{match[2] or match[3]}" if match else None


Piece = Text | Tag | Ejs


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A parsed template: its pieces in order; joined they give the source back."""

    pieces: tuple[Piece, ...]

    def __iter__(self) -> Iterator[Piece]:
        return iter(self.pieces)

    @property
    def tags(self) -> tuple[str, ...]:
        """The merge tags used, in the order of first use."""
        return tuple(dict.fromkeys(piece.name for piece in self.pieces if isinstance(piece, Tag)))

    @property
    def variables(self) -> tuple[str, ...]:
        """The campaign variables that a sender has to fill in, in the order of first use."""
        names: dict[str, None] = {}
        for piece in self.pieces:
            if isinstance(piece, Tag) and (name := variable_of(piece.path)):
                names[name] = None
            elif isinstance(piece, Ejs) and not piece.code.startswith("<%#"):
                names.update(
                    (dotted or quoted, None) for dotted, quoted in _VARIABLE_READ.findall(piece.code)
                )
        return tuple(names)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The dotted paths that are printed as they are, in the order of first use."""
        printed = (
            piece.path if isinstance(piece, Tag) else piece.output
            for piece in self.pieces
            if not isinstance(piece, Text)
        )
        return tuple(dict.fromkeys(path for path in printed if path))

    @property
    def has_logic(self) -> bool:
        """Whether only EJS itself can render this: it holds more than plain outputs of known fields."""
        return any(isinstance(piece, Ejs) and piece.path is None for piece in self.pieces)

    def to_ejs(self) -> str:
        """The EJS source, merge tags turned into outputs of their paths."""
        return "".join(ejs_of(piece) for piece in self.pieces)


def parse(source: str, *, html: bool) -> TemplateSource:
    """Take a template apart. With ``html``, merge tags inside ``<style>`` are text.

    Raises TemplateRefused naming what is refused and its line (counted from 1), or for more than
    MOST_FIELDS of merge tags and EJS.
    """
    scanner = HtmlScanner() if html else None
    breaks = [found.start() for found in re.finditer("\n", source)]
    pieces = list(islice(_pieces(source, breaks, scanner), 2 * MOST_FIELDS + 2))
    if sum(not isinstance(piece, Text) for piece in pieces) > MOST_FIELDS:
        raise TemplateRefused(
            "The text holds too many fields: at most %(limit)s merge tags and pieces of EJS.",
            limit=MOST_FIELDS,
        )
    return TemplateSource(tuple(pieces))


def literal(text: str) -> str:
    """EJS source that prints ``text`` as it is, whatever delimiters it holds."""
    return re.sub("<%|%>", lambda found: "<%%" if found[0] == "<%" else "%%>", text)


def ejs_of(piece: Piece) -> str:
    """The piece as EJS source."""
    if isinstance(piece, Text):
        return literal(piece.text)
    if isinstance(piece, Tag) or piece.path is not None:
        return f"<%= {piece.path} %>"
    return piece.code


def _pieces(source: str, breaks: Sequence[int], scanner: HtmlScanner | None) -> Iterator[Piece]:
    position = 0
    while (opening := _DELIMITER.search(source, position)) is not None:
        yield from _split_tags(source, position, opening.start(), breaks, scanner)
        line = _line(breaks, opening.start())
        end = _end_of_ejs(source, opening, line)
        context = scanner.context if scanner else Context.TEXT
        if context is Context.STYLE:
            raise TemplateRefused("Line %(line)s: EJS cannot be used inside <style>.", line=line)
        yield Ejs(source[opening.start() : end], context, line)
        position = end
    yield from _split_tags(source, position, len(source), breaks, scanner)


def _line(breaks: Sequence[int], position: int) -> int:
    return bisect_left(breaks, position) + 1


def _split_tags(
    source: str, start: int, end: int, breaks: Sequence[int], scanner: HtmlScanner | None
) -> Iterator[Piece]:
    """Text and merge tags of a stretch without EJS, telling ``scanner`` of all its HTML."""
    text_from = position = start
    for match in TAG_PATTERN.finditer(source, start, end):
        context = scanner.feed(source[position : match.start()]) if scanner else Context.TEXT
        position = match.start()
        if context is Context.STYLE:
            continue
        if text_from < match.start():
            yield Text(source[text_from : match.start()])
        yield Tag(match[1], context, _line(breaks, match.start()))
        text_from = position = match.end()
    if scanner:
        scanner.feed(source[position:end])
    if text_from < end:
        yield Text(source[text_from:end])


def _end_of_ejs(source: str, opening: re.Match[str], line: int) -> int:
    """Where the EJS that ``opening`` begins ends; raises TemplateRefused for what may not stand there."""
    mark = opening[0]
    if mark == "<%-":
        raise TemplateRefused(
            "Line %(line)s: “<%%-” prints raw HTML and is not allowed; use “<%%=”.", line=line
        )
    if mark in ("<%%", "%%>"):
        raise TemplateRefused("Line %(line)s: “%(mark)s” is not allowed.", line=line, mark=mark)
    if mark in _CLOSING:
        raise TemplateRefused("Line %(line)s: “%(mark)s” closes nothing.", line=line, mark=mark)
    closing = _DELIMITER.search(source, opening.end())
    if closing is None or closing[0] not in _CLOSING:
        raise TemplateRefused("Line %(line)s: “%(mark)s” is never closed.", line=line, mark=mark)
    code = source[opening.end() : closing.start()]
    if not code.strip():
        raise TemplateRefused("Line %(line)s: “%(mark)s %%>” is empty.", line=line, mark=mark)
    if mark != "<%#":
        for pattern, name in _FORBIDDEN_CODE:
            if pattern.search(code):
                raise TemplateRefused(
                    "Line %(line)s: “%(mark)s” is not allowed in EJS.", line=line, mark=name
                )
    return closing.end()
