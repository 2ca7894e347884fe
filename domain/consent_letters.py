"""The letters that ask for a consent, and the words a consent given without the office is recorded with.

They carry the question alone and no offer: a request for consent to marketing can itself be marketing
(PKE art. 398).
"""

from dataclasses import dataclass
from datetime import datetime

from domain.local_time import WARSAW
from domain.merge_tags import escape_html

SELF_SERVICE = "strona zgód (samoobsługa)"
CONFIRMED = "potwierdzona z wiadomości"
"""What stands as the source of a consent, beside the method."""

_HTML = (
    "<p>Dzień dobry,</p><p>{opening}</p>"
    '<blockquote style="margin: 16px 0; padding: 8px 16px; border-left: 4px solid #d5d9e0">'
    "<p><strong>{name}</strong></p><p>{wording}</p></blockquote>"
    '<p>{way}<br><a href="{url}">{url}</a></p><p>{closing}</p><p>{company}</p>'
)
_WAY = "Prosimy otworzyć tę stronę i nacisnąć na niej przycisk:"
_CLOSING = (
    "Link działa jeden raz, do {until}. Bez potwierdzenia żadna zgoda nie zostanie zapisana i nie trzeba nic "
    "robić. Zgodę można wycofać w każdej chwili."
)


@dataclass(frozen=True, slots=True)
class ConsentLetter:
    """Why the question comes: in answer to the client, or from the office."""

    subject: str
    opening: str


TO_CONFIRM = ConsentLetter(
    "Prosimy o potwierdzenie zgody",
    "na stronie zgód wybrali Państwo zgodę o poniższej treści. Prosimy ją potwierdzić, abyśmy wiedzieli, że "
    "pochodzi od Państwa.",
)
TO_ASK = ConsentLetter(
    "Prośba o decyzję w sprawie zgody",
    "prosimy o decyzję, czy wyrażają Państwo zgodę o poniższej treści.",
)


@dataclass(frozen=True, slots=True)
class AskedConsent:
    """What is asked for, and where and until when it can be answered."""

    name: str
    wording: str
    url: str
    expires_at: datetime
    company: str

    def html(self, letter: ConsentLetter) -> str:
        """The letter's text as HTML; nothing anybody typed is read as markup."""
        parts = {name: escape_html(part) for name, part in self._parts(letter).items()}
        parts["wording"] = "<br>".join(parts["wording"].splitlines())
        return _HTML.format(**parts)

    def _parts(self, letter: ConsentLetter) -> dict[str, str]:
        until = f"{self.expires_at.astimezone(WARSAW):%d.%m.%Y, godz. %H:%M}"
        return {
            "opening": letter.opening,
            "name": self.name,
            "wording": self.wording,
            "way": _WAY,
            "url": self.url,
            "closing": _CLOSING.format(until=until),
            "company": self.company,
        }
