"""Every word a person sees goes through gettext, and every one of them has a Polish translation."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from scripts.messages import POLISH, extract, extracted

ROOT = Path(__file__).resolve().parents[2]
ENTRANCES = ("admin_views", "services", "webhooks", "commands", "jobs")
POLISH_LETTERS = re.compile("[ąćęłńóśźżĄĆĘŁŃÓŚŹŻ]")
WORD = re.compile(r"[^\W\d_]{2,}")
# Names are the same in every language, and a language is offered under its own name.
SAME_IN_BOTH = frozenset({"Goniec", "Polski", "English", "CSV", "SMS", "SMTP", "PLN", "HTML", "PL", "EN"})
JINJA = re.compile(
    r"\{#.*?#\}|\{%-?\s*trans\b.*?endtrans\s*-?%\}|\{%-?\s*set\s+\w+\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)
SPOKEN_ATTRIBUTES = frozenset({"title", "alt", "placeholder", "aria-label", "data-confirm"})


def polish_literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and POLISH_LETTERS.search(node.value)
        ):
            yield node.value


class SpokenText(HTMLParser):
    """Collects the words a page says by itself, without asking gettext."""

    def __init__(self) -> None:
        super().__init__()
        self.silent = 0
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES:
                self._note(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self._note(data)

    def _note(self, text: str) -> None:
        self.words += [word for word in WORD.findall(text) if word not in SAME_IN_BOTH]


def words_outside_gettext(page: str) -> list[str]:
    spoken = SpokenText()
    spoken.feed(JINJA.sub("", page))
    spoken.close()
    return spoken.words


def pages() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def polish() -> Catalog:
    with POLISH.open("rb") as file:
        return read_po(file, locale="pl")


@pytest.mark.parametrize("room", ENTRANCES)
def test_no_polish_is_written_in_the_code(room: str) -> None:
    found = {
        path.name: list(polish_literals(ast.parse(path.read_text()))) for path in (ROOT / room).rglob("*.py")
    }
    assert {name: literals for name, literals in found.items() if literals} == {}


def test_no_polish_is_written_in_a_page() -> None:
    assert [path.name for path in pages() if POLISH_LETTERS.search(path.read_text())] == []


def test_no_word_of_a_page_is_outside_gettext() -> None:
    found = {path.name: words_outside_gettext(path.read_text()) for path in pages()}
    assert {name: words for name, words in found.items() if words} == {}


def test_a_word_outside_gettext_is_found() -> None:
    page = '<p title="Close">{{ _("Fine") }} Stray {% trans %}Fine{% endtrans %}<script>let x</script></p>'
    assert words_outside_gettext(page) == ["Close", "Stray"]


def test_the_ids_that_errors_and_tables_carry_are_extracted() -> None:
    source = b'class Full(DomainError):\n    message = "It is full."\n\nTag(label="Name")\n_("Send")\n'
    found = [
        message for _line, _function, message, _comments in extract(BytesIO(source), {"_": None}, [], {})
    ]
    assert sorted(found) == ["It is full.", "Name", "Send"]


def test_every_message_has_a_polish_translation(polish: Catalog) -> None:
    wanted = {(message.id, message.context) for message in extracted() if message.id}
    untranslated = []
    for message_id, context in wanted:
        message = polish.get(message_id[0] if isinstance(message_id, tuple) else message_id, context)
        strings = [] if message is None else message.string
        if message is None or message.fuzzy or not strings or not all(strings):
            untranslated.append(message_id)
    assert sorted(map(str, untranslated)) == []


def test_every_translation_keeps_the_places_of_its_message(polish: Catalog) -> None:
    errors = [(message.id, str(error)) for message, found in polish.check() for error in found]
    assert errors == []


def test_no_translation_is_a_guess(polish: Catalog) -> None:
    assert [message.id for message in polish if message.id and message.fuzzy] == []
