"""Errors an operator can act on."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Listed:
    """A parameter that is a list of message ids: the entrance translates each."""

    ids: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.ids)


class DomainError(Exception):
    """A refusal that a person can do something about.

    Carries a message id (an English gettext string with ``%(name)s`` places) and its
    parameters; the entrance that catches it translates it into one sentence.
    """

    message: ClassVar[str] = "The operation was refused."

    def __init__(self, message: str | None = None, **parameters: object) -> None:
        self.message_id = message or self.message
        self.parameters = parameters
        super().__init__(self.message_id % parameters if parameters else self.message_id)
