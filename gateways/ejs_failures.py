"""Why a template that somebody wrote could not be compiled or rendered, each cause a sentence of its own.

One class for each sentence: a failure is stored with the message it stopped, in English, and shown in the
reader's language, which ``extensions.babel.translate_stored`` finds by the class's ``message``.
"""

import re
from collections.abc import Mapping

from domain.errors import DomainError

LONGEST_REASON = 300
"""What a template throws may be as long as it likes; a sentence has to be stored whole."""

_RUN_TIME_ERROR = re.compile(r"ejs:(?P<line>\d+)\n.*\n\n(?P<reason>.*)", re.DOTALL)
_SYNTAX_ERROR_AT = re.compile(r"<input>:(\d+):")
_LINE_MARK = re.compile(r"^\s*; __line = (\d+)$", re.MULTILINE)
_MEMORY = "out of memory"
_RECURSION = "Maximum call stack size exceeded"
_HALTS = ("InternalError", "RangeError")


class TemplateFailed(DomainError):
    """A template that could not be compiled or rendered. ``index`` is the place in the list given to
    ``render_many``, ``place`` that of the template among those given to ``render_together``.
    """

    message = "The template could not be rendered."
    index: int | None = None
    place: int = 0

    def at_line(self, line: int) -> "TemplateFailed":
        """The same failure, its line counted in another text."""
        moved = type(self)(None, **{**self.parameters, "line": line})
        moved.index, moved.place = self.index, self.place
        return moved


class PrintedTooMuch(TemplateFailed):
    message = "The template printed more than %(limit)s characters."


class UsedTooMuchMemory(TemplateFailed):
    message = "The template used more than %(limit)s MB of memory and was stopped."


class CalledTooDeeply(TemplateFailed):
    message = "The template calls itself too deeply and was stopped."


class RanTooLong(TemplateFailed):
    message = "The template ran longer than %(seconds)s s and was stopped."


class EngineStopped(TemplateFailed):
    message = "The script engine was stopped in the middle of the template. Try again."


class NotValidEjs(TemplateFailed):
    message = "Line %(line)s of the template is not valid EJS: %(reason)s."


class FailedAtLine(TemplateFailed):
    message = "Line %(line)s of the template failed: %(reason)s."


class FailedSomewhere(TemplateFailed):
    message = "The template failed: %(reason)s."


def is_halt(failed: Mapping[str, str]) -> bool:
    """Whether JavaScript caught the error of a limit: the context it ran in is not to be trusted again."""
    said = failed["message"]
    return failed["name"] in _HALTS and (_MEMORY in said or _RECURSION in said)


def halted(halt: str, *, memory_limit_bytes: int, time_limit_seconds: float) -> TemplateFailed:
    """What a halt of quickjs means."""
    if _MEMORY in halt:
        return UsedTooMuchMemory(limit=memory_limit_bytes // (1024 * 1024))
    return CalledTooDeeply() if _RECURSION in halt else RanTooLong(seconds=time_limit_seconds)


def failure(failed: Mapping[str, str], generated: str) -> TemplateFailed:
    """One sentence from EJS's error; the line counts from 1 and is that of the tag's beginning."""
    if failed["name"] == "SyntaxError" and " while compiling ejs" in failed["message"]:
        reason = failed["message"].partition(" while compiling ejs")[0]
        line = _line_of_syntax_error(failed["stack"], generated)
        return NotValidEjs(line=line, reason=reason[:LONGEST_REASON])
    at = _RUN_TIME_ERROR.fullmatch(failed["message"])
    if at is None:
        return FailedSomewhere(reason=failed["message"][:LONGEST_REASON])
    return FailedAtLine(line=int(at["line"]), reason=at["reason"][:LONGEST_REASON])


def _line_of_syntax_error(stack: str, generated: str) -> int:
    """The template's line from the position in EJS's generated code, which marks its lines.

    quickjs puts two lines, ``(function anonymous(…`` and ``) {``, before the code given to Function.
    """
    at = _SYNTAX_ERROR_AT.search(stack)
    generated_line = int(at[1]) - 2 if at else 0
    before = "\n".join(generated.split("\n")[: max(generated_line, 0)])
    marks = _LINE_MARK.findall(before)
    return int(marks[-1]) if marks else 1
