"""Online payments that clients are asked for."""

from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms.validators import InputRequired, Optional, ValidationError

from admin_views import repair_card
from admin_views.desk import (
    OfRepairView,
    client_filters,
    hold_back_field,
    numbered,
)
from admin_views.fields import WEB_ADDRESS, Row, Section, UnitsField
from admin_views.filters import chosen, contains, one_of, since, since_day, until, until_day
from admin_views.formatters import linked, own_link
from admin_views.money import units_column
from domain.money import UNITS_PER_ZLOTY, zloty_of
from extensions.wiring import wiring
from models import db
from models.notification import FiredEvent
from models.payment_due import PaymentDue, PaymentDueState
from queries.desk_card import events_of
from services.fire_event import Ring
from services.move_repair import Mover
from services.service_desk import announce_payment

DEAREST = 1_000_000 * UNITS_PER_ZLOTY


def _payable(_form: Any, field: UnitsField) -> None:
    """In zloty, as it is typed; one that is no amount has been told so."""
    if field.data is not None and not 0 < field.data <= DEAREST:
        raise ValidationError(gettext("The amount has to be above nought and at most one million zloty."))


class PaymentDueView(OfRepairView):
    record = PaymentDue
    title = _("Online payments")
    icon = "bi-credit-card"
    create_label = _("Add a payment")
    empty_title = _("No online payments yet")
    empty_hint = _("Ask a client for a payment: the notification leads to the page where it is made.")
    title_column = "number"

    column_list = ("number", "state", "client", "amount", "due_on", "repair", "created_at")
    column_details_list = (
        "state", "amount", "title", "client", "repair", "due_on", "pay_url", "created_at", "paid_at",
    )  # fmt: skip
    column_export_list = (
        "number", "state", "client", "title", "amount", "due_on", "repair", "pay_url", "created_at",
        "paid_at",
    )  # fmt: skip
    column_labels = {
        "number": _("Number"),
        "state": _("State"),
        "client": _("Client"),
        "repair": _("For the repair"),
        "title": _("What it is for"),
        "amount": _("Gross amount (PLN)"),
        "due_on": _("To be paid by"),
        "pay_url": _("Address of the payment"),
        "created_at": _("Entered"),
        "paid_at": _("Paid at"),
    }
    column_formatters = {
        "number": own_link,
        "client": linked("client"),
        "repair": linked("repair"),
        "amount": units_column,
    }
    column_formatters_export = {
        **OfRepairView.column_formatters_export,
        "amount": lambda _view, _context, payment, _name: zloty_of(payment.amount),
    }
    column_sortable_list = ("number", "state", "amount", "due_on", "created_at")
    searched = (PaymentDue.number, PaymentDue.title)
    column_filters = (
        one_of("state", _("State"), PaymentDue.state, PaymentDueState),
        contains("number", _("Number"), PaymentDue.number),
        *client_filters(PaymentDue.client_id),
        chosen("repair", _("Repair's id"), lambda id_: PaymentDue.repair_id == id_, lambda: []),
        since_day("due", _("To be paid by"), PaymentDue.due_on),
        until_day("due", _("To be paid by"), PaymentDue.due_on),
        since("entered", _("Entered"), PaymentDue.created_at),
        until("entered", _("Entered"), PaymentDue.created_at),
    )
    form_columns = (
        "number",
        "client",
        "repair",
        "title",
        "amount",
        "due_on",
        "pay_url",
        "state",
        "hold_back",
    )
    form_extra_fields = {"hold_back": hold_back_field()}
    only_later = ("state",)
    form_create_rules = (
        Section(_("Online payment"), Row("number", "amount"), "title", Row("due_on", "pay_url")),
        Section(_("Whose"), Row("client", "repair")),
        Section(_("Notification"), "hold_back"),
    )
    form_edit_rules = (
        Section(_("Online payment"), Row("number", "amount"), "title", Row("due_on", "pay_url"), "state"),
    )
    form_overrides = {"amount": UnitsField}
    form_args = {
        "number": numbered(PaymentDue.number, "P"),
        "amount": {"validators": [InputRequired(), _payable]},
        "pay_url": {
            "validators": [Optional(), WEB_ADDRESS],
            "description": _("Where the client pays; it stands in the notification."),
        },
    }
    form_widget_args = {"amount": {"inputmode": "decimal"}}

    def search_placeholder(self) -> str:
        return gettext("Number, title or client")

    def on_model_change(self, form: Any, model: PaymentDue, is_created: bool) -> None:
        super().on_model_change(form, model, is_created)
        if is_created:
            model.state = PaymentDueState.DUE
        elif model.state is not PaymentDueState.PAID:
            model.paid_at = None
        elif model.paid_at is None:
            model.paid_at = wiring().clock()

    def tell(self, model: PaymentDue, who: Mover, now: datetime) -> tuple[Ring, ...]:
        return announce_payment(db.session(), model, who, runtime=wiring().ejs(), now=now).rings

    def card_sections(self, model: PaymentDue) -> list[Markup]:
        return [repair_card.timeline(self, events_of(db.session, FiredEvent.payment_due_id, model.id))]
