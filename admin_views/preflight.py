"""The pre-flight report: who would not get the message and why, fixed in place, and the send itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response, abort, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from werkzeug.exceptions import BadRequest

from admin_views.access import SEND, WRITE, GuardedView, needs
from admin_views.campaign_records import campaign_or_404, draft_or_refusal, json_body, page_of
from admin_views.client_consents import VALID_ALREADY
from admin_views.labels import label, reason_label
from admin_views.numbers import whole_number
from admin_views.preflight_asking import PreflightAsking, askable
from admin_views.sms_quote import shown_quote
from domain.channel import Channel
from domain.contract_types import POLISH_TITLES
from domain.delivery import CampaignStatus
from domain.eligibility import REASONS, Reason
from domain.errors import DomainError
from domain.local_time import from_wall_clock
from extensions.babel import translate
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign
from models.consent import ConsentMethod
from queries.audience import audience_of
from queries.preflight import PreflightReport, failing_pairs, preflight
from queries.preflight_recheck import standing_of
from services.approve_campaign import (
    AlreadyApproved,
    AudienceChanged,
    AudienceHasErrors,
    DraftChanged,
    NobodyToSendTo,
    QuoteChanged,
    SendOrder,
    approve_campaign,
)
from services.draft_campaign import version_of
from services.draft_look import LookChanged
from services.fix_email_address import fix_email_address
from services.fix_phone_number import fix_phone_number
from services.grant_consent import grant_marketing_consent, marketing_consents
from services.ledger import NotEnoughMoney
from services.prepare_order import prepare_order

ROWS_AT_ONCE = 50
FIXED_BY_ADDRESS = (
    Reason.MISSING_EMAIL,
    Reason.INVALID_EMAIL,
    Reason.BLOCKED_EMAIL,
    Reason.MISSING_PHONE,
    Reason.NOT_POLISH_MOBILE,
    Reason.BLOCKED_PHONE,
)
FIXED_BY_CONSENT = (Reason.NO_EMAIL_CONSENT, Reason.NO_SMS_CONSENT)
ASKED_OF_A_PERSON = (
    ConsentMethod.FORM,
    ConsentMethod.PAPER,
    ConsentMethod.PHONE,
    ConsentMethod.EMAIL,
    ConsentMethod.SMS,
)

SHOWN_AGAIN = (
    AudienceHasErrors,
    NobodyToSendTo,
    AudienceChanged,
    LookChanged,
    QuoteChanged,
    NotEnoughMoney,
)
"""Refusals that the report answers by showing what is so now."""


class PreflightPages(PreflightAsking, GuardedView):
    """The report, its rows, the corrections and the approval."""

    @expose("/preflight/<int:campaign_id>", methods=("POST",))
    @needs(WRITE)
    def preflight(self, campaign_id: int) -> ResponseReturnValue:
        """The report as a fragment. Refuses (409) a message that could not be sent to anybody."""
        campaign = draft_or_refusal(campaign_id)
        given = json_body()
        starts_at = _wall_clock(given)
        order = _order(campaign, skip_errors=True, starts_at=starts_at)
        report = preflight(db.session(), audience_of(campaign))
        notice = translate(LookChanged()) if given.get("look") not in (None, "", order.look) else ""
        return self._report(campaign, report, order, starts_at, notice=notice)

    @expose("/quote/<int:campaign_id>")
    @needs(WRITE)
    def quote(self, campaign_id: int) -> ResponseReturnValue:
        """What an SMS costs for its audience of now, as a fragment; asked again after a correction."""
        campaign = draft_or_refusal(campaign_id)
        if campaign.channel != Channel.SMS:
            abort(404)
        order = _order(campaign, skip_errors=True, starts_at="")
        return str(self.render("campaign/quote.html", **shown_quote(campaign, order)))

    @expose("/failing/<int:campaign_id>/<reason>")
    @needs(WRITE)
    def failing(self, campaign_id: int, reason: str) -> ResponseReturnValue:
        """One page of the rows behind a kind of error."""
        campaign = draft_or_refusal(campaign_id)
        if reason not in REASONS[campaign.channel]:
            abort(404)
        kind, offset = Reason(reason), whole_number(request.args.get("offset")) or 0
        rows = failing_pairs(
            db.session(),
            audience_of(campaign),
            reason=kind,
            limit=ROWS_AT_ONCE + 1,
            offset=offset,
        )
        return str(
            self.render(
                "campaign/preflight_rows.html",
                rows=rows[:ROWS_AT_ONCE],
                next_offset=offset + ROWS_AT_ONCE if len(rows) > ROWS_AT_ONCE else None,
                reason=kind,
                Reason=Reason,
                contract_titles=POLISH_TITLES,
                by_address=kind in FIXED_BY_ADDRESS,
                by_consent=kind in FIXED_BY_CONSENT,
                askable=askable([row.client_id for row in rows]) if kind in FIXED_BY_CONSENT else {},
                may_send=may(SEND),
                is_sms=campaign.channel == Channel.SMS,
                campaign_id=campaign_id,
            )
        )

    @expose("/fix-address/<int:campaign_id>/<int:client_id>", methods=("POST",))
    @needs(WRITE)
    def fix_address(self, campaign_id: int, client_id: int) -> ResponseReturnValue:
        campaign = draft_or_refusal(campaign_id)
        address = str(json_body().get("address") or "")
        before = standing_of(db.session(), audience_of(campaign), client_id)
        fix = fix_phone_number if campaign.channel == Channel.SMS else fix_email_address
        fix(db.session(), client_id, address, actor_id=current_user_id(), now=wiring().clock())
        return _difference(campaign_or_404(campaign_id), client_id, before)

    @expose("/grant-consent/<int:campaign_id>/<int:client_id>", methods=("POST",))
    @needs(WRITE)
    def grant_consent(self, campaign_id: int, client_id: int) -> ResponseReturnValue:
        campaign, given = draft_or_refusal(campaign_id), json_body()
        before = standing_of(db.session(), audience_of(campaign), client_id)
        granted = grant_marketing_consent(
            db.session(),
            client_id,
            channel=campaign.channel,
            definition_id=whole_number(given.get("definition"), default=0) or 0,
            method=_method(given.get("method")),
            source=_source(given.get("source")),
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        note = "" if granted else str(VALID_ALREADY)
        return _difference(campaign_or_404(campaign_id), client_id, before, note=note)

    @expose("/send/<int:campaign_id>", methods=("POST",))
    @needs(SEND)
    def send(self, campaign_id: int) -> ResponseReturnValue:
        """Approve the draft as the report showed it. A second click or window is led to the campaign that the
        first one started.
        """
        given = json_body()
        campaign = campaign_or_404(campaign_id)
        if campaign.status != CampaignStatus.DRAFT:
            return jsonify(url=page_of(campaign))
        starts_at = _wall_clock(given)
        try:
            self._approve(campaign, given, starts_at)
        except AlreadyApproved:
            pass
        except SHOWN_AGAIN as refusal:
            db.session.rollback()
            return self._refused(campaign_id, refusal, starts_at)
        return jsonify(url=url_for("campaign.details_view", id=campaign_id, started=1))

    def _approve(self, campaign: Campaign, given: Mapping[str, object], starts_at: str) -> None:
        hands, number = wiring(), campaign.id
        if given.get("version") != version_of(campaign):
            raise DraftChanged
        skip_errors = given.get("skip_errors") is True
        order = _order(campaign, skip_errors=skip_errors, starts_at=starts_at)
        recipients = whole_number(given.get("expected"), default=0)
        order = replace(order, recipients=recipients, look=str(given.get("look")))
        if campaign.channel == Channel.SMS:
            order = replace(order, cost=whole_number(given.get("cost"), default=0))
        db.session.rollback()  # approving has its own transaction and must not wait for this one
        approve_campaign(number, order, now=hands.clock(), enqueue=hands.doorbell.ring)

    def _refused(self, campaign_id: int, refusal: DomainError, starts_at: str) -> Response:
        campaign = campaign_or_404(campaign_id)
        order = _order(campaign, skip_errors=True, starts_at=starts_at)
        report = preflight(db.session(), audience_of(campaign))
        page = self._report(campaign, report, order, starts_at, notice=translate(refusal))
        return Response(page, status=409, mimetype="text/html")

    def _report(
        self, campaign: Campaign, report: PreflightReport, order: SendOrder, starts_at: str, notice: str = ""
    ) -> str:
        channel = campaign.channel
        quote = shown_quote(campaign, order) if channel == Channel.SMS else {}
        return str(
            self.render(
                "campaign/preflight.html",
                campaign=campaign,
                report=report,
                version=version_of(campaign),
                look=order.look,
                errors=[
                    (reason, reason_label(reason, channel), report.errors[reason])
                    for reason in REASONS[channel]
                ],
                definitions=marketing_consents(db.session(), channel),
                is_sms=channel == Channel.SMS,
                **quote,
                methods=ASKED_OF_A_PERSON,
                method_label=label,
                starts_at=from_wall_clock(starts_at, now=wiring().clock()) if starts_at else None,
                may_send=may(SEND),
                notice=notice,
            )
        )


def _order(campaign: Campaign, *, skip_errors: bool, starts_at: str) -> SendOrder:
    moment = from_wall_clock(starts_at, now=wiring().clock()) if starts_at else None
    return prepare_order(
        db.session(),
        campaign,
        wiring().ejs(),
        skip_errors=skip_errors,
        approved_by_id=current_user_id(),
        starts_at=moment,
    )


def _method(given: object) -> ConsentMethod:
    """How the consent was given: one of those offered, for a guess would be no proof."""
    chosen = next((method for method in ASKED_OF_A_PERSON if method == given), None)
    if chosen is None:
        raise BadRequest
    return chosen


def _source(given: object) -> str:
    """Where the consent comes from, in somebody's words: what is no text is no proof."""
    if not isinstance(given, str) or "\x00" in given:
        raise BadRequest
    return given


def _wall_clock(given: Mapping[str, object]) -> str:
    """The start asked for, "" for at once; what is no text is read as a moment, and refused as one."""
    moment = given.get("starts_at")
    return "" if moment is None else str(moment)


def _difference(campaign: Campaign, client_id: int, before: Any, *, note: str = "") -> Response:
    """What a correction changed in the report, and what still keeps the client out."""
    after = standing_of(db.session(), audience_of(campaign), client_id)
    return jsonify(
        errors={reason.value: count - before.errors[reason] for reason, count in after.errors.items()},
        recipients=after.recipients - before.recipients,
        skipped=int(after.is_skipped) - int(before.is_skipped),
        still=str(reason_label(after.reason, campaign.channel)) if after.reason else "",
        note=note,
    )
