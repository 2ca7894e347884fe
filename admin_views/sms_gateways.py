"""The gateways that carry texts, in the order in which they are tried."""

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import PasswordField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from admin_views.access import ADMINISTER
from admin_views.fields import EnumField, Row, Section
from admin_views.filters import flag, one_of
from admin_views.formatters import own_link
from admin_views.sections import SMS_ACCOUNT
from admin_views.sms_gateway_trial import GatewayTrialPages
from domain.errors import DomainError
from domain.networks import NotANetwork, is_this_machine, networks_of
from extensions.babel import translate, translate_stored
from extensions.wiring import wiring
from gateways.smpp_connection import LONGEST_PASSWORD, LONGEST_SYSTEM_ID
from models import db
from models.sms_gateway import GatewayKind, SmsGateway
from queries.gateway_use import gateway_is_used

SMSAPI_ADDRESS = "https://api.smsapi.pl"
CARRIED = frozenset({GatewayKind.SMSAPI, GatewayKind.KANNEL, GatewayKind.SMPP})
"""The kinds that `jobs.sms_routes` can send through; the sandbox only in demo mode."""

KANNEL_CALLBACK = "?id=%I&from=%p&to=%P&text=%b&charset=%C&at=%T"
"""What Kannel's get-url adds (docs/sms-gateways.md)."""

_ADDRESS = re.compile(r"(?:https?|smpps?)://[\x21-\x7e]+")


class GatewayInUse(DomainError):
    """Parameter: ``name``."""

    message = "Texts went out through “%(name)s”, so it is kept. Switch it off instead."


class _GatewayKindField(EnumField):
    """The kinds that can be set up here, and the one that a gateway has already."""

    def iter_choices(self) -> Any:
        return (choice for choice in super().iter_choices() if self._offers(choice.value))

    def pre_validate(self, form: Any) -> None:
        super().pre_validate(form)
        if not self._offers(self.data):
            raise ValidationError(self.gettext("Not a valid choice."))

    def _offers(self, kind: Any) -> bool:
        offered = CARRIED | ({GatewayKind.SANDBOX} if wiring().demo else set())
        return kind in offered or kind == self.object_data


def _check_access(gateway: SmsGateway) -> None:
    """Raise ValidationError for a gateway that every text would fail at."""
    if gateway.kind is GatewayKind.SMSAPI and not gateway.password:
        raise ValidationError(gettext("Enter the access token that SMSAPI.pl gave you."))
    if gateway.kind is GatewayKind.SMSAPI and _travels_open(gateway.address or ""):
        raise ValidationError(
            gettext("The access token would travel unencrypted: the address has to begin with https://.")
        )
    if gateway.kind is GatewayKind.KANNEL and not (gateway.username and gateway.password):
        raise ValidationError(gettext("Enter the user name and the password of a sendsms-user of Kannel."))
    if gateway.kind is GatewayKind.SMPP:
        _check_smpp(gateway)
    if gateway.address and gateway.address.startswith("smpp") != (gateway.kind is GatewayKind.SMPP):
        raise ValidationError(gettext("This address does not go with this kind of gateway."))


def _travels_open(address: str) -> bool:
    try:
        url = urlsplit(address)
    except ValueError:
        return False  # no address at all, which is said elsewhere
    return url.scheme == "http" and not is_this_machine(url.hostname or "")


def _check_smpp(gateway: SmsGateway) -> None:
    name, password = gateway.username or "", gateway.password or ""
    if not (0 < len(name) <= LONGEST_SYSTEM_ID and 0 < len(password) <= LONGEST_PASSWORD):
        raise ValidationError(
            gettext("Enter the system id (15 characters at most) and its password (8 at most).")
        )


def _address(_form: Any, field: Any) -> None:
    text = field.data or ""
    try:
        url = urlsplit(text)
        usable = bool(_ADDRESS.fullmatch(text) and url.hostname and url.port != 0)
    except ValueError:  # brackets that hold no IPv6 address, a port that is none
        usable = False
    if not usable:
        raise ValidationError(
            gettext("Like https://api.smsapi.pl, http://127.0.0.1:13013 or smpp://smsc.example:2775.")
        )


def _networks(_form: Any, field: Any) -> None:
    try:
        networks_of(field.data or "")
    except NotANetwork as error:
        raise ValidationError(translate(error)) from error


class SmsGatewayView(GatewayTrialPages):
    record = SmsGateway
    title = _("SMS gateways")
    menu_section = SMS_ACCOUNT
    icon = "bi-broadcast-pin"
    intro = _("Texts go through the first gateway of the list that answers; the others wait their turn.")
    create_label = _("Add a gateway")
    empty_title = _("No gateway yet")
    empty_hint = _("Without a gateway no text message can be sent. Add the one you have an account with.")
    allows_create = allows_edit = allows_delete = True
    read_permission = write_permission = ADMINISTER

    column_list = ("name", "kind", "priority", "is_active", "held_until", "last_failure")
    column_details_list = (
        "kind", "priority", "address", "username", "allowed_addresses", "is_active", "failures_in_a_row",
        "held_until", "last_failure",
    )  # fmt: skip
    column_export_list = ("name", "kind", "priority", "address", "is_active")
    column_labels = {
        "name": _("Name"),
        "kind": _("Kind"),
        "priority": _("Order"),
        "address": _("Address"),
        "username": _("User name"),
        "allowed_addresses": _("Networks it may report from"),
        "is_active": _("Active"),
        "failures_in_a_row": _("Failures in a row"),
        "held_until": _("Held until"),
        "last_failure": _("Last failure"),
    }
    column_formatters = {
        "name": own_link,
        "last_failure": lambda _view, _context, gateway, _name: translate_stored(gateway.last_failure),
    }
    column_default_sort = ("priority", False)
    column_searchable_list = ("name", "address")
    column_filters = (
        one_of("kind", _("Kind"), SmsGateway.kind, GatewayKind),
        flag("active", _("Active"), SmsGateway.is_active),
    )
    form_columns = (
        "name", "kind", "priority", "address", "username", "new_password", "allowed_addresses", "is_active",
    )  # fmt: skip
    form_extra_fields = {
        "kind": _GatewayKindField(_("Kind"), enum=GatewayKind, default=GatewayKind.SMSAPI),
        "new_password": PasswordField(
            _("Access token or password"),
            [Length(max=1000)],
            filters=[lambda typed: (typed or "").strip()],
            description=_("Stored encrypted and never shown. Leave it empty to keep the one that is set."),
            render_kw={"autocomplete": "new-password"},
        ),
    }
    form_args = {
        "priority": {
            "validators": [NumberRange(min=0, max=1000)],
            "description": _("The lowest number is tried first."),
        },
        "address": {
            "validators": [Optional(), Length(max=300), _address],
            "filters": [lambda typed: (typed or "").strip().rstrip("/")],
        },
        "username": {"description": _("SMSAPI.pl needs none: its token says whose account it is.")},
        "allowed_addresses": {
            "validators": [Length(max=600), _networks],
            "description": _("Networks like 203.0.113.0/24, separated by commas. Empty means any."),
        },
        "is_active": {"default": True},
    }
    form_rules = (
        Section(_("Gateway"), "name", Row("kind", "priority"), "is_active"),
        Section(_("Access"), "address", Row("username", "new_password")),
        Section(
            _("Reports"),
            "allowed_addresses",
            hint=_("The addresses to report to stand on the gateway's card once it is saved."),
        ),
    )
    form_widget_args = {
        "address": {"inputmode": "url", "spellcheck": "false"},
        "allowed_addresses": {"spellcheck": "false"},
    }
    refusal_sentences = {
        "uq_sms_gateway_name": _("A gateway of this name exists already."),
        "ck_sms_gateway_has_an_address": _("Give the gateway's address."),
    }
    details_template = "sms_gateway/details.html"

    def create_form(self, obj: Any = None) -> Any:
        form = super().create_form(obj)
        if request.method == "GET":
            form.address.data = SMSAPI_ADDRESS
        return form

    def on_model_change(self, form: Any, model: SmsGateway, is_created: bool) -> None:
        if form.new_password.data:
            model.password = form.new_password.data
        _check_access(model)
        if is_created:
            model.callback_secret = secrets.token_urlsafe(32)
        model.allowed_addresses = ", ".join(networks_of(model.allowed_addresses or ""))
        # Whoever corrects a gateway wants it tried now.
        model.held_until, model.failures_in_a_row, model.last_failure = None, 0, ""

    def on_model_delete(self, model: SmsGateway) -> None:
        if gateway_is_used(db.session(), model.id):
            raise GatewayInUse(name=model.name)

    def card_sections(self, model: SmsGateway) -> list[Markup]:
        trial = self.trial_section(model)
        if model.kind is GatewayKind.SMPP:
            return [trial]  # reports and texts come over the connection that sends
        base = f"{wiring().base_url}/sms/{model.callback_secret}"
        if model.kind is GatewayKind.KANNEL:
            incoming = f"{base}/incoming{KANNEL_CALLBACK}"
            return [trial, self.section("sms_gateway_callbacks", report="", incoming=incoming)]
        report, incoming = f"{base}/report", f"{base}/incoming"
        return [trial, self.section("sms_gateway_callbacks", report=report, incoming=incoming)]
