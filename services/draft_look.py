"""What the company puts around a message, and whether it is still what a person saw."""

from hashlib import sha256

from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.errors import DomainError
from models.campaign import Campaign
from services.branding import branding_in_force
from services.sms_settings import sms_settings


class LookChanged(DomainError):
    message = (
        "The look of messages (the footer, say) has changed since you saw this one. "
        "Look again before you send."
    )


def look_of(session: Session, campaign: Campaign) -> str:
    """Names what a draft would be dressed in now: an e-mail's branding, a text's footer and letters. Any
    change of it changes the name.
    """
    if campaign.channel == Channel.SMS:
        settings = sms_settings(session)
        worn = repr((settings.footer, settings.strip_letters))
    else:
        worn = repr(branding_in_force(session))
    return sha256(worn.encode()).hexdigest()[:16]


def check_look(session: Session, campaign: Campaign, seen: str | None) -> None:
    """Raises LookChanged unless ``seen`` is the look in force; None is not asked about."""
    if seen is not None and seen != look_of(session, campaign):
        raise LookChanged
