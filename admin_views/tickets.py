"""Tickets: what clients ask for, and when it was done."""

from datetime import datetime
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views import repair_card
from admin_views.access import WRITE, needs
from admin_views.desk import (
    DeskView,
    client_filters,
    hold_back_field,
    mover,
    numbered,
    ring,
)
from admin_views.fields import Row, Section
from admin_views.filters import contains, one_of, since, until
from admin_views.formatters import linked, own_link, paragraphs
from domain.tickets import TicketState
from extensions.wiring import wiring
from models import db
from models.notification import FiredEvent
from models.ticket import Ticket
from queries.desk_card import events_of
from services.fire_event import Ring
from services.move_repair import Mover
from services.service_desk import move_ticket, open_ticket


class TicketView(DeskView):
    record = Ticket
    title = _("Tickets")
    icon = "bi-life-preserver"
    create_label = _("Add a ticket")
    empty_title = _("No tickets yet")
    empty_hint = _("A ticket is what a client asks for: a question, a complaint, a visit.")
    title_column = "number"

    column_list = ("number", "state", "client", "subject", "created_at", "done_at")
    column_details_list = ("state", "client", "subject", "description", "created_at", "done_at")
    column_export_list = ("number", "state", "client", "subject", "description", "created_at", "done_at")
    column_labels = {
        "number": _("Number"),
        "state": _("State"),
        "client": _("Client"),
        "subject": _("What it is about"),
        "description": _("Description"),
        "created_at": _("Entered"),
        "done_at": _("Done on"),
    }
    column_formatters = {"number": own_link, "client": linked("client")}
    column_formatters_detail = {
        "client": linked("client"),
        "description": lambda _view, _context, ticket, _name: paragraphs(ticket.description),
    }
    column_sortable_list = ("number", "state", "subject", "created_at", "done_at")
    searched = (Ticket.number, Ticket.subject)
    column_filters = (
        one_of("state", _("State"), Ticket.state, TicketState),
        contains("number", _("Number"), Ticket.number),
        contains("subject", _("What it is about"), Ticket.subject),
        *client_filters(Ticket.client_id),
        since("entered", _("Entered"), Ticket.created_at),
        until("entered", _("Entered"), Ticket.created_at),
        since("done", _("Done on"), Ticket.done_at),
        until("done", _("Done on"), Ticket.done_at),
    )
    form_columns = ("number", "client", "subject", "description", "hold_back")
    form_extra_fields = {"hold_back": hold_back_field()}
    form_create_rules = (
        Section(_("Ticket"), Row("number", "client"), "subject", "description"),
        Section(_("Notification"), "hold_back"),
    )
    form_edit_rules = (Section(_("Ticket"), "number", "subject", "description"),)
    form_args = {
        "number": numbered(Ticket.number, "Z"),
        "description": {"render_kw": {"rows": 5}},
    }

    def search_placeholder(self) -> str:
        return gettext("Number, subject or client")

    def tell(self, model: Ticket, who: Mover, now: datetime) -> tuple[Ring, ...]:
        return open_ticket(db.session(), model, who, runtime=wiring().ejs(), now=now).rings

    @expose("/move/<int:ticket_id>", methods=("POST",))
    @needs(WRITE)
    def move(self, ticket_id: int) -> ResponseReturnValue:
        """Finish a ticket, or open it anew."""
        if self.get_one(ticket_id) is None:
            abort(404)
        try:
            wanted = TicketState(request.form.get("wanted", ""))
        except ValueError:
            abort(400)
        who, hands = mover(hold_back=request.form.get("hold_back") == "yes"), wiring()
        fired = move_ticket(db.session(), ticket_id, wanted, who, runtime=hands.ejs(), now=hands.clock())
        self.audit("move", ticket_id, {"state": wanted.value, "held_back": who.hold_back})
        db.session.commit()
        ring(fired.rings if fired else ())
        done = wanted is TicketState.DONE
        flash(gettext("The ticket is finished.") if done else gettext("The ticket is open again."), "success")
        return redirect(self.get_url(".details_view", id=ticket_id))

    def after_refusal(self, home: str) -> str:
        ticket_id = (request.view_args or {}).get("ticket_id")
        return self.get_url(".details_view", id=ticket_id) if ticket_id else home

    def card_sections(self, model: Ticket) -> list[Markup]:
        told = events_of(db.session, FiredEvent.ticket_id, model.id)
        move = [self.section("ticket_move", ticket=model, states=TicketState)] if self.can_edit else []
        return [*move, repair_card.timeline(self, told)]

    def record_title(self, model: Any) -> str:
        return f"{model.number}: {model.subject}"
