"""Bring the Polish catalogue up to date with the message ids in the code and the pages: `make messages`.

The domain and the services call no gettext: they carry English message ids (`message = "…"` in an error
class, `label="…"` in a table), which the entrances translate. Babel's own extractor does not see those.
"""

import ast
import builtins
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
POLISH = ROOT / "translations" / "pl" / "LC_MESSAGES" / "messages.po"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
CARRIERS = frozenset({"message", "label"})
PAIR = 2
ROOMS = (
    "admin_views",
    "webhooks",
    "jobs",
    "commands",
    "services",
    "queries",
    "models",
    "gateways",
    "domain",
    "extensions",
)
Found = tuple[int, Any, Any, Any]


def extract(
    source: IO[bytes], keywords: Any, comment_tags: Any, options: Mapping[str, Any]
) -> Iterator[Found]:
    """Babel's extraction method for our Python: gettext calls and the ids that the domain carries."""
    text = source.read()
    yield from extract_python(BytesIO(text), keywords, comment_tags, {})
    for node in ast.walk(ast.parse(text)):
        for name, value in _assignments(node):
            if name in CARRIERS and isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.lineno, None, value.value, []
        for line, words in (*_refusals(node), *_menu(node)):
            yield line, None, words, []


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    if isinstance(node, ast.keyword) and node.arg:
        yield node.arg, node.value
    elif isinstance(node, ast.ClassDef):
        for statement in node.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                yield statement.targets[0].id, statement.value
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                yield statement.target.id, statement.value


def _refusals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The sentence of a ``raise Refusal("…")``; Python's own errors, and single words, are for developers."""
    if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call) or not node.exc.args:
        return
    name, words = node.exc.func, node.exc.args[0]
    ours = isinstance(name, ast.Name) and not hasattr(builtins, name.id)
    if ours and isinstance(words, ast.Constant) and isinstance(words.value, str) and " " in words.value:
        yield words.lineno, words.value


def _menu(node: ast.AST) -> Iterator[tuple[int, str]]:
    """The labels of the menu of merge tags, written as (tag, label) pairs."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "MENU":
        for pair in ast.walk(node):
            if isinstance(pair, ast.Tuple) and len(pair.elts) == PAIR:
                label = pair.elts[1]
                if isinstance(label, ast.Constant) and isinstance(label.value, str):
                    yield label.lineno, label.value


def extracted() -> Catalog:
    """Every message id of the product, with the places it is used in."""
    catalog = Catalog(project="goniec", charset="utf-8")
    for folder in (*ROOMS, "templates"):
        method: Any = "jinja2" if folder == "templates" else extract
        found = extract_from_dir(
            str(ROOT / folder),
            method_map=[("**.html" if folder == "templates" else "**.py", method)],
            keywords=KEYWORDS,
            options_map={"**.html": {"trimmed": "true"}},
        )
        for file, line, message, comments, context in found:
            catalog.add(
                message, locations=[(f"{folder}/{file}", line)], auto_comments=comments, context=context
            )
    return catalog


def main() -> int:
    """Merge what was found into the Polish catalogue; translations stay, nothing is guessed."""
    catalog = Catalog(locale="pl", project="goniec", charset="utf-8")
    if POLISH.exists():
        with POLISH.open("rb") as file:
            catalog = read_po(file, locale="pl")
    catalog.update(extracted(), no_fuzzy_matching=True)
    POLISH.parent.mkdir(parents=True, exist_ok=True)
    with POLISH.open("wb") as file:
        write_po(
            file, catalog, omit_header=False, sort_output=True, include_lineno=False, ignore_obsolete=True
        )
    untranslated = sum(1 for message in catalog if message.id and not message.string)
    print(f"{len(catalog)} messages, {untranslated} without a Polish translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
