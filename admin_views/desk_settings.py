"""Where a repair goes once its client has decided on the cost."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm

from admin_views.access import ADMINISTER
from admin_views.base import PanelView
from admin_views.fields import EnumField
from admin_views.sections import SETTINGS
from domain.repairs import TRANSITIONS, RepairState
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from services.decide_offer import AFTER_NO, AFTER_YES, state_after
from services.invoice_settings import save_settings
from services.record_audit import append_audit

REFUSED = 409
_AFTER = TRANSITIONS[RepairState.AWAITING_ACCEPTANCE]


class DeskSettingsForm(FlaskForm):
    class Meta:
        csrf = False  # the panel checks every request (extensions.csrf)

    after_yes = EnumField(_("After the client accepts the cost"), enum=RepairState, members=_AFTER)
    after_no = EnumField(_("After the client refuses the cost"), enum=RepairState, members=_AFTER)


class DeskSettingsView(PanelView):
    title = _("Service desk settings")
    menu_section = SETTINGS
    icon = "bi-wrench-adjustable"
    intro = _("Whether the client answers by SMS or somebody writes the answer down on the repair's card.")
    read_permission = write_permission = ADMINISTER

    @classmethod
    def panel_endpoint(cls) -> str:
        return "desk_settings"

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        session = db.session()
        form = DeskSettingsForm(
            data={
                "after_yes": state_after(session, accepted=True),
                "after_no": state_after(session, accepted=False),
            }
        )
        if request.method == "POST" and form.validate():
            _save(form)
            flash(gettext("The settings of the service desk have been saved."), "success")
            return redirect(self.get_url(".index"))
        page = str(self.render("desk_settings/index.html", form=form))
        return (page, REFUSED) if form.errors else page


def _save(form: DeskSettingsForm) -> None:
    session, now, person = db.session(), wiring().clock(), current_user_id()
    values = {AFTER_YES: form.after_yes.data.value, AFTER_NO: form.after_no.data.value}
    save_settings(session, values, actor_id=person, now=now)
    append_audit(
        session,
        actor_id=person,
        action="update",
        entity="setting",
        entity_id="repairs",
        values=values,
        now=now,
    )
    session.commit()
