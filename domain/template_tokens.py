"""EJS and merge tags kept out of the way of HTML and CSS tools: opaque tokens, put back afterwards."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.html_context import Context
from domain.template_source import TemplateRefused, Text, ejs_of, literal, parse

OPAQUE_COMMENT = re.compile(r"gnc[0-9a-f]{20}n[0-9]+c")
"""What an opaque comment holds, so that a sanitiser can tell it from an author's comment."""


@dataclass(frozen=True, slots=True)
class Opaque:
    """What an opaque token stands for: its EJS, and whether it may be absent (it was in an attribute)."""

    ejs: str
    in_attribute: bool
    line: int


def protect(source: str, *, salt: str = "") -> tuple[str, dict[str, Opaque]]:
    """Replace EJS and merge tags in HTML by opaque tokens that HTML and CSS tools leave alone.

    In text and between table rows a token is an HTML comment (a parser moves bare text out of a table);
    inside a tag it is a word, fit for an attribute's value. Tokens carry a digest of the whole source, so
    an author cannot write one. Give sources that end in one document different salts. Raises
    TemplateRefused as ``parse`` does.
    """
    parsed = parse(source, html=True)
    nonce = _nonce(source, salt)
    text: list[str] = []
    tokens: dict[str, Opaque] = {}
    for number, piece in enumerate(parsed):
        if isinstance(piece, Text):
            text.append(piece.text)
            continue
        in_text = piece.context is Context.TEXT
        token = f"gnc{nonce}n{number}{'c' if in_text else 'a'}"
        tokens[token] = Opaque(ejs_of(piece), not in_text, piece.line)
        text.append(f"<!--{token}-->" if in_text else token)
    return "".join(text), tokens


def restore(text: str, tokens: Mapping[str, Opaque], *, attributes_may_be_missing: bool = False) -> str:
    """EJS source with every token put back and everything else made literal.

    Each token must be there exactly once; with ``attributes_may_be_missing`` (a plain-text part shows no
    pictures' titles) those from inside a tag may be absent or repeated. Raises TemplateRefused naming the
    line of a token that was lost.
    """
    found: dict[str, int] = {}
    restored: list[str] = []
    position = 0
    for start, end, token in _places(text, tokens):
        restored += (literal(text[position:start]), tokens[token].ejs)
        found[token] = found.get(token, 0) + 1
        position = end
    restored.append(literal(text[position:]))
    for token, opaque in tokens.items():
        if found.get(token, 0) != 1 and not (attributes_may_be_missing and opaque.in_attribute):
            raise TemplateRefused(
                "Line %(line)s: “%(code)s” stands where a message cannot keep it. Move it into text.",
                line=opaque.line,
                code=opaque.ejs,
            )
    return "".join(restored)


def source_lines(text: str, tokens: Mapping[str, Opaque]) -> tuple[tuple[int, int], ...]:
    """For each line of the text, as ``restore`` gives it, that EJS begins on: the line it was written on."""
    lines: dict[int, int] = {}
    line, position = 1, 0
    for start, end, token in _places(text, tokens):
        line += text.count("\n", position, start)
        lines.setdefault(line, tokens[token].line)
        line += tokens[token].ejs.count("\n")
        position = end
    return tuple(lines.items())


def _places(text: str, tokens: Mapping[str, Opaque]) -> Iterator[tuple[int, int, str]]:
    """Where each token begins and ends."""
    if not tokens:
        return
    ours = "|".join(sorted({token[: token.rindex("n")] for token in tokens}))
    for match in re.finditer(f"<!--((?:{ours})n[0-9]+c)-->|(?:{ours})n[0-9]+[ac]", text):
        token = match[1] or match[0]
        if token in tokens:
            yield match.start(), match.end(), token


def _nonce(source: str, salt: str) -> str:
    attempt = 0
    while True:
        digest = hashlib.sha256(f"{attempt}\0{salt}\0{source}".encode("utf-8", "surrogatepass")).hexdigest()[
            :20
        ]
        if digest not in source.lower():
            return digest
        attempt += 1
