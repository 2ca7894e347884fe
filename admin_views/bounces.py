"""Bounces: what came back, and what it led to."""

from flask_babel import lazy_gettext as _

from admin_views.base import RecordView
from admin_views.filters import contains, one_of, since, until
from admin_views.formatters import link, linked
from admin_views.sections import RETURNS
from domain.bounces import BounceKind
from domain.smtp_replies import BounceVerdict
from models.bounce import Bounce


class BounceView(RecordView):
    record = Bounce
    title = _("Bounces")
    menu_section = RETURNS
    icon = "bi-reply"
    empty_title = _("Nothing has come back")
    empty_hint = _("When a server refuses a message or sends it back, the bounce is shown here.")

    column_list = ("address", "kind", "verdict", "status_code", "client", "received_at")
    column_details_list = (
        "kind", "verdict", "status_code", "diagnostic", "client", "message", "suppression", "received_at",
        "handled_at", "raw",
    )  # fmt: skip
    column_export_list = ("received_at", "address", "kind", "verdict", "status_code", "diagnostic")
    column_labels = {
        "kind": _("Where from"),
        "verdict": _("Effect"),
        "address": _("Address"),
        "status_code": _("Code"),
        "diagnostic": _("What the server said"),
        "raw": _("As it came"),
        "received_at": _("Received at"),
        "handled_at": _("Handled"),
        "message": _("Message"),
        "client": _("Client"),
        "suppression": _("Block"),
    }
    column_formatters = {
        "address": lambda _view, _context, bounce, _name: link(
            bounce.address or f"#{bounce.id}", ".details_view", id=bounce.id
        ),
        "client": linked("client"),
        "message": linked("message"),
        "suppression": lambda _view, _context, bounce, _name: (
            link(f"#{bounce.suppression_id}", "suppression.details_view", id=bounce.suppression_id)
            if bounce.suppression_id
            else None
        ),
    }
    column_sortable_list = ("received_at", "kind", "verdict", "address")
    column_searchable_list = ("address", "diagnostic")
    column_filters = (
        one_of("kind", _("Where from"), Bounce.kind, BounceKind),
        one_of("verdict", _("Effect"), Bounce.verdict, BounceVerdict),
        contains("code", _("Code"), Bounce.status_code),
        since("received", _("Received at"), Bounce.received_at),
        until("received", _("Received at"), Bounce.received_at),
    )

    def record_title(self, model: Bounce) -> str:
        return model.address or f"#{model.id}"
