"""How the sample company's e-mails look: a drawn logo, colours and a footer."""

import math
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import fontpkg_lato  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from gateways.logo_picture import logo_picture
from sandbox.sample_texts import COMPANY
from services.save_branding import Change, Look, Store, cleaned_footer, write_branding

COLOUR, LINK_COLOUR = "#0f5c5c", "#0b6b8a"
FOOTER = (
    f"<p><strong>{COMPANY} Sp. z o.o.</strong><br>ul. Nadodrzańska 2, 50-001 Wrocław<br>"
    'tel. <a href="tel:+48713000000">71 300 00 00</a> · '
    '<a href="mailto:biuro@goniec.example">biuro@goniec.example</a></p>'
)
_SIZE, _EMBLEM = (960, 256), 208
_WAVES = ((96, "#ffffff"), (132, "#8fd3c8"), (168, "#5fb3b3"))


@dataclass(frozen=True, slots=True)
class LogoPlace:
    """Where the logo is kept, and where the application is found."""

    store: Store
    base_url: str


def write_look(session: Session, place: LogoPlace | None, *, actor_id: int, now: datetime) -> None:
    """The company's name and look; without a place for it there is no logo. The caller commits."""
    picture = logo_picture(drawn_logo()) if place else None
    look = Look(COMPANY, COLOUR, LINK_COLOUR, cleaned_footer(FOOTER), picture)
    store, base_url = (place.store, place.base_url) if place else (_Nowhere(), "")
    write_branding(session, look, Change(store, base_url, actor_id, now))


class _Nowhere:
    def save(self, _content: bytes) -> tuple[str, str]:
        raise NotImplementedError

    def delete(self, _name: str) -> None:
        raise NotImplementedError


def drawn_logo() -> bytes:
    """A river under a house's roof, and the company's name beside it; PNG on white."""
    picture = Image.new("RGB", _SIZE, "#ffffff")
    draw = ImageDraw.Draw(picture)
    top = (_SIZE[1] - _EMBLEM) // 2
    draw.rounded_rectangle((8, top, 8 + _EMBLEM, top + _EMBLEM), radius=44, fill=COLOUR)
    middle = 8 + _EMBLEM // 2
    draw.polygon([(middle, top + 28), (middle + 66, top + 78), (middle - 66, top + 78)], fill="#ffffff")
    for height, colour in _WAVES:
        wave = [(x, top + height + 9 * math.sin((x - middle) / 16)) for x in range(middle - 72, middle + 73)]
        draw.line(wave, fill=colour, width=15, joint="curve")
    first, _, second = COMPANY.partition(" ")
    draw.text((252, 34), first, font=_font("Bold", 128), fill=COLOUR)
    draw.text((258, 172), second.upper(), font=_font("Regular", 46), fill="#4a5560")
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    (file,) = Path(fontpkg_lato.ROOT).rglob(f"Lato-{weight}.*tf")
    return ImageFont.truetype(str(file), size)
