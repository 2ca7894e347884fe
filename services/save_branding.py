"""Changing how our e-mails look: from the next message on, never in one that is approved or sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from domain.branding import Branding, Logo
from domain.html_limits import is_too_complicated
from domain.template_source import TemplateRefused, Text, parse
from gateways.html_mail import sanitise
from gateways.logo_picture import LogoPicture
from models.branding import BrandingVersion
from services.branding import newest_version
from services.company_name import COMPANY_NAME, company_name
from services.dress_message import own_letter
from services.invoice_settings import save_settings
from services.record_audit import append_audit

LONGEST_FOOTER = 20_000


class Store(Protocol):
    def save(self, content: bytes) -> tuple[str, str]: ...
    def delete(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Look:
    """What a person sets. ``picture``: a new logo; without it the old one stays, unless ``without_logo``.
    ``footer_html`` is what `cleaned_footer` gives.
    """

    company: str = ""
    colour: str = ""
    link_colour: str = ""
    footer_html: str = ""
    picture: LogoPicture | None = None
    without_logo: bool = False

    def branding(self, logo: Logo | None) -> Branding:
        """The look around a message, with that logo."""
        return Branding(self.company, logo, self.colour, self.link_colour, self.footer_html)


def cleaned_footer(html: str) -> str:
    """The footer as it goes out, empty when nothing of it can be seen.

    Raises TemplateRefused for a field or code, whose values no footer has, and for what is too much.
    """
    if len(html) > LONGEST_FOOTER:
        raise TemplateRefused(
            "The footer is too long: at most %(limit)s characters. A picture belongs on a web server, not in "
            "the footer.",
            limit=LONGEST_FOOTER,
        )
    if is_too_complicated(html):
        raise TemplateRefused("The footer is too complicated: paste it without formatting.")
    clean = sanitise(html, keeps_styles=False)
    for written in (html, clean):  # what the sanitiser takes out may have stood in the middle of a field
        for piece in parse(written, html=True):
            if not isinstance(piece, Text):
                raise TemplateRefused(
                    "Line %(line)s: the footer is the same for everybody and cannot hold fields or code.",
                    line=piece.line,
                )
    seen = own_letter(clean, Branding())[1].strip() or "<img" in clean or "<hr" in clean
    return clean if seen else ""


@dataclass(frozen=True, slots=True)
class Change:
    """Who sets it and when; ``store`` keeps a logo, ``base_url`` (without a slash at its end) leads to it."""

    store: Store
    base_url: str
    actor_id: int | None
    now: datetime


def save_branding(session: Session, look: Look, change: Change) -> None:
    """Make this the look of every message from now on, and audit it. Commits."""
    version = _version(session, look, change)
    try:
        _write(session, version, look.company, change)
        session.commit()
    except BaseException:
        session.rollback()
        if look.picture and version.logo_uuid:
            change.store.delete(version.logo_uuid)
        raise


def write_branding(session: Session, look: Look, change: Change) -> None:
    """The same within the caller's transaction, which commits it; a logo's file stays where that fails."""
    _write(session, _version(session, look, change), look.company, change)


def reset_branding(session: Session, change: Change) -> None:
    """Let messages go out plain, as before anything was set; the company keeps its name. Commits."""
    save_branding(session, Look(company=company_name(session), without_logo=True), change)


def _version(session: Session, look: Look, change: Change) -> BrandingVersion:
    version = BrandingVersion(
        colour=look.colour,
        link_colour=look.link_colour,
        footer_html=look.footer_html,
        created_at=change.now,
        created_by_id=change.actor_id,
    )
    if look.picture:
        _hang_up(version, look.picture, change)
    elif not look.without_logo:
        _keep_logo(version, newest_version(session), change.base_url)
    return version


def _hang_up(version: BrandingVersion, picture: LogoPicture, change: Change) -> None:
    version.logo_uuid, _digest = change.store.save(picture.content)
    version.logo_type = picture.content_type
    version.logo_url = _logo_address(change.base_url, version.logo_uuid, picture.ending)
    version.logo_width, version.logo_height = picture.width, picture.height


def _logo_address(base_url: str, uuid: str, ending: str) -> str:
    """Where everybody can fetch a logo: see `webhooks.logo`."""
    return f"{base_url}/logo/{uuid}.{ending}"


def _keep_logo(version: BrandingVersion, before: BrandingVersion | None, base_url: str) -> None:
    if before is None or before.logo_uuid is None:
        return
    version.logo_uuid, version.logo_type = before.logo_uuid, before.logo_type
    version.logo_width, version.logo_height = before.logo_width, before.logo_height
    # Written anew: the application may have moved since.
    version.logo_url = _logo_address(base_url, before.logo_uuid, before.logo_url.rpartition(".")[2])


def _write(session: Session, version: BrandingVersion, company: str, change: Change) -> None:
    save_settings(session, {COMPANY_NAME: company}, actor_id=change.actor_id, now=change.now)
    session.add(version)
    session.flush()
    append_audit(
        session,
        actor_id=change.actor_id,
        action="update",
        entity="setting",
        entity_id="branding",
        values={
            "company": company,
            "colour": version.colour,
            "link_colour": version.link_colour,
            "footer": version.footer_html,
            "logo": version.logo_uuid or "",
        },
        now=change.now,
    )
