"""What the panel calls a campaign: its title with fields by their names, as their values differ by client."""

from flask_babel import gettext

from domain.errors import DomainError
from domain.merge_tags import field_path
from models.campaign import Campaign
from services.message_content import EmptyVariables
from services.readable_title import LABELS, readable_title


def campaign_title(campaign: Campaign) -> str:
    """The campaign's name for headings, lists and links; an SMS has no title, so its beginning."""
    return readable_title(campaign, gettext) or gettext("Untitled draft")


def field_label(name: str) -> str:
    """What the panel calls a field that somebody has to fill in, empty for one that only a template knows."""
    label = LABELS.get(field_path(name))
    return gettext(label) if label else ""


def with_labels(error: DomainError) -> DomainError:
    """The refusal with its fields as the panel calls them."""
    if not isinstance(error, EmptyVariables):
        return error
    return EmptyVariables([field_label(name) or name for name in error.names])
