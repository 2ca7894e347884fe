"""The panel: its screens in the order of the menu."""

from typing import Any

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme
from flask_babel import format_decimal

from admin_views.api_tokens import ApiTokenView
from admin_views.bounces import BounceView
from admin_views.branding import BrandingView
from admin_views.browser_push import BrowserPushView
from admin_views.campaign import CampaignView
from admin_views.canned_answers import CannedAnswerView
from admin_views.clients import ClientView
from admin_views.company import CompanyView
from admin_views.consent_definitions import ConsentDefinitionView
from admin_views.consents import ConsentView
from admin_views.contracts import ContractView
from admin_views.conversations import ConversationView
from admin_views.dashboard import DashboardView
from admin_views.desk_settings import DeskSettingsView
from admin_views.errors import register_error_pages
from admin_views.formatters import badge, breakable, day, moment, tag
from admin_views.inbox import inbox_counts
from admin_views.investments import InvestmentView
from admin_views.invoices import InvoiceView
from admin_views.labels import label, word
from admin_views.language import language
from admin_views.ledger import LedgerView
from admin_views.mail_accounts import MailAccountView
from admin_views.memberships import MembershipView
from admin_views.message_templates import MessageTemplateView
from admin_views.messages import MessageView
from admin_views.notification_rules import NotificationRuleView
from admin_views.notifications import NotificationView
from admin_views.payments import PaymentView
from admin_views.payments_due import PaymentDueView
from admin_views.repairs import RepairView
from admin_views.shipments import ShipmentView
from admin_views.sms_gateways import SmsGatewayView
from admin_views.sms_prices import SmsPriceView
from admin_views.sms_report import SmsReportView
from admin_views.sms_settings import SmsSettingsView
from admin_views.suppressions import SuppressionView
from admin_views.tickets import TicketView
from admin_views.trail import AuditView
from admin_views.users import UserView, role_name
from extensions.babel import ENUM_WORDS
from extensions.csp import csp_nonce

SCREENS: list[type[Any]] = [
    ConversationView,
    CampaignView,
    MessageView,
    MessageTemplateView,
    NotificationRuleView,
    NotificationView,
    CannedAnswerView,
    ClientView,
    MembershipView,
    InvestmentView,
    ContractView,
    RepairView,
    TicketView,
    PaymentDueView,
    ShipmentView,
    ConsentView,
    ConsentDefinitionView,
    BounceView,
    SuppressionView,
    PaymentView,
    InvoiceView,
    LedgerView,
    SmsReportView,
    SmsPriceView,
    SmsGatewayView,
    SmsSettingsView,
    CompanyView,
    BrandingView,
    DeskSettingsView,
    MailAccountView,
    UserView,
    ApiTokenView,
    AuditView,
    BrowserPushView,
]
"""Every screen but the dashboard; a section stands in the menu where its first screen stands here."""


def init_app(app: Flask) -> None:
    """Build the panel under /admin, so that a proxy can keep it apart from what strangers reach."""
    admin = Admin(
        app,
        name="Goniec",
        index_view=DashboardView(),
        theme=Bootstrap4Theme(base_template="panel/base.html"),
        csp_nonce_generator=csp_nonce,
    )
    for screen in SCREENS:
        admin.add_view(screen())
    app.register_blueprint(language)
    app.add_url_rule("/", "root", _to_the_panel)
    app.jinja_env.filters.update(number=format_decimal, moment=moment, day=day, breakable=breakable)
    app.jinja_env.globals.update(role_name=role_name, badge=badge, tag=tag, label=label)
    app.extensions[ENUM_WORDS] = word
    app.jinja_env.globals.update(inbox_counts=inbox_counts)
    register_error_pages(app)


def _to_the_panel() -> ResponseReturnValue:
    return redirect(url_for("admin.index"))
