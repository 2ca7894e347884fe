"""Campaigns: the list of everything sent in bulk, and the pages of the main job."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.access import asks_as_script
from admin_views.base import RecordView
from admin_views.campaign_progress import ProgressPages
from admin_views.campaign_recipients import RecipientPages
from admin_views.campaign_records import page_of
from admin_views.campaign_titles import campaign_title, with_labels
from admin_views.compose import ComposePages
from admin_views.compose_attachments import AttachmentPages
from admin_views.compose_preview import PreviewPages
from admin_views.filters import chosen, matching, one_of, since, until
from admin_views.formatters import NOTHING, channel_icon, linked
from admin_views.preflight import PreflightPages
from admin_views.sections import SENDING
from admin_views.sms_count import SmsCountPages
from domain.channel import Channel
from domain.delivery import UNFINISHED, CampaignStatus, Status
from domain.errors import DomainError
from domain.local_time import ClockSkipsIt, InThePast, NotAMoment, TooFarAhead
from models import db
from models.campaign import Campaign, CampaignKind
from queries.campaign_counts import messages_by_campaign
from queries.choices import investment_choices
from services.attach_file import AttachmentRefused
from services.draft_campaign import BodyMissing, ContractTypesMissing, SubjectMissing, SubjectTooLong
from services.message_content import EmptyVariables, UnsafeVariable

FIELD_OF: dict[type[DomainError], str] = {
    SubjectMissing: "subject",
    SubjectTooLong: "subject",
    ContractTypesMissing: "contract_types",
    BodyMissing: "body",
    EmptyVariables: "variables",
    UnsafeVariable: "variables",
    AttachmentRefused: "attachments",
    NotAMoment: "starts_at",
    ClockSkipsIt: "starts_at",
    InThePast: "starts_at",
    TooFarAhead: "starts_at",
}
"""Where on the composer a refusal belongs; anything else about the text itself belongs to the body."""


def _called(text: str) -> sa.ColumnElement[bool]:
    """Campaigns by their title; an SMS has none, and is called by its text."""
    words = sa.case((Campaign.channel == Channel.SMS, Campaign.body), else_=Campaign.subject)
    return words.icontains(text, autoescape=True)


class CampaignView(
    ComposePages,
    AttachmentPages,
    PreviewPages,
    SmsCountPages,
    PreflightPages,
    ProgressPages,
    RecipientPages,
    RecordView,
):
    record = Campaign
    endpoint_name = "campaign"
    title = _("Campaigns")
    menu_section = SENDING
    icon = "bi-send"
    empty_title = _("Nothing has been sent yet")
    empty_hint = _(
        "Open an investment and choose “Send a message to the clients”, or tick clients in their list."
    )

    column_list = ("subject", "kind", "investment", "status", "sent", "trouble", "approved_at", "created_by")
    column_labels = {
        "subject": _("Title"),
        "channel": _("Channel"),
        "kind": _("Audience"),
        "investment": _("Investment"),
        "status": _("Status"),
        "sent": _("Sent"),
        "trouble": _("Needs attention"),
        "approved_at": _("Approved"),
        "starts_at": _("Starts"),
        "finished_at": _("Finished"),
        "created_by": _("Author"),
        "created_at": _("Created"),
    }
    column_export_list = (
        "id", "subject", "channel", "kind", "investment", "status", "sent", "trouble", "created_at",
        "approved_at", "starts_at", "finished_at", "created_by",
    )  # fmt: skip
    column_sortable_list = (
        "subject", "kind", "status", "approved_at", ("investment", "investment.name"),
        ("created_by", "created_by.name"),
    )  # fmt: skip
    column_searchable_list = ("subject",)
    column_filters = (
        one_of("status", _("Status"), Campaign.status, CampaignStatus),
        one_of("channel", _("Channel"), Campaign.channel, Channel),
        one_of("kind", _("Audience"), Campaign.kind, CampaignKind),
        chosen(
            "investment", _("Investment"), lambda number: Campaign.investment_id == number, investment_choices
        ),
        matching("title", _("Title"), _called),
        since("approved", _("Approved"), Campaign.approved_at),
        until("approved", _("Approved"), Campaign.approved_at),
    )
    column_formatters = {
        "subject": lambda _view, _context, campaign, _name: _title(campaign),
        "investment": linked("investment"),
        "sent": lambda _view, _context, campaign, _name: _sent(campaign),
        "trouble": lambda _view, _context, campaign, _name: _trouble(campaign),
    }
    column_formatters_export = {
        "subject": lambda _view, _context, campaign, _name: campaign_title(campaign),
        "sent": lambda _view, _context, campaign, _name: _counts(campaign)[Status.SENT],
        "trouble": lambda _view, _context, campaign, _name: sum(_needing(campaign)),
    }

    def _apply_search(self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str) -> Any:
        for word in search.split():
            found = _called(word)
            query, count_query = query.filter(found), count_query.filter(found)
        return query, count_query, joins, count_joins

    def search_placeholder(self) -> str:
        return gettext("Title, or text of an SMS")

    def get_list(self, *arguments: Any, **options: Any) -> Any:
        count, rows = super().get_list(*arguments, **options)
        if isinstance(rows, Sequence):
            g.campaign_counts = messages_by_campaign(db.session(), [row.id for row in rows])
        return count, rows

    def record_title(self, model: Campaign) -> str:
        return campaign_title(model)

    def after_refusal(self, home: str) -> str:
        """The campaign that was to be changed, as it is now."""
        number = (request.view_args or {}).get("campaign_id")
        campaign = db.session.get(Campaign, number) if number else None
        return page_of(campaign) if campaign else home

    def refuse(self, error: DomainError) -> ResponseReturnValue:
        """As every view does; a script also learns which field the refusal belongs to."""
        answer = super().refuse(with_labels(error))
        if asks_as_script() and isinstance(answer, Response):
            answer.headers["X-Refusal"] = type(error).__name__
            answer.headers["X-Field"] = FIELD_OF.get(type(error), "body")
        return answer


def _title(campaign: Campaign) -> Markup:
    return Markup('{}<a href="{}">{}</a>').format(
        channel_icon(campaign.channel), page_of(campaign), campaign_title(campaign)
    )


def _counts(campaign: Campaign) -> dict[Status, int]:
    known = g.get("campaign_counts") or {}
    if campaign.id not in known:
        known = messages_by_campaign(db.session(), [campaign.id])
    counts: dict[Status, int] = known[campaign.id]
    return counts


def _sent(campaign: Campaign) -> Markup:
    counts = _counts(campaign)
    total = sum(counts.values())
    if not total:
        return NOTHING
    bar = Markup("")
    if any(counts[status] for status in UNFINISHED):
        bar = Markup('<progress class="bar bar-inline" value="{}" max="{}"></progress>').format(
            total - sum(counts[status] for status in UNFINISHED), total
        )
    return Markup('<span class="num">{} / {}</span>{}').format(counts[Status.SENT], total, bar)


def _needing(campaign: Campaign) -> tuple[int, int]:
    counts = _counts(campaign)
    return counts[Status.FAILED], counts[Status.UNCERTAIN]


def _trouble(campaign: Campaign) -> Markup:
    failed, uncertain = _needing(campaign)
    page = url_for("campaign.details_view", id=campaign.id)
    badges = [
        Markup('<a class="badge badge-{}" href="{}&status={}#recipients">{}</a>').format(
            tone, page, status, text
        )
        for count, tone, status, text in (
            (failed, "bad", Status.FAILED.value, gettext("Not sent: %(count)s", count=failed)),
            (uncertain, "warning", Status.UNCERTAIN.value, gettext("To decide: %(count)s", count=uncertain)),
        )
        if count
    ]
    return Markup(" ").join(badges) if badges else NOTHING
