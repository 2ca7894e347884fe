"""How our e-mails look: the company's name, logo, colours and footer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Logo:
    """Where the picture lies for everybody to fetch, and its size on the screen in CSS pixels."""

    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Branding:
    """``company`` stands in place of a logo that is not there or not shown. Colours are ``#rrggbb``, empty
    for none; ``footer_html`` is HTML without fields or code.
    """

    company: str = ""
    logo: Logo | None = None
    colour: str = ""
    link_colour: str = ""
    footer_html: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether nothing is set that a message could show."""
        return not (self.logo or self.colour or self.link_colour or self.footer_html)


PLAIN = Branding()
