"""What a campaign is called: its title with fields by their names, as their values differ by client."""

import re
from collections.abc import Callable

from domain.channel import Channel
from domain.merge_tags import MENU, TAG_PATTERN, path_of
from models.campaign import Campaign
from services.read_message import title_of_text

LABELS = {tag.path: tag.label for tag in MENU}
_CODE = re.compile(r"<%(?:=\s*([a-z_]+\.[a-z_]+)\s*%>|.*?(?:%>|$))", re.DOTALL)
Translate = Callable[[str], str]
"""From a field's label in English to the reader's language."""


def readable_title(campaign: Campaign, translate: Translate = str) -> str:
    """The campaign's title; an SMS has none, so its beginning. Empty for a draft that has neither."""
    is_sms = campaign.channel == Channel.SMS
    if is_sms:
        return title_of_text(readable(campaign.body, translate))
    return readable(campaign.subject, translate)


def readable(subject: str, translate: Translate = str) -> str:
    """A template's title as a person reads it: ``Unit {unit}`` is “Unit [Contract: unit]”; any other field or
    code is “…”.
    """

    def named(path: str) -> str:
        label = LABELS.get(path)
        return f"[{translate(label)}]" if label else "…"

    plain = _CODE.sub(lambda code: named(code[1] or ""), subject)
    return TAG_PATTERN.sub(lambda tag: named(path_of(tag[1])), plain)
