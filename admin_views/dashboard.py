"""The first page: what needs a person now, what is under way, and whether the machinery runs."""

from typing import Any

from flask import current_app, jsonify
from flask.typing import ResponseReturnValue
from flask_admin import AdminIndexView, expose
from flask_babel import format_date, gettext, ngettext
from flask_babel import lazy_gettext as _

from admin_views.access import GuardedView
from admin_views.campaign_titles import campaign_title
from admin_views.ksef_words import STUCK, active_ksef
from admin_views.money import units
from extensions.queue_health import queue_health
from extensions.wiring import wiring
from models import db
from queries.dashboard import attention, campaigns_under_way, messages_per_day
from queries.inbox import Inbox, inbox
from queries.ksef_stuck import number_stuck_in_ksef
from queries.low_balance import account_running_low, known_balance

CAMPAIGN_PAGE = "campaign.details_view"
SWEEP_STEPS = {
    "deliveries": _("picking up messages"),
    "mailboxes": _("looking into mailboxes"),
    "payments": _("asking about payments"),
    "ksef": _("sending invoices into KSeF"),
    "invoice_mail": _("mailing invoices"),
    "low_balance": _("watching the SMS account"),
}


class DashboardView(GuardedView, AdminIndexView):
    title = _("Dashboard")
    icon = "bi-speedometer2"

    def __init__(self) -> None:
        super().__init__(
            name=self.title,
            endpoint="admin",
            url="/admin",
            template="dashboard/index.html",
            menu_icon_type="bi",
            menu_icon_value=self.icon,
        )

    @expose("/")
    def index(self) -> Any:
        hands = wiring()
        counted = inbox(db.session)
        health = queue_health(hands.doorbell, hands.clock())
        return self.render(
            "dashboard/index.html",
            attention=attention(db.session),
            campaigns=campaigns_under_way(db.session),
            balance=known_balance(db.session()),
            inbox=counted,
            inbox_words=_inbox_words(counted),
            low=account_running_low(db.session()),
            units=units,
            stuck=number_stuck_in_ksef(db.session, active_ksef(), hands.clock()),
            stuck_filter=STUCK,
            health=health,
            failed_steps=[str(SWEEP_STEPS.get(name, name)) for name in health.failed_steps],
            sweep_is_late=health.sweep_is_late(hands.clock(), hands.sweep_interval),
            campaign_title=campaign_title,
            campaign_page=CAMPAIGN_PAGE if CAMPAIGN_PAGE in current_app.view_functions else None,
        )

    @expose("/messages-per-day/")
    def messages_per_day(self) -> ResponseReturnValue:
        """The chart's data: labels and numbers of sent messages, the last 30 days."""
        days = messages_per_day(db.session, wiring().clock())
        return jsonify(
            labels=[format_date(day, "d MMM") for day, _count in days],
            counts=[count for _day, count in days],
            name=gettext("Sent messages"),
        )


def _inbox_words(counted: Inbox) -> str:
    unread = ngettext("%(num)s unread conversation", "%(num)s unread conversations", counted.unread)
    awaiting = ngettext("%(num)s awaits an answer", "%(num)s await an answer", counted.awaiting)
    return ", ".join(
        words for words, count in ((unread, counted.unread), (awaiting, counted.awaiting)) if count
    )
