"""What an SMS says: prepared from what its author wrote, with the footer, frozen, then rendered for each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domain.template_source import TemplateRefused, parse
from domain.transliteration import to_gsm
from gateways.ejs import EjsRuntime
from services.compose_mail import NO_LINKS, nest
from services.message_content import cut_at_fields
from services.sms_settings import SmsSettings


@dataclass(frozen=True, slots=True)
class FrozenText:
    """An SMS's EJS source, final: merge tags are EJS and the footer stands at its end.

    ``has_logic`` is false when it is text and plain outputs of fields, ``outputs`` their dotted paths.
    ``strip_letters``: it leaves without Polish letters; one of more than ``most_parts`` does not leave.
    """

    text: str
    variables: tuple[str, ...]
    has_logic: bool
    outputs: tuple[str, ...]
    strip_letters: bool
    most_parts: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "FrozenText":
        lists = {name: tuple(stored[name]) for name in ("variables", "outputs")}
        return cls(**{**stored, **lists})

    def finished(self, text: str) -> str:
        """A rendered text as it leaves."""
        return to_gsm(text) if self.strip_letters else text


def prepare_text(body: str, settings: SmsSettings, *, strip_letters: bool | None = None) -> FrozenText:
    """Make an SMS's final source; ``strip_letters`` none: as the settings say.

    Raises TemplateRefused. Syntax inside ``<% %>`` is only checked by compiling: make a TextRenderer of
    the result.
    """
    written = "\n".join(body.splitlines()).strip()
    if settings.footer:
        written += "\n" + settings.footer
    source = parse(written, html=False)
    if not NO_LINKS.keys().isdisjoint(source.outputs):
        raise TemplateRefused(
            "An SMS cannot hold the link to unsubscribe or to the consents: its length differs each time."
        )
    return FrozenText(
        text=source.to_ejs(),
        variables=source.variables,
        has_logic=source.has_logic,
        outputs=source.outputs,
        strip_letters=settings.strip_letters if strip_letters is None else strip_letters,
        most_parts=settings.most_parts,
    )


class TextRenderer:
    """Renders a frozen text; compiles it when made, and so raises TemplateFailed for a syntax error."""

    def __init__(self, content: FrozenText, runtime: EjsRuntime) -> None:
        self.content = content
        self._template = runtime.compile(content.text, escape="none")
        self._parts = () if content.has_logic else cut_at_fields(content.text)

    def render_many(self, values_list: Sequence[Mapping[str, str]]) -> list[str]:
        """Each text from a flat map of dotted path to text, with its Polish letters: see ``finished``.

        Raises TemplateFailed whose ``index`` names the one that failed.
        """
        if self.content.has_logic:
            return self._template.render_many([nest(values) for values in values_list])
        return [
            "".join(values.get(part, "") if place % 2 else part for place, part in enumerate(self._parts))
            for values in values_list
        ]
