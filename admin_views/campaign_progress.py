"""A campaign under way: its page, its live numbers, and what a person may do to it."""

from datetime import timedelta
from typing import Any

from flask import abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import format_datetime, format_decimal, format_timedelta, gettext, ngettext

from admin_views.access import SEND, GuardedView, needs
from admin_views.campaign_records import campaign_or_404, left_for, page_of
from admin_views.labels import label, tone
from admin_views.money import units
from admin_views.numbers import whole_number
from domain.channel import Channel
from domain.contract_types import ContractType
from domain.delivery import CampaignStatus, Status
from extensions.babel import translate_stored
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign
from models.sms_account import SmsAccount
from queries.campaign_cost import campaign_cost
from queries.campaign_progress import CampaignProgress, campaign_progress
from queries.campaign_rate import seconds_left, sent_per_second
from queries.campaign_wait import campaign_wait
from services import steer_campaign
from services.readable_title import readable
from services.start_now import start_now

SHOWN = (
    Status.SENT,
    Status.QUEUED,
    Status.SENDING,
    Status.FAILED,
    Status.UNCERTAIN,
    Status.SKIPPED,
    Status.CANCELLED,
)


class ProgressPages(GuardedView):
    """The campaign's page, polled while it runs."""

    @expose("/details/")
    def details_view(self) -> ResponseReturnValue:
        campaign = campaign_or_404(whole_number(request.args.get("id"), default=0) or 0)
        if campaign.status == CampaignStatus.DRAFT:
            return redirect(page_of(campaign))
        progress = campaign_progress(db.session(), campaign.id)
        return str(
            self.render(
                "campaign/campaign.html",
                campaign=campaign,
                progress=progress,
                shown=[(status, label(status), tone(status)) for status in SHOWN],
                label=label,
                tone=tone,
                contract_names=[label(ContractType(name)) for name in campaign.contract_types],
                home=left_for(campaign),
                just_started=request.args.get("started") == "1",
                may_send=may(SEND),
                live=_live(campaign, progress),
                is_sms=campaign.channel == Channel.SMS,
                sms_text=_sms_text(campaign),
                sender=_sender(campaign),
            )
        )

    @expose("/progress/<int:campaign_id>")
    def progress(self, campaign_id: int) -> ResponseReturnValue:
        campaign = campaign_or_404(campaign_id)
        return jsonify(_live(campaign, campaign_progress(db.session(), campaign_id)))

    @expose("/steer/<int:campaign_id>/<any(pause, resume, cancel, resend, start):move>", methods=("POST",))
    @needs(SEND)
    def steer(self, campaign_id: int, move: str) -> ResponseReturnValue:
        campaign_or_404(campaign_id)
        told = _steer(campaign_id, move)
        if told:
            flash(told, "success")
        return redirect(url_for("campaign.details_view", id=campaign_id))

    @expose("/decide/<int:campaign_id>/<any(sent, again):decision>", methods=("POST",))
    @needs(SEND)
    def decide(self, campaign_id: int, decision: str) -> ResponseReturnValue:
        """What to do with uncertain messages: the one named by ``message_id``, or all of them."""
        campaign_or_404(campaign_id)
        chosen = _named_message()
        hands, session = wiring(), db.session()
        if decision == "sent":
            count = steer_campaign.treat_as_sent(
                session, campaign_id, chosen, actor_id=current_user_id(), now=hands.clock()
            )
            told = ngettext(
                "%(num)d message is now treated as sent.",
                "%(num)d messages are now treated as sent.",
                count,
            )
        else:
            count = steer_campaign.send_uncertain_again(
                session,
                campaign_id,
                chosen,
                actor_id=current_user_id(),
                now=hands.clock(),
                enqueue=hands.doorbell.ring,
            )
            told = ngettext(
                "%(num)d message is sent once more.", "%(num)d messages are sent once more.", count
            )
        flash(told, "success")
        return redirect(url_for("campaign.details_view", id=campaign_id, _anchor="recipients"))


def _named_message() -> list[int] | None:
    """The message the form names; None, for all of them, only when it names none."""
    given = request.form.get("message_id")
    if given is None:
        return None
    number = whole_number(given)
    if number is None:
        abort(400)
    return [number]


def _steer(campaign_id: int, move: str) -> str:
    """Make the move; a sentence for the person where the page does not show it by itself."""
    hands, session = wiring(), db.session()
    person, now, ring = current_user_id(), hands.clock(), hands.doorbell.ring
    if move == "pause":
        steer_campaign.pause(session, campaign_id, actor_id=person, now=now)
        return ""
    if move == "resume":
        steer_campaign.resume(session, campaign_id, actor_id=person, now=now, enqueue=ring)
        return ""
    if move == "cancel":
        count = steer_campaign.cancel_rest(session, campaign_id, actor_id=person, now=now)
        return ngettext("%(num)d message was cancelled.", "%(num)d messages were cancelled.", count)
    if move == "resend":
        count = steer_campaign.resend_failed(session, campaign_id, actor_id=person, now=now, enqueue=ring)
    else:
        count = start_now(session, campaign_id, actor_id=person, now=now, enqueue=ring)
    return ngettext("%(num)d message is being sent.", "%(num)d messages are being sent.", count)


def _live(campaign: Campaign, progress: CampaignProgress) -> dict[str, Any]:
    """Everything on the page that changes while it is looked at, ready to be shown."""
    running, is_sms = campaign.status == CampaignStatus.SENDING, campaign.channel == Channel.SMS
    cost = campaign_cost(db.session(), campaign.id) if is_sms else None
    per_second = sent_per_second(db.session(), campaign, now=wiring().clock()) if running else 0.0
    left = seconds_left(progress.unfinished, per_second)
    waits_for_retry = running and not per_second and progress.unfinished > 0
    return {
        "status": campaign.status.value,
        "statusLabel": str(label(campaign.status)),
        "statusTone": tone(campaign.status),
        "counts": {status.value: progress.messages[status] for status in SHOWN},
        "total": progress.total,
        "unfinished": progress.unfinished,
        "notSent": progress.not_sent,
        "uncertain": progress.messages[Status.UNCERTAIN],
        "skippedClients": progress.skipped_clients,
        "pauseReason": translate_stored(campaign.pause_reason),
        "rate": _rate(per_second) if per_second else "",
        "left": _time_left(left) if left is not None and progress.unfinished else "",
        "waiting": waits_for_retry,
        "wait": _wait(campaign) if running and progress.unfinished else "",
        "finishedAt": _finished(campaign),
        "allSent": not progress.not_sent and not progress.messages[Status.UNCERTAIN],
        "verdict": _verdict(progress),
        "cost": units(cost.charged) if cost else "",
        "held": units(cost.held) if cost and cost.held else "",
        "partsText": ngettext("%(num)s SMS part", "%(num)s SMS parts", cost.parts) if cost else "",
        "chargedUncertain": units(cost.uncertain) if cost else "",
    }


def _sms_text(campaign: Campaign) -> str:
    """An SMS as its author wrote it, with the footer that was frozen with it."""
    if campaign.channel != Channel.SMS:
        return ""
    frozen = campaign.frozen_content or {}
    return readable(str(frozen.get("text") or campaign.body), gettext)


def _sender(campaign: Campaign) -> str:
    """Who an SMS campaign's recipients see it is from, as the account has it."""
    account = db.session.get(SmsAccount, campaign.sms_account_id) if campaign.sms_account_id else None
    return account.sender if account is not None else ""


def _finished(campaign: Campaign) -> str:
    if campaign.finished_at is None:
        return ""
    return gettext("finished on %(when)s", when=format_datetime(campaign.finished_at, "short"))


def _wait(campaign: Campaign) -> str:
    """Why nothing goes out at present and when the next try is; empty when nothing is held back."""
    wait = campaign_wait(db.session(), campaign, now=wiring().clock())
    if wait is None:
        return ""
    return gettext(
        "%(reason)s. Next try: %(when)s",
        reason=(translate_stored(wait.failure) or gettext("It could not be sent")).removesuffix("."),
        when=format_datetime(wait.until, "short"),
    )


def _rate(per_second: float) -> str:
    return gettext("%(rate)s a second", rate=format_decimal(round(per_second, 1)))


def _time_left(seconds: int) -> str:
    time = format_timedelta(timedelta(seconds=max(seconds, 1)), threshold=1.2)
    return gettext("about %(time)s left", time=time)


def _verdict(progress: CampaignProgress) -> str:
    """What the closing dialog says."""
    uncertain = progress.messages[Status.UNCERTAIN]
    if not progress.not_sent and not uncertain:
        return gettext("The message was sent successfully")
    return gettext(
        "Sending has finished. Not sent: %(failed)s, to be decided: %(uncertain)s",
        failed=progress.not_sent,
        uncertain=uncertain,
    )
