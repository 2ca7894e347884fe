"""What clients said about their consents: read only, for it is the proof."""

from flask_babel import lazy_gettext as _

from admin_views.base import RecordView
from admin_views.filters import matching, one_of, since, until
from admin_views.formatters import as_text, link, linked, moment
from admin_views.sections import CONSENTS
from domain.names import fold
from models.client import Client
from models.consent import ConsentAction, ConsentEvent, ConsentMethod


class ConsentView(RecordView):
    record = ConsentEvent
    endpoint_name = "consent"
    title = _("Consents")
    menu_section = CONSENTS
    icon = "bi-check2-square"
    intro = _("Every consent given or withdrawn, as it was said. Nothing here can be changed.")
    empty_title = _("Nobody has said anything yet")
    empty_hint = _("Consents are recorded in the new client's form and on the client's card.")

    column_list = ("occurred_at", "client", "definition", "action", "method", "source", "actor")
    column_details_list = (
        "client", "definition", "action", "wording", "method", "source", "occurred_at", "recorded_at",
        "actor",
        "evidence",
    )  # fmt: skip
    column_export_list = (
        "occurred_at", "client", "definition", "wording", "action", "method", "source", "actor",
        "recorded_at",
    )  # fmt: skip
    column_labels = {
        "client": _("Client"),
        "definition": _("Consent"),
        "action": _("What the client said"),
        "wording": _("Wording"),
        "method": _("How"),
        "source": _("Source"),
        "occurred_at": _("When"),
        "recorded_at": _("Recorded"),
        "actor": _("Recorded by"),
        "evidence": _("Address and browser"),
    }
    column_formatters = {
        "client": linked("client"),
        "definition": linked("consent_definition"),
        "wording": lambda _view, _context, event, _name: f"{event.wording.version}: {event.wording.text}",
        "occurred_at": lambda _view, _context, event, _name: link(
            moment(event.occurred_at), ".details_view", id=event.id
        ),
        "evidence": lambda _view, _context, event, _name: (
            f"{event.evidence.ip_address} {event.evidence.user_agent}" if event.evidence else None
        ),
    }
    column_formatters_export = {
        "client": lambda _view, _context, event, _name: event.client.name,
        "definition": lambda _view, _context, event, _name: event.definition.name,
        "wording": lambda _view, _context, event, _name: event.wording.version,
        "actor": as_text,
    }
    column_sortable_list = ("occurred_at", "recorded_at", "action")
    column_filters = (
        matching(
            "client", _("Client"), lambda text: ConsentEvent.client.has(Client.search.contains(fold(text)))
        ),
        one_of("action", _("What the client said"), ConsentEvent.action, ConsentAction),
        one_of("method", _("How"), ConsentEvent.method, ConsentMethod),
        since("when", _("When"), ConsentEvent.occurred_at),
        until("when", _("When"), ConsentEvent.occurred_at),
    )

    def record_title(self, model: ConsentEvent) -> str:
        return f"{model.client.name}: {model.definition.name}"
