"""Investments, and the way from one to a message to its clients."""

from flask import current_app, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.access import SEND
from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.filters import contains, flag
from admin_views.formatters import badge, own_link
from admin_views.labels import label
from admin_views.sections import CLIENTS
from domain.channel import Channel
from extensions.login import may
from models import db
from models.investment import ContractType, Investment
from queries.investment_card import contract_counts, latest_contracts
from queries.preflight import clients_by_contract_type

COMPOSER = "campaign.start_for_investment"


class InvestmentView(RecordView):
    record = Investment
    title = _("Investments")
    menu_section = CLIENTS
    icon = "bi-buildings"
    create_label = _("Add an investment")
    empty_title = _("No investments yet")
    empty_hint = _("Add an investment, then the contracts your clients signed in it.")
    allows_create = allows_edit = allows_delete = True

    column_list = ("name", "city", "street", "is_active", "created_at")
    column_details_list = ("street", "city", "description", "is_active", "created_at")
    column_labels = {
        "name": _("Name"),
        "street": _("Street and number"),
        "city": _("City"),
        "description": _("Description"),
        "is_active": _("Active"),
        "created_at": _("Added"),
    }
    column_formatters = {"name": own_link}
    column_sortable_list = ("name", "city", "created_at")
    column_default_sort = ("name", False)
    column_searchable_list = ("name", "city", "street")
    column_filters = (
        contains("city", _("City"), Investment.city),
        flag("active", _("Active"), Investment.is_active),
    )
    form_columns = ("name", "street", "city", "description", "is_active")
    form_rules = (Section(_("Investment"), "name", Row("street", "city"), "description", "is_active"),)
    form_args = {"is_active": {"default": True}}

    def card_actions(self, model: Investment) -> list[Markup]:
        if COMPOSER not in current_app.view_functions or not may(SEND):
            return []
        return [
            Markup(
                '<a class="btn btn-secondary btn-large" href="{}">'
                '<i class="bi bi-chat-dots" aria-hidden="true"></i>{}</a>'
            ).format(
                url_for(COMPOSER, investment_id=model.id, channel=Channel.SMS.value),
                gettext("Send an SMS to the clients"),
            ),
            Markup(
                '<a class="btn btn-primary btn-large" href="{}">'
                '<i class="bi bi-send" aria-hidden="true"></i>{}</a>'
            ).format(url_for(COMPOSER, investment_id=model.id), gettext("Send a message to the clients")),
        ]

    def card_sections(self, model: Investment) -> list[Markup]:
        counts = contract_counts(db.session, model.id)
        clients = clients_by_contract_type(db.session(), model.id)
        return [
            self.section(
                "investment_counts",
                investment=model,
                counts=[
                    (kind, label(kind), counts.get(kind, 0), clients.get(kind, 0)) for kind in ContractType
                ],
            ),
            self.section(
                "investment_contracts",
                investment=model,
                contracts=latest_contracts(db.session, model.id),
                badge=badge,
            ),
        ]
