"""Counting an SMS while it is written: the one answer behind every editor's counter."""

import unicodedata
from typing import Any

from flask import abort, jsonify
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from admin_views.access import WRITE, GuardedView, needs
from admin_views.campaign_records import campaign_or_404, json_body
from admin_views.dear_words import dear_title
from admin_views.given_draft import given_text
from admin_views.labels import label, tone
from admin_views.money import units
from admin_views.numbers import whole_number
from domain.dear_characters import why_dear
from domain.local_time import WARSAW
from domain.transliteration import to_gsm
from extensions.babel import translate
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.conversation import Conversation
from services.preview_text import (
    CountedText,
    Reader,
    count_typed,
    reader_alone,
    reader_in_campaign,
    reader_in_conversation,
    sample_reader,
)
from services.price_list import tariff_on

_NAMES: dict[str, Any] = {
    "–": _("dash"),
    "—": _("long dash"),
    "„": _("opening quotation mark"),
    "“": _("quotation mark"),
    "”": _("closing quotation mark"),
    "’": _("apostrophe"),
    "…": _("ellipsis"),
    "•": _("bullet"),
    "\u00a0": _("space that does not break"),
    "\u202f": _("narrow space"),
    "\u200b": _("invisible space"),
    "\t": _("tabulator"),
    "€": _("euro sign"),
}
"""Names where the character itself does not say it; Unicode's own are English only."""


class SmsCountPages(GuardedView):
    """The page that counts, for whoever may write messages."""

    @expose("/sms-count", methods=("POST",))
    @needs(WRITE)
    def sms_count(self) -> ResponseReturnValue:
        """Takes ``body``, ``strip_letters``, ``variables``; ``campaign``, ``client`` or
        ``conversation`` say who reads it.
        """
        given, hands = json_body(), wiring()
        typed, reader = given_text(given), _reader(given)
        tariff = tariff_on(db.session(), hands.clock().astimezone(WARSAW).date())
        return jsonify(shown(count_typed(db.session(), typed, reader, hands.ejs(), tariff)))


def _reader(given: dict[str, object]) -> Reader:
    campaign_id, client_id = _number(given.get("campaign")), _number(given.get("client"))
    if campaign_id is not None:
        return reader_in_campaign(db.session(), campaign_or_404(campaign_id), client_id)
    if (conversation_id := _number(given.get("conversation"))) is not None:
        return reader_in_conversation(
            db.session(), db.session.get(Conversation, conversation_id) or abort(404)
        )
    if client_id is None:
        return sample_reader(db.session())
    if db.session.get(Client, client_id) is None:
        abort(404)
    return reader_alone(db.session(), client_id)


def _number(value: object) -> int | None:
    return whole_number(value) if isinstance(value, str | int) else None


def shown(text: CountedText) -> dict[str, Any]:
    """What the counter of an editor shows (static/js/sms_counter.js)."""
    counted, plain = text.counted, text.plain
    return {
        "text": text.text,
        "characters": ngettext("%(num)s character", "%(num)s characters", len(text.text)),
        "parts": counted.parts,
        "partsText": ngettext("%(num)s SMS part", "%(num)s SMS parts", counted.parts),
        "price": _price(text, counted.parts),
        "cost": "" if text.unit_price is None else counted.parts * text.unit_price,
        "encoding": counted.encoding.value,
        "encodingLabel": str(label(counted.encoding)),
        "encodingTone": tone(counted.encoding),
        "plain": _without_letters(text) if plain != counted else "",
        "saves": plain.parts < counted.parts,
        "dearTitle": dear_title("".join(counted.expensive), cost_more=plain.parts < counted.parts),
        "expensive": [_character(each) for each in counted.expensive],
        "problem": translate(text.problem) if text.problem else "",
    }


def _price(text: CountedText, parts: int) -> str:
    return units(parts * text.unit_price) if parts and text.unit_price is not None else ""


def _without_letters(text: CountedText) -> str:
    parts = ngettext("%(num)s SMS part", "%(num)s SMS parts", text.plain.parts)
    price = _price(text, text.plain.parts)
    return gettext("Without Polish letters: %(what)s", what=f"{parts}, {price}" if price else parts)


def _character(character: str) -> dict[str, str]:
    why = why_dear(character)
    plain = to_gsm(character)
    return {
        "character": character,
        "shown": character if character.isprintable() and not character.isspace() else "",
        "name": str(_NAMES.get(character, "")),
        "code": f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip(),
        "why": str(label(why)),
        "tone": tone(why),
        "plain": plain if plain != character else "",
    }
