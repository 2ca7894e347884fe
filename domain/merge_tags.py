"""Merge tags: the words in braces that a person puts into a message template."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TAG_PATTERN = re.compile(r"\{([a-z_]+)\}")

RECORD_TAGS: dict[str, str] = {
    "client_name": "client.name",
    "client_first_name": "client.first_name",
    "first_name": "client.first_name",
    "last_name": "client.last_name",
    "client_email": "client.email",
    "contract_number": "contract.number",
    "contract_type": "contract.type",
    "contract_date": "contract.date",
    "unit": "contract.unit",
    "investment_name": "investment.name",
    "investment_city": "investment.city",
    "account_manager": "account_manager.name",
    "company_name": "company.name",
    "unsubscribe_url": "links.unsubscribe",
    "consents_url": "links.consents",
}
"""Merge tag -> dotted path in the values a template is rendered with; every value is a string."""

RECORD_PATHS = frozenset(RECORD_TAGS.values())

_HTML_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_ESCAPES = str.maketrans(_HTML_ESCAPES)
_NEEDS_ESCAPE = re.compile("[&<>\"']")


@dataclass(frozen=True, slots=True)
class MergeTag:
    """One entry of the editor's merge-tag menu; ``label`` is an English gettext id."""

    name: str
    path: str
    label: str


MENU: tuple[MergeTag, ...] = tuple(
    MergeTag(name, RECORD_TAGS[name], label)
    for name, label in (
        ("client_name", "Client: full name"),
        ("first_name", "Client: first name"),
        ("last_name", "Client: last name"),
        ("client_email", "Client: e-mail address"),
        ("contract_number", "Contract: number"),
        ("contract_type", "Contract: type"),
        ("contract_date", "Contract: date"),
        ("unit", "Contract: unit"),
        ("investment_name", "Investment: name"),
        ("investment_city", "Investment: city"),
        ("account_manager", "Account manager"),
        ("company_name", "Our company's name"),
        ("unsubscribe_url", "Link: unsubscribe"),
        ("consents_url", "Link: the client's consents"),
    )
)


_FIELD_NAMES = {path: name for name, path in RECORD_TAGS.items()} | {tag.path: tag.name for tag in MENU}


def field_name(path: str) -> str:
    """What a sender calls the field at a dotted path: by its tag or campaign variable, else by the path."""
    return _FIELD_NAMES.get(path) or path.removeprefix("variables.")


def field_path(name: str) -> str:
    """The dotted path of a field by any of its names: ``contract_number`` or ``contract.number``."""
    return name if "." in name else path_of(name)


def path_of(tag: str) -> str:
    """The dotted path behind a merge tag: a record's field, else the campaign variable of that name."""
    return RECORD_TAGS.get(tag, f"variables.{tag}")


def variable_of(path: str) -> str | None:
    """The campaign variable that a dotted path reads, or None when it reads a record."""
    root, _, name = path.partition(".")
    return name if root == "variables" and TAG_PATTERN.fullmatch(f"{{{name}}}") else None


def value_at(values: Mapping[str, object], path: str) -> str:
    """The text at a dotted path as EJS prints it: a missing or null field is an empty text.

    Raises KeyError when the path's first part is not in ``values`` (EJS calls that an undefined name).
    """
    root, *rest = path.split(".")
    found: object = values[root]
    for part in rest:
        if not isinstance(found, Mapping):
            return ""
        found = found.get(part)
    return "" if found is None else str(found)


def escape_html(text: str) -> str:
    """``text`` as EJS 7's own ``<%= %>`` escapes it: ``&#34;`` and ``&#39;``, unlike html.escape."""
    return text.translate(_ESCAPES) if _NEEDS_ESCAPE.search(text) else text
