"""EJS, run by the real EJS 7 inside quickjs-ng, in a process of its own: templates that people write, held to
limits of time, memory and size.
"""

import itertools
import json
import secrets
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from gateways.ejs_failures import (
    EngineStopped,
    PrintedTooMuch,
    RanTooLong,
    TemplateFailed,
    UsedTooMuchMemory,
    failure,
    halted,
    is_halt,
)
from gateways.ejs_process import AnsweredTooMuch, Engine, EngineGone, OutOfTime

__all__ = ["OUTPUT_LIMIT", "EjsRuntime", "EjsTemplate", "TemplateFailed", "Values", "render_together"]

Values = Mapping[str, object]
Escape = Literal["html", "none"]

OUTPUT_LIMIT = 2_000_000
_CHUNK = 50
_TEMPLATES_KEPT = 64
_ENGINES_KEPT = 4
_DRIVER = Path(__file__).with_name("ejs.js")


class Done(NamedTuple):
    """What an action gave, and the seconds of the processor's time that it took."""

    texts: list[str | None]
    seconds: float


class EjsRuntime:
    """EJS with its limits; ``ejs_source`` is the path of ``ejs.min.js``.

    Each rendering gets its own copy of its values in a world where everything shared is frozen, so nothing
    passes from one recipient to another; there is no clock, chance, file or network, so the same values
    give the same text. Safe to share between threads: each asks a process that no other is asking, started
    when there is none, so that nobody waits for another's template. Safe to use on both sides of a fork.
    ``memory_limit_bytes`` is for all the templates of one such process together.
    """

    def __init__(
        self, ejs_source: Path, *, time_limit_seconds: float = 1.0, memory_limit_bytes: int = 32 * 1024 * 1024
    ) -> None:
        self.time_limit_seconds = time_limit_seconds
        self.memory_limit_bytes = memory_limit_bytes
        self._sources = tuple(path.read_text(encoding="utf-8") for path in (_DRIVER, ejs_source))
        self._mark = f"\x1e{secrets.token_hex(16)}\x1e"
        self._ids = itertools.count()
        self._idle: deque[Engine] = deque()  # its methods are atomic: a lock could be held during a fork

    def compile(self, source: str, *, escape: Escape) -> "EjsTemplate":
        """Compile once; raises TemplateFailed with EJS's line for a syntax error."""
        template = EjsTemplate(self, next(self._ids), source, escape)
        self.call("compile", template, source, escape)
        return template

    def call(
        self, action: str, template: "EjsTemplate", *arguments: object, seconds: float | None = None
    ) -> Done:
        """Run one of the driver's actions, for at most ``seconds`` of the processor's time. Raises
        TemplateFailed; after a halt the next call gets a new process.
        """
        request = json.dumps((template.id, *arguments))
        if len(request) > self.memory_limit_bytes:
            raise UsedTooMuchMemory(limit=self.memory_limit_bytes // (1024 * 1024))
        seconds = self.time_limit_seconds if seconds is None else seconds
        try:
            return self._through(
                self._idle_engine(template) or self._start(), action, template, request, seconds
            )
        except EngineGone:
            pass  # something else ended it, perhaps long ago
        try:
            return self._through(self._start(), action, template, request, seconds)
        except EngineGone as gone:
            raise EngineStopped from gone

    def close(self) -> None:
        """End the processes that nobody is asking; the next call starts one again."""
        while engine := self._taken():
            engine.end()

    def _taken(self) -> Engine | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _idle_engine(self, template: "EjsTemplate") -> Engine | None:
        while engine := self._taken():
            has_room = template.id in engine.compiled or len(engine.compiled) < _TEMPLATES_KEPT
            if engine.is_usable and has_room:
                return engine
            engine.end()
        return None

    def _start(self) -> Engine:
        return Engine(self._sources, output_limit=OUTPUT_LIMIT, memory_limit_bytes=self.memory_limit_bytes)

    def _through(
        self, engine: Engine, action: str, template: "EjsTemplate", request: str, seconds: float
    ) -> Done:
        """Ask this one, and keep it if it can be asked again."""
        try:
            if action != "compile" and template.id not in engine.compiled:
                source = json.dumps((template.id, template.source, template.escape))
                self._ask(engine, "compile", source, self.time_limit_seconds)
                engine.compiled.add(template.id)
            done = self._ask(engine, action, request, seconds)
            engine.compiled.add(template.id)
            return done
        except OutOfTime as late:
            raise RanTooLong(seconds=self.time_limit_seconds) from late
        except AnsweredTooMuch as long:
            raise PrintedTooMuch(limit=OUTPUT_LIMIT) from long
        finally:
            if engine.is_usable and len(self._idle) < _ENGINES_KEPT:
                self._idle.append(engine)

    def _ask(self, engine: Engine, action: str, request: str, seconds: float) -> Done:
        answer = engine.ask(action, self._mark, request, seconds)
        text = answer.text
        if answer.finished and text.startswith("T"):
            if text.endswith(self._mark[:-1]):
                return Done(list(text.split(self._mark)[1:-1]), answer.seconds)
            answer = engine.ask(action, "", request, seconds)
        if not answer.finished:
            raise self._halted(engine, answer.text)
        said = json.loads(answer.text)
        if "done" in said:
            return Done(said["done"], answer.seconds)
        if is_halt(said["failed"]):
            raise self._halted(engine, said["failed"]["message"])
        raise failure(said["failed"], said["generated"])

    def _halted(self, engine: Engine, halt: str) -> TemplateFailed:
        engine.end()
        return halted(
            halt, memory_limit_bytes=self.memory_limit_bytes, time_limit_seconds=self.time_limit_seconds
        )


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

    def texts(self, values_list: Sequence[Values], seconds: float) -> tuple[list[str], float]:
        """The texts for a chunk of values, all within ``seconds``, and the seconds that they took. Raises
        TemplateFailed.
        """
        texts: list[str] = []
        done = self.runtime.call("render", self, values_list, seconds=seconds)
        for text in done.texts:
            if text is None or len(text) > OUTPUT_LIMIT:
                raise PrintedTooMuch(limit=OUTPUT_LIMIT)
            texts.append(text)
        return texts, done.seconds


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
    columns, spent = [], 0.0
    for place, template in enumerate(templates):
        limit = template.runtime.time_limit_seconds
        try:
            if spent >= limit:
                raise RanTooLong(seconds=limit)
            texts, seconds = template.texts(chunk, limit - spent)
        except TemplateFailed as failed:
            failed.place = place
            raise
        columns.append(texts)
        spent += seconds
    return list(zip(*columns, strict=True))
