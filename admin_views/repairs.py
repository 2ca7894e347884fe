"""Repairs: the list, the form and the card."""

from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views import repair_card
from admin_views.access import WRITE
from admin_views.desk import (
    DeskView,
    client_filters,
    hold_back_field,
    numbered,
)
from admin_views.fields import EnumField, Row, Section
from admin_views.filters import contains, one_of, since, until
from admin_views.formatters import linked, own_link, paragraphs
from admin_views.repair_moves import RepairMoves
from domain.repairs import FIRST_STATES, RepairState
from extensions.wiring import wiring
from models import db
from models.repair import Repair
from services.fire_event import Ring
from services.move_repair import Mover, begin_repair


class RepairView(RepairMoves, DeskView):
    record = Repair
    title = _("Repairs")
    icon = "bi-tools"
    create_label = _("Add a repair")
    empty_title = _("No repairs yet")
    empty_hint = _("Add the first repair: its client is told of it at once, as the notification rules say.")
    title_column = "number"
    action_permissions = {**DeskView.action_permissions, "move": WRITE}

    column_list = ("number", "state", "client", "device", "state_since", "created_at")
    column_details_list = ("state", "state_since", "client", "device", "description", "created_at")
    column_export_list = (
        "number",
        "state",
        "client",
        "device",
        "description",
        "state_since",
        "created_at",
    )
    column_labels = {
        "number": _("Number"),
        "state": _("State"),
        "client": _("Client"),
        "device": _("Device"),
        "description": _("What is wrong with it"),
        "state_since": _("In this state since"),
        "created_at": _("Entered"),
    }
    column_formatters = {"number": own_link, "client": linked("client")}
    column_formatters_detail = {
        "client": linked("client"),
        "description": lambda _view, _context, repair, _name: paragraphs(repair.description),
    }
    column_sortable_list = ("number", "state", "device", "state_since", "created_at")
    searched = (Repair.number, Repair.device)
    column_filters = (
        one_of("state", _("State"), Repair.state, RepairState),
        contains("number", _("Number"), Repair.number),
        contains("device", _("Device"), Repair.device),
        *client_filters(Repair.client_id),
        since("moved", _("In this state since"), Repair.state_since),
        until("moved", _("In this state since"), Repair.state_since),
        since("entered", _("Entered"), Repair.created_at),
        until("entered", _("Entered"), Repair.created_at),
    )
    form_columns = ("number", "client", "device", "description", "first_state", "hold_back")
    form_extra_fields = {
        "first_state": EnumField(_("State"), enum=RepairState, members=FIRST_STATES, default=FIRST_STATES[0]),
        "hold_back": hold_back_field(),
    }
    only_when_new = (*DeskView.only_when_new, "first_state")
    form_create_rules = (
        Section(_("Repair"), Row("number", "first_state"), "client"),
        Section(_("Device"), "device", "description"),
        Section(_("Notification"), "hold_back"),
    )
    form_edit_rules = (Section(_("Repair"), "number", "device", "description"),)
    form_args = {
        "number": numbered(Repair.number, "N"),
        "description": {"render_kw": {"rows": 5}},
    }

    def search_placeholder(self) -> str:
        return gettext("Number, device or client")

    def on_model_change(self, form: Any, model: Repair, is_created: bool) -> None:
        if is_created:
            model.state, model.state_since = form.first_state.data, wiring().clock()

    def tell(self, model: Repair, who: Mover, now: datetime) -> tuple[Ring, ...]:
        return begin_repair(db.session(), model, who, runtime=wiring().ejs(), now=now).rings

    def card_sections(self, model: Repair) -> list[Markup]:
        return repair_card.sections(self, model)
