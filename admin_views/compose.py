"""The composer: a draft on the server, saved while it is typed."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from flask import Response, abort, flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_wtf.csrf import generate_csrf

from admin_views.access import SEND, WRITE, GuardedView, needs
from admin_views.campaign_records import (
    campaign_or_404,
    draft_or_refusal,
    json_body,
    left_for,
    page_of,
)
from admin_views.campaign_titles import field_label
from admin_views.given_draft import given_draft, version_seen
from admin_views.labels import label
from domain.channel import Channel
from domain.contract_types import ContractType
from domain.delivery import CampaignStatus
from domain.merge_tags import MENU
from extensions.babel import TIMEZONE, current_language, translate
from extensions.csp import relax
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign, CampaignClient, CampaignKind
from models.message_template import MessageTemplate
from queries.campaign_audience import distinct_clients
from queries.merge_values import record_paths
from queries.preflight import clients_by_contract_type
from queries.untouched_drafts import untouched_draft
from services.company_name import COMPANY_NAME, company_name
from services.compose_mail import NO_LINKS
from services.detach_file import discard_with_files
from services.draft_campaign import Draft, start_investment_draft
from services.preview_message import inspect_draft
from services.save_draft import save_draft
from services.sms_settings import sms_settings


class ComposePages(GuardedView):
    """Starting, showing, saving and discarding a draft."""

    @expose("/start/investment/<int:investment_id>", methods=("GET", "POST"))
    @expose("/start/investment/<int:investment_id>/<any(sms):channel>", methods=("GET", "POST"))
    @needs(WRITE)
    def start_for_investment(
        self, investment_id: int, channel: str = Channel.EMAIL.value
    ) -> ResponseReturnValue:
        """A plain link may ask for it: however often it does, there is one empty draft for each channel."""
        person, by = current_user_id(), Channel(channel)
        number = untouched_draft(db.session(), investment_id, person, by)
        if number is None:
            draft = start_investment_draft(
                db.session(), investment_id, Draft("", ""), created_by_id=person, channel=by
            )
            number = draft.id
        return redirect(url_for("campaign.compose", campaign_id=number))

    @expose("/compose/<int:campaign_id>")
    @needs(WRITE)
    def compose(self, campaign_id: int) -> ResponseReturnValue:
        campaign = campaign_or_404(campaign_id)
        if campaign.status != CampaignStatus.DRAFT:
            return redirect(page_of(campaign))
        relax(inline_styles=True, remote_images=True)
        return str(self.render("campaign/compose.html", **_page(campaign)))

    @expose("/save/<int:campaign_id>", methods=("POST",))
    @needs(WRITE)
    def save(self, campaign_id: int) -> ResponseReturnValue:
        given = json_body()
        stored = db.session.get(Campaign, campaign_id)
        typed = given_draft(given, stored.channel if stored else Channel.EMAIL)
        seen, draft, now = version_seen(given), _with_known_template(typed), wiring().clock()
        save_draft(db.session(), campaign_id, draft, seen=seen, now=now)
        return jsonify(_standing(campaign_or_404(campaign_id), now))

    @expose("/template/<int:template_id>")
    @needs(WRITE)
    def template(self, template_id: int) -> ResponseReturnValue:
        template = db.session.get(MessageTemplate, template_id)
        if template is None or not template.is_active or template.channel not in (Channel.EMAIL, Channel.SMS):
            abort(404)
        switch = (
            {"strip_letters": state_of(template.strip_letters)} if template.channel == Channel.SMS else {}
        )
        return jsonify(subject=template.subject, body=template.body, **switch)

    @expose("/discard/<int:campaign_id>", methods=("POST",))
    @needs(WRITE)
    def discard(self, campaign_id: int) -> ResponseReturnValue:
        campaign = draft_or_refusal(campaign_id)
        home = left_for(campaign)
        if discard_with_files(db.session(), campaign, store=wiring().files):
            flash(gettext("The draft has been discarded."), "success")
        return redirect(home)

    @expose("/token")
    @needs(WRITE)
    def token(self) -> ResponseReturnValue:
        """A fresh CSRF token for a page whose session was renewed in another window."""
        return Response(generate_csrf(), mimetype="text/plain")


def _page(campaign: Campaign) -> Mapping[str, Any]:
    with_contract = campaign.kind == CampaignKind.INVESTMENT
    limits = wiring().attachment_limits
    return {
        "campaign": campaign,
        "templates": _templates(campaign),
        "types": _types(campaign),
        "label": label,
        "chosen_clients": None if with_contract else _selected(campaign),
        "limits": limits,
        "home": left_for(campaign),
        "may_send": may(SEND),
        "is_sms": campaign.channel == Channel.SMS,
        "strip_letters": state_of(campaign.strip_letters),
        "sms": sms_settings(db.session()),
        "data": {
            "id": campaign.id,
            "channel": campaign.channel.value,
            "language": current_language(),
            "mergeTags": _merge_tags(campaign.channel, with_contract=with_contract),
            "limits": {"each": limits.each, "together": limits.together},
            "draft": _contents(campaign) | _standing(campaign, campaign.updated_at),
        },
    }


def _contents(campaign: Campaign) -> dict[str, Any]:
    return {
        "subject": campaign.subject,
        "body": campaign.body,
        "contract_types": campaign.contract_types,
        "variables": campaign.variables,
        "template_id": campaign.template_id,
        "strip_letters": state_of(campaign.strip_letters),
    }


def state_of(switch: bool | None) -> str:
    """A switch that may say nothing, as the page has it: "yes", "no" or ""."""
    return "" if switch is None else ("yes" if switch else "no")


def _standing(campaign: Campaign, saved_at: datetime) -> dict[str, Any]:
    """What the page has to know after a save: its version, fields to fill in, what is wrong, the reach."""
    state = inspect_draft(db.session(), campaign, wiring().ejs())
    return {
        "version": campaign.updated_at.isoformat(),
        "savedAt": f"{saved_at.astimezone(ZoneInfo(TIMEZONE)):%H:%M:%S}",
        "fields": [{"name": name, "label": field_label(name)} for name in state.fields],
        "problem": translate(state.problem) if state.problem else "",
        "reach": _reach(campaign),
    }


def _reach(campaign: Campaign) -> int:
    if campaign.kind != CampaignKind.INVESTMENT or campaign.investment_id is None:
        return _selected(campaign)
    types = [ContractType(name) for name in campaign.contract_types]
    return distinct_clients(db.session(), campaign.investment_id, types) if types else 0


def _selected(campaign: Campaign) -> int:
    counted = sa.select(sa.func.count()).where(CampaignClient.campaign_id == campaign.id)
    return db.session.scalar(counted) or 0


def _templates(campaign: Campaign) -> list[MessageTemplate]:
    wanted = MessageTemplate.is_active & (MessageTemplate.channel == campaign.channel)
    if campaign.template_id is not None:
        wanted |= MessageTemplate.id == campaign.template_id
    return list(db.session.scalars(sa.select(MessageTemplate).where(wanted).order_by(MessageTemplate.name)))


def _types(campaign: Campaign) -> Mapping[ContractType, int]:
    if campaign.kind != CampaignKind.INVESTMENT or campaign.investment_id is None:
        return {}
    return clients_by_contract_type(db.session(), campaign.investment_id)


def _merge_tags(channel: Channel, *, with_contract: bool) -> list[dict[str, str]]:
    known = record_paths(with_contract=with_contract)
    if channel == Channel.EMAIL:
        known |= NO_LINKS.keys()
    if company_name(db.session()):
        known |= {COMPANY_NAME}
    return [{"tag": f"{{{tag.name}}}", "label": gettext(tag.label)} for tag in MENU if tag.path in known]


def _with_known_template(draft: Draft) -> Draft:
    """The draft without a template that has been removed meanwhile."""
    if draft.template_id is None or db.session.get(MessageTemplate, draft.template_id) is not None:
        return draft
    return replace(draft, template_id=None)
