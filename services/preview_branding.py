"""A sample message in a look that nobody has saved yet."""

from base64 import b64encode

from sqlalchemy.orm import Session

from domain.branding import Branding, Logo
from domain.correspondence import SAMPLE_LETTER, SAMPLE_LETTER_SUBJECT
from services.branding import logo_of, newest_version
from services.dress_message import own_letter
from services.message_content import Rendered
from services.save_branding import Look


def preview_branding(session: Session, look: Look) -> Rendered:
    """The sample letter; a logo that is not saved yet stands in it as a ``data:`` picture."""
    html, text = own_letter(SAMPLE_LETTER, tried_branding(session, look))
    return Rendered(SAMPLE_LETTER_SUBJECT, html, text)


def tried_branding(session: Session, look: Look) -> Branding:
    """The branding that saving this look would give."""
    if look.picture:
        coded = b64encode(look.picture.content).decode("ascii")
        url = f"data:{look.picture.content_type};base64,{coded}"
        return look.branding(Logo(url, look.picture.width, look.picture.height))
    return look.branding(None if look.without_logo else logo_of(newest_version(session)))
