"""Shipments on their way to clients."""

from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms.validators import Optional

from admin_views import repair_card
from admin_views.desk import (
    OfRepairView,
    client_filters,
    hold_back_field,
)
from admin_views.fields import WEB_ADDRESS, Row, Section
from admin_views.filters import chosen, contains, since, until
from admin_views.formatters import linked, own_link
from extensions.wiring import wiring
from models import db
from models.notification import FiredEvent
from models.shipment import Shipment
from queries.desk_card import events_of
from services.fire_event import Ring
from services.move_repair import Mover
from services.service_desk import announce_shipment


class ShipmentView(OfRepairView):
    record = Shipment
    title = _("Shipments")
    icon = "bi-truck"
    create_label = _("Add a shipment")
    empty_title = _("No shipments yet")
    empty_hint = _("Enter what was given to a carrier: the client is told of it by e-mail, never by SMS.")
    details_template = "shipment/details.html"

    column_list = ("tracking_number", "carrier", "client", "repair", "created_at")
    column_details_list = ("carrier", "tracking_number", "tracking_url", "client", "repair", "created_at")
    column_export_list = ("carrier", "tracking_number", "tracking_url", "client", "repair", "created_at")
    column_labels = {
        "carrier": _("Carrier"),
        "tracking_number": _("Tracking number"),
        "tracking_url": _("Tracking page"),
        "client": _("Client"),
        "repair": _("Of the repair"),
        "created_at": _("Entered"),
    }
    column_formatters = {
        "tracking_number": own_link,
        "client": linked("client"),
        "repair": linked("repair"),
    }
    column_sortable_list = ("tracking_number", "carrier", "created_at")
    searched = (Shipment.tracking_number, Shipment.carrier)
    column_filters = (
        contains("carrier", _("Carrier"), Shipment.carrier),
        contains("number", _("Tracking number"), Shipment.tracking_number),
        *client_filters(Shipment.client_id),
        chosen("repair", _("Repair's id"), lambda id_: Shipment.repair_id == id_, lambda: []),
        since("entered", _("Entered"), Shipment.created_at),
        until("entered", _("Entered"), Shipment.created_at),
    )
    form_columns = ("carrier", "tracking_number", "tracking_url", "client", "repair", "hold_back")
    form_extra_fields = {"hold_back": hold_back_field()}
    form_create_rules = (
        Section(_("Shipment"), Row("carrier", "tracking_number"), "tracking_url"),
        Section(_("Whose"), Row("client", "repair")),
        Section(_("Notification"), "hold_back"),
    )
    form_edit_rules = (Section(_("Shipment"), Row("carrier", "tracking_number"), "tracking_url"),)
    form_args = {
        "tracking_url": {
            "validators": [Optional(), WEB_ADDRESS],
            "description": _("Where the client follows it; it stands in the notification."),
        }
    }

    def search_placeholder(self) -> str:
        return gettext("Number, carrier or client")

    def tell(self, model: Shipment, who: Mover, now: datetime) -> tuple[Ring, ...]:
        return announce_shipment(db.session(), model, who, runtime=wiring().ejs(), now=now).rings

    def card_sections(self, model: Shipment) -> list[Markup]:
        return [repair_card.timeline(self, events_of(db.session, FiredEvent.shipment_id, model.id))]
