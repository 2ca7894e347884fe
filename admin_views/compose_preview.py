"""A draft as one client will see it, on the screen and in the author's own mailbox."""

from functools import partial

from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_login import current_user

from admin_views.access import SEND, WRITE, GuardedView, needs
from admin_views.campaign_records import draft_or_refusal, json_body, words
from admin_views.numbers import whole_number
from domain.channel import Channel
from extensions.login import current_user_id, may
from extensions.queues import PROMPT
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign
from models.message import Message
from queries.audience import audience_of
from queries.campaign_audience import find_in_audience
from services.draft_look import look_of
from services.preview_message import preview_message
from services.send_test import send_test, send_test_text

FOUND_AT_ONCE = 12


class PreviewPages(GuardedView):
    """Pages that render a draft without sending it to anybody in its audience."""

    @expose("/preview/<int:campaign_id>")
    @needs(WRITE)
    def preview(self, campaign_id: int) -> ResponseReturnValue:
        campaign = draft_or_refusal(campaign_id)
        client_id = whole_number(request.args.get("client_id"))
        look = look_of(db.session(), campaign)  # before the content: one that changes in between is noticed
        rendered = preview_message(db.session(), campaign, wiring().ejs(), client_id=client_id)
        return jsonify(subject=rendered.subject, html=rendered.html, text=rendered.text, look=look)

    @expose("/audience/<int:campaign_id>")
    @needs(WRITE)
    def audience(self, campaign_id: int) -> ResponseReturnValue:
        """Clients of the draft's audience whose name holds the words, for the preview's choice."""
        audience = audience_of(draft_or_refusal(campaign_id))
        found = find_in_audience(db.session(), audience, words("query"), limit=FOUND_AT_ONCE)
        return jsonify([{"id": number, "name": name, "address": address} for number, name, address in found])

    @expose("/test/<int:campaign_id>", methods=("POST",))
    @needs(WRITE)
    def test(self, campaign_id: int) -> ResponseReturnValue:
        """Send the draft to whoever is logged in; an SMS, which is paid for, to the number that was typed."""
        campaign = draft_or_refusal(campaign_id)
        send = _to_number if campaign.channel == Channel.SMS else _to_oneself
        message = send(campaign, whole_number(json_body().get("client_id")))
        return jsonify(message=gettext("A test is on its way to %(address)s.", address=message.address))


def _to_oneself(campaign: Campaign, client_id: int | None) -> Message:
    hands = wiring()
    return send_test(
        db.session(),
        campaign,
        hands.ejs(),
        address=current_user.email,
        name=current_user.name or "",
        client_id=client_id,
        now=hands.clock(),
        enqueue=partial(hands.doorbell.ring, queue=PROMPT),
    )


def _to_number(campaign: Campaign, client_id: int | None) -> Message:
    hands = wiring()
    if not may(SEND):
        abort(403)
    return send_test_text(
        db.session(),
        campaign,
        hands.ejs(),
        number=str(json_body().get("number") or ""),
        client_id=client_id,
        actor_id=current_user_id(),
        now=hands.clock(),
        enqueue=partial(hands.doorbell.ring, queue=PROMPT),
    )
