"""Trying a gateway from its card: does it answer, and does a text arrive."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from markupsafe import Markup

from admin_views.access import ADMINISTER, needs
from admin_views.base import RecordView
from admin_views.money import units
from domain.delivery import Status
from domain.errors import DomainError
from extensions.babel import translate, translate_stored
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.message import Message
from models.sms_gateway import SmsGateway
from services.queue_test_text import queue_test_text
from services.try_gateway import TrialHands, check_gateway, send_through

LONGEST_TEXT = 500


class GatewayTrialPages(RecordView):
    """The two buttons of a gateway's card."""

    @expose("/check/", methods=("POST",))
    @needs(ADMINISTER)
    def check(self) -> ResponseReturnValue:
        """Ask the gateway whether it lets us in. Sends nothing."""
        row = self.asked_for()
        number, name = row.id, row.name
        try:
            failure = check_gateway(db.session(), row, _hands())
        except DomainError as error:
            flash(translate(error), "error")
        else:
            if failure is None:
                flash(gettext("“%(name)s” answers and accepts the access data.", name=name), "success")
            else:
                flash(translate_stored(failure.text), "error")
        return self._card(number)

    @expose("/test-text/", methods=("POST",))
    @needs(ADMINISTER)
    def test_text(self) -> ResponseReturnValue:
        """Send one paid text through this gateway, whatever its place in the list."""
        row, hands = self.asked_for(), wiring()
        number, name = row.id, row.name
        try:
            message = queue_test_text(
                db.session(),
                request.form.get("number", ""),
                request.form.get("text", "")[:LONGEST_TEXT].replace("\r\n", "\n").strip(),
                actor_id=current_user_id(),
                now=hands.clock(),
            )
            message = send_through(db.session(), db.session.get_one(SmsGateway, number), message, _hands())
        except DomainError as error:
            db.session.rollback()
            flash(translate(error), "error")
        else:
            flash(*_news(name, message))
        return self._card(number)

    def _card(self, number: int) -> ResponseReturnValue:
        return redirect(self.get_url(".details_view", id=number))

    def trial_section(self, model: SmsGateway) -> Markup:
        return self.section("sms_gateway_trial", gateway=model, longest=LONGEST_TEXT)


def _hands() -> TrialHands:
    hands = wiring()
    return TrialHands(hands.base_url, hands.phones, hands.policy, hands.clock, hands.doorbell.ring)


def _news(name: str, message: Message) -> tuple[str, str]:
    """What became of the text, and how that is shown."""
    known: dict[str, Any] = {"name": name, "number": message.address, "cost": units(message.cost or 0)}
    if message.status is Status.SENT:
        return gettext("“%(name)s” took the text to %(number)s. It cost %(cost)s.", **known), "success"
    if message.status is Status.FAILED:
        why = translate_stored(message.error_text)
        return gettext("The text did not leave, and cost nothing: %(why)s", why=why), "error"
    if message.status is Status.UNCERTAIN:
        return gettext("Nobody knows whether the text left: decide it under Messages."), "warning"
    return gettext("The text waits in the queue: sending texts is held for the moment."), "warning"
