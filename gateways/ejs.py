"""EJS, run by the real EJS 7 inside quickjs-ng: templates that people write, held to limits of time, memory
and size.
"""

import itertools
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import quickjs

from gateways.ejs_failures import PrintedTooMuch, RanTooLong, TemplateFailed, failure, halted, is_halt

__all__ = ["OUTPUT_LIMIT", "EjsRuntime", "EjsTemplate", "TemplateFailed", "Values", "render_together"]

Values = Mapping[str, object]
Escape = Literal["html", "none"]

OUTPUT_LIMIT = 2_000_000
_CHUNK = 50
_TEMPLATES_KEPT = 64
_DRIVER = Path(__file__).with_name("ejs.js")


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

    def call(
        self, action: str, template: "EjsTemplate", *arguments: object, seconds: float | None = None
    ) -> list[str | None]:
        """Run one of the driver's actions, for at most ``seconds`` of the processor's time. Raises
        TemplateFailed; after a halt the next call gets a new context.
        """
        world = self._world()
        if template.id not in world.compiled and len(world.compiled) >= _TEMPLATES_KEPT:
            del self._thread.world
            world = self._world()
        try:
            world.limit_time(self.time_limit_seconds)
            if action != "compile" and template.id not in world.compiled:
                world.call("compile", template.id, template.source, template.escape)
            if seconds is not None:
                world.limit_time(seconds)
            done = world.call(action, template.id, *arguments)
        except _Halted as halt:
            del self._thread.world
            raise halted(
                str(halt),
                memory_limit_bytes=self.memory_limit_bytes,
                time_limit_seconds=self.time_limit_seconds,
            ) from halt
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
        self.runtime = runtime

    def render(self, values: Values) -> str:
        """The text for one set of values (anything JSON can carry). Raises TemplateFailed."""
        return self.render_many([values])[0]

    def render_many(self, values_list: Sequence[Values]) -> list[str]:
        """The texts for many, in order, crossing into JavaScript once for every 50.

        Raises TemplateFailed whose ``index`` names the first that fails. The time limit is for each of them.
        """
        return [text for (text,) in render_together([self], values_list)]

    def texts(self, values_list: Sequence[Values], seconds: float) -> list[str]:
        """The texts for a chunk of values, all within ``seconds``. Raises TemplateFailed."""
        texts: list[str] = []
        for text in self.runtime.call("render", self, values_list, seconds=seconds):
            if text is None:
                raise PrintedTooMuch(limit=OUTPUT_LIMIT)
            texts.append(text)
        return texts


def render_together(templates: Sequence[EjsTemplate], values_list: Sequence[Values]) -> list[tuple[str, ...]]:
    """Every template's text for each set of values, in order. The time limit is for all the texts of one set
    together.

    Raises TemplateFailed whose ``index`` names the first set that fails, and ``place`` the template.
    """
    rows: list[tuple[str, ...]] = []
    for start in range(0, len(values_list), _CHUNK):
        chunk = values_list[start : start + _CHUNK]
        try:
            rows += _rows(templates, chunk)
        except TemplateFailed as failed:
            if len(chunk) == 1:
                failed.index = start
                raise
            rows += _one_by_one(templates, chunk, start)
    return rows


def _one_by_one(
    templates: Sequence[EjsTemplate], chunk: Sequence[Values], start: int
) -> list[tuple[str, ...]]:
    rows = []
    for offset, values in enumerate(chunk):
        try:
            rows += _rows(templates, [values])
        except TemplateFailed as failed:
            failed.index = start + offset
            raise
    return rows


def _rows(templates: Sequence[EjsTemplate], chunk: Sequence[Values]) -> list[tuple[str, ...]]:
    columns = []
    began = time.process_time()  # quickjs, too, counts the processor's time
    for place, template in enumerate(templates):
        limit = template.runtime.time_limit_seconds
        left = limit - (time.process_time() - began)
        try:
            if left <= 0:
                raise RanTooLong(seconds=limit)
            columns.append(template.texts(chunk, left))
        except TemplateFailed as failed:
            failed.place = place
            raise
    return list(zip(*columns, strict=True))


class _World:
    """One quickjs context with EJS in it."""

    def __init__(self, ejs: str, driver: str, runtime: EjsRuntime) -> None:
        context = quickjs.Context()
        self._call: Callable[[str, str, str], str] = context.eval(driver)(ejs, OUTPUT_LIMIT)
        context.set_memory_limit(runtime.memory_limit_bytes)
        self._context = context
        self._mark = f"\x1e{secrets.token_hex(16)}\x1e"
        self.compiled: set[int] = set()

    def limit_time(self, seconds: float) -> None:
        """The processor's time that each call from now on may take."""
        self._context.set_time_limit(seconds)

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
        if is_halt(failed):
            raise _Halted(failed["message"])
        raise failure(failed, answer["generated"])

    def _raw(self, action: str, request: str, mark: str) -> str:
        try:
            return self._call(action, request, mark)
        except quickjs.JSException as error:
            raise _Halted(str(error)) from error
