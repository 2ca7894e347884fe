"""A client without a consent, asked for it from a row of the pre-flight report."""

from collections.abc import Collection

from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import format_datetime, gettext

from admin_views.access import SEND, GuardedView, needs
from admin_views.campaign_records import draft_or_refusal, json_body
from admin_views.numbers import whole_number
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from queries.consent_requests import Askable, askable_clients
from services.ask_for_consent import OFFICE_WAITS, Asking, NothingToAsk, ask_from_office
from services.grant_consent import marketing_consents


class PreflightAsking(GuardedView):
    @expose("/ask-consent/<int:campaign_id>/<int:client_id>", methods=("POST",))
    @needs(SEND)
    def ask_consent(self, campaign_id: int, client_id: int) -> ResponseReturnValue:
        """Send the client the question by e-mail, whatever channel the consent is for."""
        campaign, hands = draft_or_refusal(campaign_id), wiring()
        chosen = whole_number(json_body().get("definition"), default=0) or 0
        if chosen not in {each.id for each in marketing_consents(db.session(), campaign.channel)}:
            raise NothingToAsk
        request = ask_from_office(
            db.session(),
            Asking(client_id, chosen, current_user_id()),
            base_url=hands.base_url,
            now=hands.clock(),
            enqueue=hands.doorbell.ring,
        )
        when = format_datetime(request.requested_at, "short")
        return jsonify(asked=gettext("Request sent on %(when)s", when=when))


def askable(client_ids: Collection[int]) -> dict[int, Askable]:
    """The clients of some rows, by id."""
    return askable_clients(db.session(), set(client_ids), wiring().clock() - OFFICE_WAITS)
