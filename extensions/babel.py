"""The panel's language: Polish, unless the person or the browser asks for English."""

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path

from flask import Flask, current_app, has_request_context, request, session
from flask_admin.babel import CustomDomain
from flask_babel import Babel, format_decimal, get_locale, gettext
from flask_login import current_user

from domain.errors import DomainError, Listed

LANGUAGES = {"pl": "Polski", "en": "English"}
DEFAULT_LANGUAGE = "pl"
TIMEZONE = "Europe/Warsaw"
ENUM_WORDS = "goniec_enum_words"
"""The extension that names an enum's member in the person's language: the panel's, where there is one."""
_PLACE = re.compile(r"%\\\((\w+)\\\)s")


def choose_language() -> str:
    """The account's choice, then the session's, then the browser's; Polish when nobody states one."""
    chosen = getattr(current_user, "locale", None) or session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES, DEFAULT_LANGUAGE) or DEFAULT_LANGUAGE


def translate(error: DomainError) -> str:
    """A refusal as one sentence in the person's language, with its amounts (Decimal), names (Listed) and
    states (StrEnum) written as there.
    """
    sentence = gettext(error.message_id)
    said = {name: _written(value) for name, value in error.parameters.items()}
    return sentence % said if said else sentence


def _written(value: object) -> object:
    if isinstance(value, Listed):
        return ", ".join(gettext(message_id) for message_id in value.ids)
    if isinstance(value, StrEnum) and ENUM_WORDS in current_app.extensions:
        return current_app.extensions[ENUM_WORDS](value)
    if not isinstance(value, Decimal):
        return value
    _whole, _dot, decimals = f"{value:f}".partition(".")
    return format_decimal(value, f"#,##0.{'0' * len(decimals)}")


def translate_stored(text: str | None) -> str:
    """A sentence that was stored in English with its parameters filled in, in the person's language; what a
    server said stays as it is.
    """
    for pattern, message_id in _stored_sentences():
        if found := pattern.fullmatch(text or ""):
            parameters = found.groupdict()
            return gettext(message_id) % parameters if parameters else gettext(message_id)
    return text or ""


@cache
def _stored_sentences() -> list[tuple[re.Pattern[str], str]]:
    # One that begins with a parameter could be anything a server says.
    ids = {kind.message for kind in _kinds(DomainError) if not kind.message.startswith("%(")}
    return [
        (re.compile(_PLACE.sub(r"(?P<\1>.*)", re.escape(message_id)), re.DOTALL), message_id)
        for message_id in sorted(ids, key=len, reverse=True)
    ]


def _kinds(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    for heir in kind.__subclasses__():
        yield heir
        yield from _kinds(heir)


def current_language() -> str:
    """``pl`` or ``en``; outside a request the default."""
    locale = get_locale() if has_request_context() else None
    return locale.language if locale else DEFAULT_LANGUAGE


def init_app(app: Flask) -> None:
    Babel(
        app,
        default_locale=DEFAULT_LANGUAGE,
        default_timezone=TIMEZONE,
        locale_selector=choose_language,
        default_translation_directories=str(Path(app.root_path) / "translations"),
    )
    app.jinja_env.filters["translate_stored"] = translate_stored
    app.jinja_env.globals.update(current_language=current_language, LANGUAGES=LANGUAGES)
    _let_our_words_win()


def _let_our_words_win() -> None:
    """Flask-Admin merges its own catalogue last; ours (domain ``admin``) corrects it and has to be last."""
    ours = str(Path(__file__).resolve().parent.parent / "translations")
    bundled = list(CustomDomain.__mro__[1].translation_directories.fget(CustomDomain()))
    CustomDomain.translation_directories = property(lambda _domain: [*bundled, ours])
