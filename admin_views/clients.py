"""Clients: people and companies."""

from typing import Any

from flask_admin.model.form import InlineFormAdmin
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import StringField
from wtforms.validators import Optional, ValidationError

from admin_views import client_card, single_message
from admin_views.base import RecordView
from admin_views.campaign_from_clients import WRITE_MESSAGE, MessageToClients
from admin_views.client_consents import ConsentTicks, consent_fields, record_ticks
from admin_views.consent_pages import ConsentPages
from admin_views.fields import PanelConverter, Row, Section
from admin_views.filters import chosen, contains, flag, matching, one_of, since, until
from admin_views.formatters import as_text, own_link
from admin_views.phone_check import PhoneCheckPages
from admin_views.sections import CLIENTS
from domain.names import fold
from domain.tax_numbers import is_nip
from models import db
from models.client import Client, ClientKind, EmailAddress, PhoneNumber
from models.investment import Contract, ContractParty
from queries.choices import investment_choices, staff_choices


class EmailRows(InlineFormAdmin):
    form_columns = ("id", "address", "label", "is_primary")
    form_label = _("E-mail addresses")
    column_labels = {"address": _("Address"), "label": _("Label"), "is_primary": _("Primary")}
    model_form_converter = PanelConverter


class PhoneRows(InlineFormAdmin):
    form_columns = ("id", "number", "kind", "label", "is_primary")
    form_label = _("Phone numbers")
    column_labels = {
        "number": _("Number"),
        "kind": _("Kind"),
        "label": _("Label"),
        "is_primary": _("Primary"),
    }
    form_args = {"number": {"render_kw": {"inputmode": "tel", "autocomplete": "off"}}}
    model_form_converter = PanelConverter


def _nip_is_valid(_form: Any, field: Any) -> None:
    if field.data and not is_nip(field.data):
        raise ValidationError(gettext("This is not a valid NIP: check its ten digits."))


def _digits_or_none(text: str | None) -> str | None:
    return "".join(character for character in text or "" if character.isdigit()) or None


def _signed(investment_id: int) -> Any:
    return Client.id.in_(
        db.select(ContractParty.client_id).join(Contract).where(Contract.investment_id == investment_id)
    )


_FORM = (
    Section(
        _("Who it is"),
        "kind",
        Row("first_name", "last_name"),
        Row("company_name", "nip"),
        Row("vocative", "account_manager"),
    ),
    Section(_("Contact"), "email_addresses", "phone_numbers"),
    Section(_("Postal address"), "street", Row("postal_code", "city", "country")),
    Section(_("Preferences"), "allow_email", "allow_sms", "notes"),
)


class ClientView(
    MessageToClients, PhoneCheckPages, single_message.SingleMessagePages, ConsentPages, RecordView
):
    record = Client
    title = _("Clients")
    menu_section = CLIENTS
    icon = "bi-people"
    create_label = _("Add a client")
    empty_title = _("No clients yet")
    empty_hint = _("Add the first client, then give them a contract in an investment.")
    allows_create = allows_edit = True
    action_permissions = {**RecordView.action_permissions, **WRITE_MESSAGE}
    eager = ("email_addresses", "phone_numbers")

    column_list = ("name", "kind", "email", "phone", "city", "account_manager")
    column_details_list = (
        "kind", "nip", "address", "email", "allow_email", "allow_sms", "account_manager", "vocative", "notes",
        "created_at",
    )  # fmt: skip
    column_export_list = (
        "name", "kind", "nip", "email", "phone", "street", "postal_code", "city", "allow_email", "allow_sms",
        "account_manager", "created_at",
    )  # fmt: skip
    column_labels = {
        "kind": _("Kind"),
        "name": _("Name"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "company_name": _("Company name"),
        "nip": _("NIP"),
        "email": _("E-mail address"),
        "phone": _("Phone number"),
        "vocative": _("Salutation (vocative)"),
        "address": _("Postal address"),
        "street": _("Street and number"),
        "postal_code": _("Postal code"),
        "city": _("City"),
        "country": _("Country (two letters)"),
        "allow_email": _("Accepts e-mail messages"),
        "allow_sms": _("Accepts SMS messages"),
        "notes": _("Notes"),
        "account_manager": _("Account manager"),
        "created_at": _("Added"),
        "search": _("Name, NIP or city"),
    }
    column_formatters = {
        "name": own_link,
        "email": client_card.primary_email,
        "phone": client_card.primary_phone,
        "address": client_card.postal_address,
    }
    column_formatters_export = {
        "email": client_card.plain_email,
        "phone": client_card.plain_phone,
        "account_manager": as_text,
    }
    column_sortable_list = (("name", "search"), "kind", "city")
    column_default_sort = ("search", False)
    column_searchable_list = ("search",)
    column_filters = (
        one_of("kind", _("Kind"), Client.kind, ClientKind),
        contains("city", _("City"), Client.city),
        matching(
            "email",
            _("E-mail address"),
            lambda text: Client.email_addresses.any(EmailAddress.address.icontains(text, autoescape=True)),
        ),
        flag("has_email", _("Has an e-mail address"), Client.email_addresses.any()),
        chosen("investment", _("Contract in the investment"), _signed, investment_choices),
        chosen("manager", _("Account manager"), lambda id_: Client.account_manager_id == id_, staff_choices),
        flag("allow_email", _("Accepts e-mail messages"), Client.allow_email),
        since("added", _("Added"), Client.created_at),
        until("added", _("Added"), Client.created_at),
    )

    form_columns = (
        "kind", "first_name", "last_name", "company_name", "nip", "vocative", "account_manager", "street",
        "postal_code", "city", "country", "allow_email", "allow_sms", "notes",
    )  # fmt: skip
    form_rules = _FORM
    form_create_rules = (
        *_FORM,
        Section(
            _("Consents"),
            "consents",
            Row("consent_method", "consent_source"),
            hint=_("Tick what the client agreed to, in exactly these words."),
        ),
    )
    form_overrides = {"nip": StringField}
    form_args = {
        "nip": {"validators": [Optional(), _nip_is_valid], "filters": [_digits_or_none]},
        "country": {"default": "PL"},
        "allow_email": {"default": True},
        "allow_sms": {"default": True},
        "vocative": {"description": _("Only when the one we make from the first name is wrong.")},
    }
    form_widget_args = {
        "company_name": {"data-only-when": "kind=company"},
        "nip": {"data-only-when": "kind=company", "inputmode": "numeric"},
        "first_name": {"data-only-when": "kind=person"},
        "last_name": {"data-only-when": "kind=person"},
        "vocative": {"data-only-when": "kind=person"},
    }
    inline_models = (EmailRows(EmailAddress), PhoneRows(PhoneNumber))
    create_template = "client/create.html"
    edit_template = "client/edit.html"
    details_template = "client/details.html"

    def scope(self, query: Any) -> Any:
        return query.filter(Client.merged_into_id.is_(None))

    def get_create_form(self) -> Any:
        return type("ClientCreateForm", (self.get_form(),), consent_fields())

    def _apply_search(self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str) -> Any:
        for word in fold(search).split():
            found = Client.search.contains(word, autoescape=True)
            query, count_query = query.filter(found), count_query.filter(found)
        return query, count_query, joins, count_joins

    def search_placeholder(self) -> str:
        return gettext("Name, NIP or city")

    def on_model_change(self, form: Any, model: Client, is_created: bool) -> None:
        if model.kind == ClientKind.PERSON:
            model.company_name, model.nip = "", None
        else:
            model.first_name = model.last_name = model.vocative = ""
        model.country = model.country.upper() or "PL"

    def before_commit(self, form: Any, model: Client, is_created: bool) -> None:
        ticks = getattr(form, "consents", None)
        if isinstance(ticks, ConsentTicks):
            record_ticks(db.session, model.id, form)

    def card_actions(self, model: Client) -> list[Markup]:
        return single_message.card_buttons(model)

    def card_banners(self, model: Client) -> list[Markup]:
        return client_card.banners(self, model)

    def card_sections(self, model: Client) -> list[Markup]:
        return client_card.sections(self, model)
