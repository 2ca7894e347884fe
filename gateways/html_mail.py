"""HTML for mail: sanitising, CSS inlining and the plain-text part.

All three leave ``domain.template_tokens``'s opaque tokens where they are.
"""

import re
from collections.abc import Iterator

import bleach
import tinycss2  # type: ignore[import-untyped]
from bleach.css_sanitizer import CSSSanitizer
from bleach.html5lib_shim import Filter  # type: ignore[attr-defined]
from css_inline import CSSInliner
from inscriptis import Inscriptis
from inscriptis.css_profiles import RELAXED_CSS_PROFILE
from inscriptis.html_properties import Display
from inscriptis.model.config import ParserConfig
from inscriptis.model.html_element import HtmlElement
from lxml import etree  # type: ignore[import-untyped]
from lxml import html as lxml_html

from domain.template_tokens import OPAQUE_COMMENT

_TEXT_TAGS = """
    a abbr address article aside b bdi bdo blockquote br caption center cite code col colgroup dd del
    dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main
    mark nav ol p pre q s samp section small span strike strong sub sup table tbody td tfoot th thead
    time tr tt u ul var wbr
"""
# Parsed as elements and then dropped with all they hold; bleach by itself would keep their text.
_DROPPED_TAGS = """
    script style iframe object embed applet frame frameset noframes noembed noscript template title
    textarea select option button input form svg math xmp plaintext audio video canvas head base link
    meta
"""
_KEPT_ATTRIBUTES = """
    align alt bgcolor border cellpadding cellspacing class color colspan dir face headers height href id
    lang name role rowspan rules scope size span src start style summary title type valign width
    datetime cite
"""
_KEPT_PROPERTIES = """
    background background-color border-collapse border-radius border-spacing box-sizing caption-side
    clear color direction display empty-cells float font font-family font-size font-style font-variant
    font-weight height letter-spacing line-height list-style list-style-position list-style-type max-height
    max-width min-height min-width opacity outline overflow overflow-wrap padding margin table-layout
    text-align text-decoration text-indent text-transform text-overflow vertical-align white-space
    width word-break word-spacing word-wrap
"""
_TAGS = frozenset(_TEXT_TAGS.split())
_DROPPED = frozenset(_DROPPED_TAGS.split())
_ATTRIBUTES = frozenset(_KEPT_ATTRIBUTES.split())
_CSS_PROPERTIES = frozenset(_KEPT_PROPERTIES.split())
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_PROTOCOLS = frozenset({"http", "https", "mailto", "tel", "cid", "data"})
_LINK_PROTOCOLS = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_CSS_FAMILIES = re.compile(
    r"(?:margin|padding|mso)-[a-z-]+|border(?:-(?:top|right|bottom|left|color|style|width))*(?:-radius)?"
)
_CSS_DANGER = re.compile(r"url\s*\(|expression\s*\(|javascript:|@import|[<\\]", re.IGNORECASE)

_INLINER = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
# Only a list is set in, not whatever stands in a box.
_TEXT = ParserConfig(
    display_links=True, css={**RELAXED_CSS_PROFILE, "div": HtmlElement(display=Display.block)}
)
_SAID_TWICE = re.compile(r"\[([^\]\s]+)\]\((?:mailto:)?\1\)")
_TELEPHONE = re.compile(r"\[([^\]\n]+)\]\(tel:[+0-9]+\)")
_ROWS = frozenset({"table", "thead", "tbody", "tfoot", "tr"})
_AS_BLOCKS = {
    "table": "div",
    "thead": "div",
    "tbody": "div",
    "tfoot": "div",
    "tr": "div",
    "td": "span",
    "th": "span",
}
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_IMPLIED_BODY = re.compile(rf"(<table\b[^>]*>)((?:\s|<!--{OPAQUE_COMMENT.pattern}-->)+)<tbody>")


def sanitise(html: str, *, keeps_styles: bool = True) -> str:
    """A fragment of HTML that is safe to show and to mail; its ``<style>`` blocks come first, sanitised
    too, or are dropped.

    Keeps tables, pictures (http, https, cid, data:image), links (http, https, mailto, tel) and harmless
    CSS. Scripts, frames, forms and the like go with all they hold, event handlers and authors' comments go
    too. Every element left open is closed.
    """
    styles: list[str] = []

    class Dropping(_DropElements):
        collected = styles

    cleaner = bleach.Cleaner(
        tags=_TAGS | _DROPPED,
        attributes=_allowed,
        protocols=_PROTOCOLS,
        strip=True,
        strip_comments=False,
        filters=[Dropping],
        css_sanitizer=_MailCss(),
    )
    cleaned = cleaner.clean(html)
    if "<tbody" not in html.lower():
        # The parser opened these bodies itself, at the first row: a loop around the rows would begin
        # outside and end inside.
        cleaned = _IMPLIED_BODY.sub(r"\1<tbody>\2", cleaned)
    css = "\n".join(filter(None, map(_safe_stylesheet, styles))) if keeps_styles else ""
    return f"<style>{css}</style>{cleaned}" if css else cleaned


def inline_css(html: str) -> str:
    """A whole document with its style sheets written into ``style`` attributes; ``@media`` rules stay in
    the head.
    """
    return _INLINER.inline(html)


def plain_text(html: str) -> str:
    """The document as plain text with the addresses of its links, where these are not the links' very words;
    opaque comments become bare tokens.
    """
    tree = lxml_html.document_fromstring(html)
    marks = [mark for mark in tree.iter(etree.Comment) if OPAQUE_COMMENT.fullmatch(mark.text or "")]
    if any(mark.getparent().tag in _ROWS for mark in marks):
        # Text between cells has no place in a laid-out table.
        for element in tree.iter(*_AS_BLOCKS):
            if element.tag in ("td", "th"):
                element.tail = f" {element.tail or ''}"
            element.tag = _AS_BLOCKS[element.tag]
    for run in _neighbours(marks):
        _replace_by_text(run)
    text: str = Inscriptis(tree, _TEXT).get_text()
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    bare = _SAID_TWICE.sub(r"\1", _TELEPHONE.sub(r"\1", lines))
    return re.sub(r"\n{3,}", "\n\n", bare).strip("\n") + "\n"


class _DropElements(Filter):
    """Drops elements with their content, by the nesting the parser found; the text of styles is collected."""

    collected: list[str]

    def __iter__(self) -> Iterator[dict[str, object]]:
        inside: list[str] = []
        for token in super().__iter__():
            kind, name = token["type"], str(token.get("name", "")).lower()
            if kind == "StartTag" and (inside or name in _DROPPED):
                inside.append(name)
            elif kind == "EndTag" and inside:
                inside.pop()
            elif inside:
                if inside == ["style"] and kind in ("Characters", "SpaceCharacters"):
                    self.collected.append(str(token["data"]))
            elif not (
                (kind == "EmptyTag" and name in _DROPPED)
                or (kind == "Comment" and not OPAQUE_COMMENT.fullmatch(str(token["data"])))
            ):
                yield token


class _MailCss(CSSSanitizer):
    def sanitize_css(self, style: str) -> str:
        return _safe_declarations(
            tinycss2.parse_declaration_list(style, skip_comments=True, skip_whitespace=True)
        )


def _allowed(tag: str, name: str, value: str) -> bool:
    if name not in _ATTRIBUTES:
        return False
    if name not in ("href", "src"):
        return True
    compact = re.sub(r"[\x00-\x20\x7f-\xa0\s`]+", "", value).lower()
    scheme = _SCHEME.match(compact)
    if name == "href":
        return scheme is None or scheme[1] in _LINK_PROTOCOLS
    if tag != "img":
        return False
    return scheme is None or scheme[1] != "data" or _DATA_IMAGE.fullmatch(value.strip()) is not None


def _safe_declarations(nodes: list[tinycss2.ast.Node]) -> str:
    kept = []
    for node in nodes:
        if node.type != "declaration":
            continue
        known = node.lower_name in _CSS_PROPERTIES or _CSS_FAMILIES.fullmatch(node.lower_name)
        important = " !important" if node.important else ""
        text = f"{node.lower_name}: {tinycss2.serialize(node.value).strip()}{important}"
        if known and not _CSS_DANGER.search(text):
            kept.append(text)
    return "; ".join(kept)


def _safe_stylesheet(css: str) -> str:
    return _safe_rules(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True))


def _safe_rules(rules: list[tinycss2.ast.Node]) -> str:
    kept = []
    for rule in rules:
        prelude = (
            tinycss2.serialize(rule.prelude).strip() if rule.type in ("qualified-rule", "at-rule") else ""
        )
        if not prelude or _CSS_DANGER.search(prelude):
            continue
        if rule.type == "qualified-rule":
            body = _safe_declarations(tinycss2.parse_declaration_list(rule.content))
            kept.append(f"{prelude} {{ {body} }}")
        elif rule.lower_at_keyword == "media" and rule.content is not None:
            inner = _safe_rules(
                tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            )
            kept.append(f"@media {prelude} {{ {inner} }}")
    return "\n".join(kept)


def _neighbours(marks: list[etree._Comment]) -> Iterator[list[etree._Comment]]:
    """The marks, in the document's order, in runs that no element parts."""
    run: list[etree._Comment] = []
    for mark in marks:
        if run and mark.getprevious() is not run[-1]:
            yield run
            run = []
        run.append(mark)
    if run:
        yield run


def _replace_by_text(run: list[etree._Comment]) -> None:
    """Put the text of neighbouring comments in their place, keeping the text that follows each."""
    parent, previous = run[0].getparent(), run[0].getprevious()
    # A tree takes characters from its parser that it does not take from us: a form feed, for one.
    text = _NOT_XML.sub(" ", "".join(f"{mark.text}{mark.tail or ''}" for mark in run))
    if previous is None:
        parent.text = f"{_NOT_XML.sub(' ', parent.text or '')}{text}"
    else:
        previous.tail = f"{_NOT_XML.sub(' ', previous.tail or '')}{text}"
    for mark in run:
        parent.remove(mark)
