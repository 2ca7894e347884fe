"""What the panel calls a campaign: its title with fields by their names, as their values differ by client."""

import re

from flask_babel import gettext

from domain.channel import Channel
from domain.errors import DomainError
from domain.merge_tags import MENU, TAG_PATTERN, field_path, path_of
from models.campaign import Campaign
from services.message_content import EmptyVariables
from services.read_message import title_of_text

_LABELS = {tag.path: tag.label for tag in MENU}
_CODE = re.compile(r"<%(?:=\s*([a-z_]+\.[a-z_]+)\s*%>|.*?(?:%>|$))", re.DOTALL)


def campaign_title(campaign: Campaign) -> str:
    """The campaign's name for headings, lists and links; an SMS has no title, so its beginning."""
    is_sms = campaign.channel == Channel.SMS
    title = title_of_text(readable(campaign.body)) if is_sms else readable(campaign.subject)
    return title or gettext("Untitled draft")


def readable(subject: str) -> str:
    """A template's title as a person reads it: ``Unit {unit}`` is “Unit [Contract: unit]”; any other field or
    code is “…”.
    """
    plain = _CODE.sub(lambda code: _named(code[1] or ""), subject)
    return TAG_PATTERN.sub(lambda tag: _named(path_of(tag[1])), plain)


def field_label(name: str) -> str:
    """What the panel calls a field that somebody has to fill in, empty for one that only a template knows."""
    label = _LABELS.get(field_path(name))
    return gettext(label) if label else ""


def with_labels(error: DomainError) -> DomainError:
    """The refusal with its fields as the panel calls them."""
    if not isinstance(error, EmptyVariables):
        return error
    return EmptyVariables([field_label(name) or name for name in error.names])


def _named(path: str) -> str:
    label = _LABELS.get(path)
    return f"[{gettext(label)}]" if label else "…"
