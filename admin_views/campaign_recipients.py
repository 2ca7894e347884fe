"""Who a campaign was sent to, who was left out, and what became of each: a table and a spreadsheet."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext

from admin_views.access import SEND, GuardedView
from admin_views.campaign_records import campaign_or_404, words
from admin_views.labels import label, reason_label, tone
from admin_views.money import units
from admin_views.numbers import whole_number
from domain.channel import Channel
from domain.contract_types import POLISH_TITLES
from domain.csv_text import csv_lines
from domain.delivery import CampaignStatus, Status
from domain.money import zloty_of
from extensions.babel import TIMEZONE, current_language, translate_stored
from extensions.login import may
from models import db
from queries.campaign_recipients import (
    Recipient,
    RecipientFilter,
    count_recipients,
    every_recipient,
    page_of_recipients,
)

LEFT_OUT = "left_out"
ROWS_AT_ONCE = 50


class RecipientPages(GuardedView):
    """The recipients of a frozen campaign."""

    @expose("/recipients/<int:campaign_id>")
    def recipients(self, campaign_id: int) -> ResponseReturnValue:
        """One page of the table as a fragment."""
        campaign, wanted = campaign_or_404(campaign_id), _wanted()
        count = count_recipients(db.session(), campaign_id, wanted)
        pages = -(-count // ROWS_AT_ONCE)
        page = min(whole_number(request.args.get("page")) or 0, max(pages - 1, 0))
        return str(
            self.render(
                "campaign/recipients.html",
                campaign=campaign,
                rows=page_of_recipients(
                    db.session(), campaign_id, wanted, limit=ROWS_AT_ONCE, offset=page * ROWS_AT_ONCE
                ),
                count=count,
                page=page,
                pages=pages,
                first=page * ROWS_AT_ONCE + 1,
                wanted=wanted,
                contract_titles=POLISH_TITLES,
                label=label,
                tone=tone,
                explain=partial(explanation, channel=campaign.channel),
                is_sms=campaign.channel == Channel.SMS,
                units=units,
                uncertain=Status.UNCERTAIN,
                may_decide=may(SEND),
                may_send_again=campaign.status != CampaignStatus.CANCELLED,
            )
        )

    @expose("/recipients/<int:campaign_id>/csv")
    def recipients_csv(self, campaign_id: int) -> ResponseReturnValue:
        """The same list, whole, for a spreadsheet."""
        channel, wanted = campaign_or_404(campaign_id).channel, _wanted()
        part = LEFT_OUT if wanted.left_out else (wanted.status.value if wanted.status else "recipients")
        separator = ";" if current_language() == "pl" else ","
        lines = csv_lines(_header(channel), _lines(campaign_id, wanted, channel), separator)
        name = f"campaign-{campaign_id}-{part.replace('_', '-')}.csv"
        return Response(
            stream_with_context(lines),
            headers={"Content-Disposition": f"attachment; filename={name}"},
            mimetype="text/csv",
        )


def explanation(row: Recipient, channel: Channel) -> str:
    """Why a recipient has not got the message, in words."""
    if row.reason is not None:
        return str(reason_label(row.reason, channel))
    return " ".join(part for part in (row.error_code, translate_stored(row.error_text)) if part)


def _wanted() -> RecipientFilter:
    status = request.args.get("status", "")
    return RecipientFilter(
        status=Status(status) if status in list(Status) else None,
        left_out=status == LEFT_OUT,
        search=words(),
    )


def _header(channel: Channel) -> list[str]:
    is_sms = channel == Channel.SMS
    charged = [gettext("SMS parts"), gettext("Cost (PLN)")] if is_sms else []
    return [
        gettext("Client"),
        gettext("Kind"),
        gettext("Contract"),
        gettext("Phone number") if is_sms else gettext("E-mail address"),
        gettext("Status"),
        gettext("Reason"),
        gettext("Sent"),
        *charged,
    ]


def _lines(campaign_id: int, wanted: RecipientFilter, channel: Channel) -> Iterator[list[Any]]:
    zone = ZoneInfo(TIMEZONE)
    for row in every_recipient(db.session(), campaign_id, wanted):
        yield [
            row.name or "",
            label(row.kind) if row.kind else "",
            f"{POLISH_TITLES[row.contract_type]} {row.contract_number}" if row.contract_type else "",
            row.address or "",
            label(row.status) if row.status else gettext("Left out"),
            explanation(row, channel),
            f"{row.sent_at.astimezone(zone):%Y-%m-%d %H:%M:%S}" if row.sent_at else "",
            *(_charged(row) if channel == Channel.SMS else ()),
        ]


def _charged(row: Recipient) -> list[Any]:
    """Parts, and an amount with four decimals, as a spreadsheet adds them up."""
    return [row.parts or "", "" if row.cost is None else zloty_of(row.cost)]
