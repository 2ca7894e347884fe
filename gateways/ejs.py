"""EJS, run by the real EJS 7 inside quickjs-ng: templates that people write, held to limits of time, memory
and size.
"""

import itertools
import json
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import quickjs

from domain.errors import DomainError

Values = Mapping[str, object]
Escape = Literal["html", "none"]

OUTPUT_LIMIT = 2_000_000
_CHUNK = 50
_TEMPLATES_KEPT = 64
_DRIVER = Path(__file__).with_name("ejs.js")
_RUN_TIME_ERROR = re.compile(r"ejs:(?P<line>\d+)\n.*\n\n(?P<reason>.*)", re.DOTALL)
_SYNTAX_ERROR_AT = re.compile(r"<input>:(\d+):")
_LINE_MARK = re.compile(r"^\s*; __line = (\d+)$", re.MULTILINE)


class TemplateFailed(DomainError):
    """A template that could not be compiled or rendered. ``index`` is the place in the list given to
    ``render_many``.
    """

    message = "The template could not be rendered."
    index: int | None = None


class _Halted(Exception):
    """quickjs stopped the code; the context it ran in is not to be trusted again."""


class EjsRuntime:
    """EJS with its limits; ``ejs_source`` is the path of ``ejs.min.js``.

    Each rendering gets its own copy of its values in a world where everything shared is frozen, so nothing
    passes from one recipient to another; there is no clock, chance, file or network, so the same values
    give the same text. Safe to share between threads (each has a context of its own, as quickjs needs) and
    to make before a fork. ``memory_limit_bytes`` is for all a thread's templates together.
    """

    def __init__(
        self, ejs_source: Path, *, time_limit_seconds: float = 1.0, memory_limit_bytes: int = 32 * 1024 * 1024
    ) -> None:
        self.time_limit_seconds = time_limit_seconds
        self.memory_limit_bytes = memory_limit_bytes
        self._ejs = ejs_source.read_text(encoding="utf-8")
        self._driver = _DRIVER.read_text(encoding="utf-8")
        self._thread = threading.local()
        self._ids = itertools.count()

    def compile(self, source: str, *, escape: Escape) -> "EjsTemplate":
        """Compile once; raises TemplateFailed with EJS's line for a syntax error."""
        template = EjsTemplate(self, next(self._ids), source, escape)
        self.call("compile", template, source, escape)
        return template

    def call(self, action: str, template: "EjsTemplate", *arguments: object) -> list[str | None]:
        """Run one of the driver's actions. Raises TemplateFailed; after a halt the next call gets a new
        context.
        """
        world = self._world()
        if template.id not in world.compiled and len(world.compiled) >= _TEMPLATES_KEPT:
            del self._thread.world
            world = self._world()
        try:
            if action != "compile" and template.id not in world.compiled:
                world.call("compile", template.id, template.source, template.escape)
            done = world.call(action, template.id, *arguments)
        except _Halted as halt:
            del self._thread.world
            raise _explain(str(halt), self) from halt
        world.compiled.add(template.id)
        return done

    def _world(self) -> "_World":
        world: _World | None = getattr(self._thread, "world", None)
        if world is None:
            world = self._thread.world = _World(self._ejs, self._driver, self)
        return world


class EjsTemplate:
    """A compiled template. Made by ``EjsRuntime.compile``."""

    def __init__(self, runtime: EjsRuntime, template_id: int, source: str, escape: Escape) -> None:
        self.id = template_id
        self.source = source
        self.escape = escape
        self._runtime = runtime

    def render(self, values: Values) -> str:
        """The text for one set of values (anything JSON can carry). Raises TemplateFailed."""
        return self._render([values])[0]

    def render_many(self, values_list: Sequence[Values]) -> list[str]:
        """The texts for many, in order, crossing into JavaScript once for every 50.

        Raises TemplateFailed whose ``index`` names the first that fails. The time limit is for each
        rendering.
        """
        texts: list[str] = []
        for start in range(0, len(values_list), _CHUNK):
            chunk = values_list[start : start + _CHUNK]
            try:
                texts += self._render(chunk)
            except TemplateFailed:
                texts += self._one_by_one(chunk, start)
        return texts

    def _one_by_one(self, chunk: Sequence[Values], start: int) -> list[str]:
        texts = []
        for offset, values in enumerate(chunk):
            try:
                texts.append(self.render(values))
            except TemplateFailed as failure:
                failure.index = start + offset
                raise
        return texts

    def _render(self, values_list: Sequence[Values]) -> list[str]:
        texts: list[str] = []
        for text in self._runtime.call("render", self, values_list):
            if text is None:
                raise TemplateFailed(
                    "The template printed more than %(limit)s characters.", limit=OUTPUT_LIMIT
                )
            texts.append(text)
        return texts


class _World:
    """One quickjs context with EJS in it."""

    def __init__(self, ejs: str, driver: str, runtime: EjsRuntime) -> None:
        context = quickjs.Context()
        self._call: Callable[[str, str, str], str] = context.eval(driver)(ejs, OUTPUT_LIMIT)
        context.set_memory_limit(runtime.memory_limit_bytes)
        context.set_time_limit(runtime.time_limit_seconds)
        self._context = context
        self._mark = f"\x1e{secrets.token_hex(16)}\x1e"
        self.compiled: set[int] = set()

    def call(self, action: str, *arguments: object) -> list[str | None]:
        request = json.dumps(arguments)
        raw = self._raw(action, request, self._mark)
        if raw.startswith("T"):
            if raw.endswith(self._mark[:-1]):
                return list[str | None](raw.split(self._mark)[1:-1])
            raw = self._raw(action, request, "")
        answer = json.loads(raw)
        if "done" in answer:
            done: list[str | None] = answer["done"]
            return done
        failed = answer["failed"]
        if failed["name"] in _HALTS and _halting(failed["message"]):
            raise _Halted(failed["message"])
        raise _failure(failed, answer["generated"])

    def _raw(self, action: str, request: str, mark: str) -> str:
        try:
            return self._call(action, request, mark)
        except quickjs.JSException as error:
            raise _Halted(str(error)) from error


_HALTS = ("InternalError", "RangeError")
_MEMORY = "out of memory"
_RECURSION = "Maximum call stack size exceeded"


def _halting(message: str) -> bool:
    return _MEMORY in message or _RECURSION in message


def _explain(halt: str, runtime: EjsRuntime) -> TemplateFailed:
    if _MEMORY in halt:
        limit = runtime.memory_limit_bytes // (1024 * 1024)
        return TemplateFailed(
            "The template used more than %(limit)s MB of memory and was stopped.", limit=limit
        )
    if _RECURSION in halt:
        return TemplateFailed("The template calls itself too deeply and was stopped.")
    seconds = runtime.time_limit_seconds
    return TemplateFailed("The template ran longer than %(seconds)s s and was stopped.", seconds=seconds)


def _failure(failed: Mapping[str, str], generated: str) -> TemplateFailed:
    """One sentence from EJS's error; the line counts from 1 and is that of the tag's beginning."""
    if failed["name"] == "SyntaxError" and " while compiling ejs" in failed["message"]:
        reason = failed["message"].partition(" while compiling ejs")[0]
        line = _line_of_syntax_error(failed["stack"], generated)
        return TemplateFailed(
            "Line %(line)s of the template is not valid EJS: %(reason)s.", line=line, reason=reason
        )
    at = _RUN_TIME_ERROR.fullmatch(failed["message"])
    if at is None:
        return TemplateFailed("The template failed: %(reason)s.", reason=failed["message"])
    return TemplateFailed(
        "Line %(line)s of the template failed: %(reason)s.", line=int(at["line"]), reason=at["reason"]
    )


def _line_of_syntax_error(stack: str, generated: str) -> int:
    """The template's line from the position in EJS's generated code, which marks its lines.

    quickjs puts two lines, ``(function anonymous(…`` and ``) {``, before the code given to Function.
    """
    at = _SYNTAX_ERROR_AT.search(stack)
    generated_line = int(at[1]) - 2 if at else 0
    before = "\n".join(generated.split("\n")[: max(generated_line, 0)])
    marks = _LINE_MARK.findall(before)
    return int(marks[-1]) if marks else 1
