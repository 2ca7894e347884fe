"""What is done to bounces from their card and list: deciding, classifying anew, unblocking."""

from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from flask_babel import gettext, lazy_gettext, ngettext

from admin_views.access import ADMINISTER, WRITE, GuardedView, needs
from domain.smtp_replies import BounceVerdict
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from models import db
from models.bounce import Bounce
from queries.bounce_card import blocked_addresses
from services.classify_anew import classify_anew
from services.decide_bounce import decide_bounce
from services.unblock_bounces import NothingToUnblock, Unblocked, unblock_bounces

UNBLOCK = {"unblock": ADMINISTER}
"""What the action needs; the view that mixes this in adds it to its ``action_permissions``."""
SHOWN_AT_MOST = 50


class BounceMoves(GuardedView):
    """Mix into the view of bounces, before `RecordView`."""

    selection: Any
    get_one: Any

    @expose("/decide/<int:bounce_id>", methods=("POST",))
    @needs(WRITE)
    def decide(self, bounce_id: int) -> ResponseReturnValue:
        """What a person takes the bounce for, with the reason."""
        self._bounce(bounce_id)
        try:
            verdict = BounceVerdict(request.form.get("verdict", ""))
        except ValueError:
            abort(400)
        decide_bounce(
            db.session(),
            bounce_id,
            verdict,
            why=request.form.get("why", ""),
            actor_id=current_user_id(),
            may_lift=may(ADMINISTER),
            now=wiring().clock(),
        )
        flash(gettext("Your decision was recorded."), "success")
        return redirect(self.get_url(".details_view", id=bounce_id))

    @expose("/anew/<int:bounce_id>", methods=("POST",))
    @needs(WRITE)
    def anew(self, bounce_id: int) -> ResponseReturnValue:
        """Let today's classifier judge what came back."""
        self._bounce(bounce_id)
        changed = classify_anew(
            db.session(),
            bounce_id,
            actor_id=current_user_id(),
            may_lift=may(ADMINISTER),
            now=wiring().clock(),
        )
        flash(
            gettext("The bounce is now understood otherwise.")
            if changed
            else gettext("The bounce is understood as before."),
            "success",
        )
        return redirect(self.get_url(".details_view", id=bounce_id))

    @action("unblock", lazy_gettext("Unblock the addresses"))
    def unblock(self, _ids: list[str]) -> ResponseReturnValue:
        """Show whom the selected bounces block, and ask for the reason."""
        selected = self.selection()
        blocks = blocked_addresses(db.session, selected.ids, SHOWN_AT_MOST + 1)
        if not blocks:
            raise NothingToUnblock
        return str(
            self.render(
                "bounce/unblock.html",
                bounces=selected.count,
                blocks=blocks[:SHOWN_AT_MOST],
                more=len(blocks) > SHOWN_AT_MOST,
                kept=[(name, value) for name in _KEPT for value in request.form.getlist(name)],
            )
        )

    @expose("/unblock-many", methods=("POST",))
    @needs(ADMINISTER)
    def unblock_many(self) -> ResponseReturnValue:
        """Lift the blocks that the selected bounces made."""
        done = unblock_bounces(
            db.session(),
            self.selection().ids,
            note=request.form.get("note", ""),
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        flash(_summary(done), "success")
        return redirect(self.get_url(".index_view"))

    def after_refusal(self, home: str) -> str:
        """Back to the card that the refused form is on."""
        bounce_id = (request.view_args or {}).get("bounce_id")
        return self.get_url(".details_view", id=bounce_id) if bounce_id else home

    def _bounce(self, bounce_id: int) -> Bounce:
        bounce: Bounce | None = self.get_one(bounce_id)
        if bounce is None:
            abort(404)
        return bounce


_KEPT = ("rowid", "everything", "url", "expected")
"""What a selection is made of (see `Grid.selection`): the page that asks carries it on."""


def _summary(done: Unblocked) -> str:
    lifted = ngettext("%(num)s address was unblocked", "%(num)s addresses were unblocked", done.lifted)
    if not done.by_hand:
        return f"{lifted}."
    stay = ngettext("%(num)s stays blocked by hand", "%(num)s stay blocked by hand", done.by_hand)
    return f"{lifted}, {stay}."
