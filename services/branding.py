"""The branding in force, and the logos there have been."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.branding import Branding, Logo
from models.branding import BrandingVersion
from services.company_name import company_name


def newest_version(session: Session) -> BrandingVersion | None:
    """None while nobody has set anything."""
    return session.scalar(sa.select(BrandingVersion).order_by(BrandingVersion.id.desc()).limit(1))


def branding_in_force(session: Session) -> Branding:
    """What a message written now is dressed in."""
    version = newest_version(session)
    if version is None:
        return Branding(company_name(session))
    return Branding(
        company=company_name(session),
        logo=logo_of(version),
        colour=version.colour,
        link_colour=version.link_colour,
        footer_html=version.footer_html,
    )


def logo_of(version: BrandingVersion | None) -> Logo | None:
    if version is None or version.logo_width is None or version.logo_height is None:
        return None
    return Logo(version.logo_url, version.logo_width, version.logo_height)


def is_logo(session: Session, uuid: str, content_type: str) -> bool:
    """Whether that file is or was a logo of that type: no other file is for everybody."""
    known = sa.select(BrandingVersion.id).where(
        BrandingVersion.logo_uuid == uuid, BrandingVersion.logo_type == content_type
    )
    return session.scalar(sa.select(known.exists())) or False
