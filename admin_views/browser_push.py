"""Notifications in the browser: everybody switches them on for oneself, once an administrator allows them."""

from hashlib import sha256

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_login import current_user
from werkzeug.exceptions import BadRequest

from admin_views.access import ADMINISTER, READ, needs
from admin_views.base import PanelView
from admin_views.campaign_records import json_body
from admin_views.numbers import whole_number
from domain.push import device_name
from extensions.push_worker import FILE
from extensions.wiring import wiring
from models import db
from services.push_switch import push_off, switch_push
from services.subscribe_browser import Browser, browsers_of, forget_browser, subscribe_browser

LONGEST_KEY = 200


class BrowserPushView(PanelView):
    """A person's own page: reached from the menu of the account, not from the panel's."""

    title = _("Notifications in the browser")
    icon = "bi-bell"
    intro = _(
        "A new message from a client shows on this computer or telephone, also while the panel is closed."
    )
    read_permission = write_permission = READ

    @classmethod
    def panel_endpoint(cls) -> str:
        return "browser_push"

    def is_visible(self) -> bool:
        return False

    @expose("/")
    def index(self) -> ResponseReturnValue:
        session = db.session()
        why_off = push_off(session)
        browsers = [
            (sha256(browser.endpoint.encode()).hexdigest(), browser)
            for browser in browsers_of(session, current_user.id)
        ]
        return str(
            self.render(
                "browser_push/index.html",
                why_off=why_off,
                key="" if why_off else wiring().web_push(session).public_key,
                worker=url_for("static", filename=FILE),
                browsers=browsers,
            )
        )

    @expose("/subscribe", methods=("POST",))
    def subscribe(self) -> ResponseReturnValue:
        """Takes ``endpoint``, ``p256dh`` and ``auth`` as the browser gave them."""
        given, session, hands = json_body(), db.session(), wiring()
        browser = Browser(
            _text(given, "endpoint"),
            _text(given, "p256dh")[:LONGEST_KEY],
            _text(given, "auth")[:LONGEST_KEY],
            device_name(request.user_agent.string),
        )
        checks = hands.web_push(session)
        subscribe_browser(session, current_user.id, browser, checks=checks, now=hands.clock())
        flash(gettext("This browser will be told of new messages."), "success")
        return "", 204

    @expose("/forget", methods=("POST",))
    def forget(self) -> ResponseReturnValue:
        """This browser, by its ``endpoint``."""
        forget_browser(db.session(), current_user.id, _text(json_body(), "endpoint"))
        flash(gettext("This browser is no longer told."), "success")
        return "", 204

    @expose("/remove", methods=("POST",))
    def remove(self) -> ResponseReturnValue:
        """Any of one's own, by its number in the list."""
        number = whole_number(request.form.get("id"))
        if number is not None and forget_browser(db.session(), current_user.id, number):
            flash(gettext("That browser is no longer told."), "success")
        return redirect(self.get_url(".index"))

    @expose("/switch", methods=("POST",))
    @needs(ADMINISTER)
    def switch(self) -> ResponseReturnValue:
        """For the whole installation."""
        on = request.form.get("on") == "yes"
        switch_push(db.session(), on=on, actor_id=current_user.id, now=wiring().clock())
        said = (
            gettext("Everybody may switch notifications on now.")
            if on
            else gettext("Nobody is told any more.")
        )
        flash(said, "success")
        return redirect(self.get_url(".index"))


def _text(given: dict[str, object], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or "\0" in value:
        raise BadRequest
    return value
