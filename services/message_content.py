"""What a message says: prepared and frozen when a campaign is approved, then rendered for each recipient."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from domain.branding import PLAIN, Branding
from domain.channel import Purpose
from domain.correspondence import UNSUBSCRIBE_FOOTER
from domain.errors import DomainError
from domain.html_limits import has_too_much_style, is_too_complicated
from domain.merge_tags import escape_html, value_at, variable_of
from domain.template_source import TemplateRefused, TemplateSource, parse
from domain.template_tokens import Opaque, protect, restore, source_lines
from gateways.ejs import EjsRuntime, TemplateFailed, Values, render_together
from gateways.html_mail import plain_text
from services.dress_message import dress

_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029], " ")
_ADDRESS_BEGINNING = re.compile(r'\b(?:href|src)="\s*(gnc[0-9a-f]{20}n[0-9]+a)')
_OUTPUT = re.compile(r"<%= ([a-z_.]+) %>")
_PIECE = re.compile(r"<%%|%%>|<%= [a-z_.]+ %>")
_SCRIPT_ADDRESS = re.compile(r"(?:javascript|vbscript|data|file):", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")


class EmptyVariables(DomainError):
    """Campaign variables that the sender has not filled in; ``names`` in the template's order."""

    message = "These fields of the message are empty: %(names)s."

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(names=", ".join(names))


class UnsafeVariable(DomainError):
    """A campaign variable that would run code when used as a link's address."""

    message = "The field %(name)s may not begin with “%(scheme)s”."


Lines = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class FrozenContent:
    """A message's three EJS sources, final: merge tags are EJS, HTML is sanitised and its CSS inlined.

    ``has_logic`` is false when every part is text and plain outputs of fields, so that
    ``ContentRenderer.segments`` can be used. ``outputs`` are the dotted paths printed as they are.
    ``html_lines`` and ``text_lines``: for each line that EJS begins on, that of the author's body.
    """

    subject: str
    html: str
    text: str
    variables: tuple[str, ...]
    has_logic: bool
    outputs: tuple[str, ...] = ()
    html_lines: Lines = ()
    text_lines: Lines = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "html": self.html,
            "text": self.text,
            "variables": list(self.variables),
            "has_logic": self.has_logic,
            "outputs": list(self.outputs),
            "html_lines": self.html_lines,
            "text_lines": self.text_lines,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "FrozenContent":
        return cls(
            subject=stored["subject"],
            html=stored["html"],
            text=stored["text"],
            variables=tuple(stored["variables"]),
            has_logic=stored["has_logic"],
            outputs=tuple(stored.get("outputs", ())),
            html_lines=_lines(stored.get("html_lines", ())),
            text_lines=_lines(stored.get("text_lines", ())),
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """One recipient's message; ``subject`` holds no control character."""

    subject: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Segments:
    """Each part as a tuple of static text and dotted paths in turn, beginning and ending with static text.

    A path's text is ``value_at``, then ``one_line`` in the subject and ``escape_html`` in the HTML: see
    ``fill``.
    """

    subject: tuple[str, ...]
    html: tuple[str, ...]
    text: tuple[str, ...]

    def fill(self, values: Values) -> Rendered:
        """What ``ContentRenderer.render`` gives for these values, without running EJS."""

        def joined(parts: tuple[str, ...], encode: Callable[[str], str]) -> str:
            return "".join(
                encode(value_at(values, part)) if at % 2 else part for at, part in enumerate(parts)
            )

        return Rendered(
            joined(self.subject, one_line), joined(self.html, escape_html), joined(self.text, str)
        )


def one_line(text: str) -> str:
    """``text`` fit for a header: every control character and line separator becomes a space (RFC 5322,
    2.2).
    """
    return text.translate(_CONTROLS)


def footer_of(purpose: Purpose) -> str:
    """What a message of this purpose ends with, HTML."""
    return UNSUBSCRIBE_FOOTER if purpose == Purpose.MARKETING else ""


def prepare_content(
    subject: str, html: str, *, footer_html: str = "", branding: Branding = PLAIN
) -> FrozenContent:
    """Make a message's final sources from what its author wrote, with the company's branding around it, which
    is frozen with them; the footer is sanitised apart, so the body cannot swallow it.

    Raises TemplateRefused. Syntax inside ``<% %>`` is only checked by compiling: make a ContentRenderer of
    the result.
    """
    subject = subject.strip()
    if one_line(subject) != subject:
        raise TemplateRefused("The subject must be one line.")
    if is_too_complicated(html):
        raise TemplateRefused(
            "The text is too complicated: paste it without formatting, or take tables and links out."
        )
    if has_too_much_style(html):
        raise TemplateRefused("The style sheets of the text are too long: shorten what stands in <style>.")
    sources = (parse(subject, html=False), parse(html, html=True), parse(footer_html, html=True))
    body, body_tokens = protect(html, salt="body")
    footer, footer_tokens = protect(footer_html, salt="footer")
    tokens = {**body_tokens, **footer_tokens}
    document = dress(body, footer, branding)
    _check_addresses(document, tokens)
    text, has_logic = plain_text(document), any(source.has_logic for source in sources)
    return FrozenContent(
        subject=sources[0].to_ejs(),
        html=restore(document, tokens),
        text=restore(text, tokens, attributes_may_be_missing=True),
        variables=_variables(sources),
        has_logic=has_logic,
        html_lines=source_lines(document, tokens) if has_logic else (),
        text_lines=source_lines(text, tokens) if has_logic else (),
        outputs=tuple(dict.fromkeys(path for source in sources for path in source.outputs)),
    )


def compile_as_written(html: str, runtime: EjsRuntime) -> None:
    """Compile a body as its author wrote it: an error in the finished document would name a line of that
    document. Raises TemplateRefused and TemplateFailed.
    """
    runtime.compile(parse(html, html=True).to_ejs(), escape="html")


def check_variables(names: Sequence[str], variables: Mapping[str, str]) -> None:
    """Raise EmptyVariables naming every field that is missing or blank, UnsafeVariable for a script's
    address.
    """
    empty = [name for name in names if not variables.get(name, "").strip()]
    if empty:
        raise EmptyVariables(empty)
    for name in names:
        compact = re.sub(r"[\x00-\x20\x7f-\xa0]+", "", variables[name])
        if scheme := _SCRIPT_ADDRESS.match(compact):
            raise UnsafeVariable(name=name, scheme=scheme[0])


class ContentRenderer:
    """Renders a frozen content; compiles it when made, and so raises TemplateFailed for a syntax error."""

    def __init__(self, content: FrozenContent, runtime: EjsRuntime) -> None:
        self.content = content
        self._lines: tuple[Lines, ...] = ((), content.html_lines, content.text_lines)
        self._templates = (
            runtime.compile(content.subject, escape="none"),
            runtime.compile(content.html, escape="html"),
            runtime.compile(content.text, escape="none"),
        )

    def render(self, values: Values) -> Rendered:
        """One recipient's message. Raises TemplateFailed."""
        return self.render_many([values])[0]

    def render_many(self, values_list: Sequence[Values]) -> list[Rendered]:
        """Every message, in order; the time limit is for all of one message. Raises TemplateFailed whose
        ``index`` names the one that failed, with the line of the author's text.
        """
        try:
            rows = render_together(self._templates, values_list)
        except TemplateFailed as failed:
            line = dict(self._lines[failed.place]).get(cast("int", failed.parameters.get("line")))
            raise (failed if line is None else failed.at_line(line)) from failed
        spaced = _spaced if self.content.has_logic else str
        return [Rendered(one_line(subject), html, spaced(text)) for subject, html, text in rows]

    def segments(self) -> Segments:
        """The parts cut at their fields, for splicing values in without EJS. Only for a content without
        logic (ValueError).
        """
        if self.content.has_logic:
            raise ValueError("a template with logic has no fixed segments")
        content = self.content
        return Segments(
            cut_at_fields(content.subject), cut_at_fields(content.html), cut_at_fields(content.text)
        )


def _spaced(text: str) -> str:
    """Code stands on lines of its own, which stay behind when it has run: one blank line is enough."""
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def _lines(stored: Sequence[Sequence[int]]) -> Lines:
    return tuple((line, written) for line, written in stored)


def cut_at_fields(ejs: str) -> tuple[str, ...]:
    """Static text and paths in turn, from EJS made only of literal text and plain outputs."""
    parts = [""]
    position = 0
    for match in _PIECE.finditer(ejs):
        parts[-1] += ejs[position : match.start()]
        position = match.end()
        if output := _OUTPUT.fullmatch(match[0]):
            parts += (output[1], "")
        else:
            parts[-1] += "<%" if match[0] == "<%%" else "%>"
    parts[-1] += ejs[position:]
    return tuple(parts)


def _variables(sources: Sequence[TemplateSource]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for source in sources for name in source.variables))


def _check_addresses(document: str, tokens: Mapping[str, Opaque]) -> None:
    """Refuse a link whose address begins with a field that a client could fill with a script."""
    for token in _ADDRESS_BEGINNING.findall(document):
        opaque = tokens.get(token)
        output = _OUTPUT.fullmatch(opaque.ejs) if opaque else None
        if opaque is None or not (opaque.ejs.startswith("<%=")):
            continue
        path = output[1] if output else ""
        if not (path.startswith("links.") or variable_of(path)):
            raise TemplateRefused(
                "Line %(line)s: a link's address cannot begin with “%(code)s”.",
                line=opaque.line,
                code=opaque.ejs,
            )
