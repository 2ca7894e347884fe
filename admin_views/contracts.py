"""Contracts and who signed them."""

from typing import Any

from flask_admin.model.fields import AjaxSelectMultipleField
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms.validators import DataRequired

from admin_views.base import RecordView
from admin_views.fields import ClientLoader, Row, Section
from admin_views.filters import chosen, contains, one_of
from admin_views.formatters import NOTHING, link, linked, own_link
from admin_views.sections import CLIENTS
from models.client import Client
from models.investment import Contract, ContractParty, ContractType
from queries.choices import investment_choices

_PARTIES = ClientLoader("clients", placeholder=_("Type a name, a NIP or a city"))


def _parties(_view: Any, _context: Any, contract: Contract, _name: str) -> Markup:
    links = [link(party.client.name, "client.details_view", id=party.client_id) for party in contract.parties]
    return Markup(", ").join(links) if links else NOTHING


class ContractView(RecordView):
    record = Contract
    title = _("Contracts")
    menu_section = CLIENTS
    icon = "bi-file-earmark-text"
    create_label = _("Add a contract")
    empty_title = _("No contracts yet")
    empty_hint = _("A contract ties clients to an investment; messages to an investment go along it.")
    allows_create = allows_edit = allows_delete = True
    eager = ("parties",)

    column_list = ("number", "type", "investment", "unit", "clients", "signed_on")
    column_details_list = ("type", "investment", "unit", "clients", "signed_on", "created_at")
    column_labels = {
        "number": _("Number"),
        "type": _("Type"),
        "investment": _("Investment"),
        "unit": _("Unit"),
        "clients": _("Clients"),
        "signed_on": _("Signed"),
        "created_at": _("Added"),
    }
    column_formatters = {"number": own_link, "investment": linked("investment"), "clients": _parties}
    column_formatters_export = {
        "investment": lambda _view, _context, contract, _name: contract.investment.name,
        "clients": lambda _view, _context, contract, _name: ", ".join(
            party.client.name for party in contract.parties
        ),
    }
    column_sortable_list = ("number", "type", "unit", "signed_on", ("investment", "investment.name"))
    column_searchable_list = ("number", "unit")
    column_filters = (
        chosen("investment", _("Investment"), lambda id_: Contract.investment_id == id_, investment_choices),
        one_of("type", _("Type"), Contract.type, ContractType),
        contains("unit", _("Unit"), Contract.unit),
        chosen("client", _("Client"), lambda id_: Contract.parties.any(client_id=id_), lambda: []),
    )
    form_columns = ("investment", "type", "number", "unit", "signed_on", "clients")
    form_rules = (
        Section(
            _("Contract"),
            Row("investment", "type"),
            Row("number", "unit", "signed_on"),
            "clients",
        ),
    )
    form_ajax_refs = {"clients": _PARTIES}
    form_extra_fields = {
        "clients": AjaxSelectMultipleField(
            _PARTIES,
            _("Clients"),
            description=_("Everybody who signed it; each of them gets the investment's messages."),
        )
    }
    form_args = {"investment": {"validators": [DataRequired()]}}

    def record_title(self, model: Contract) -> str:
        return f"{self.column_labels['number']} {model.number}" if model.number.isdecimal() else model.number

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        if not form.clients.raw_data and obj is not None:
            form.clients.data = [party.client for party in obj.parties]
        return form

    def on_model_change(self, form: Any, model: Contract, is_created: bool) -> None:
        chosen_clients: list[Client] = list(form.clients.data or [])
        kept = {client.id for client in chosen_clients}
        model.parties[:] = [party for party in model.parties if party.client_id in kept]
        present = {party.client_id for party in model.parties}
        model.parties.extend(
            ContractParty(client_id=client.id, client=client)
            for client in chosen_clients
            if client.id not in present
        )
