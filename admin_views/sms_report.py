"""The report of sent SMS messages: what was spent on texts, and on which (manual 001)."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Response, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from admin_views.access import REPORT
from admin_views.base import PanelView
from admin_views.labels import label
from admin_views.money import units
from admin_views.sections import SMS_ACCOUNT
from admin_views.sms_report_filter import (
    NO_SENDER,
    STATUSES,
    Asked,
    asked_report,
    event_key,
    presets,
    read_place,
)
from admin_views.sms_report_words import (
    bar_name,
    bars,
    by_names,
    event_name,
    event_of,
    exact,
    line_name,
    sender_name,
    texts_cells,
    texts_header,
    totals_cells,
    totals_header,
)
from admin_views.workbook_answer import workbook_answer
from domain.csv_text import csv_lines
from domain.local_time import WARSAW
from extensions.babel import current_language
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign
from queries.sms_report import By, ReportFilter, Total, campaigns_behind, senders_of, total_of, totals
from queries.sms_report_rows import every_text, page_of_texts

ROWS_AT_ONCE = 50
LEAST_BARS = 2


class SmsReportView(PanelView):
    """A screen of its own, not a page of the messages': it adds up money, for those who may see reports."""

    title = _("Sent SMS messages")
    menu_section = SMS_ACCOUNT
    icon = "bi-bar-chart-line"
    read_permission = REPORT

    @classmethod
    def panel_endpoint(cls) -> str:
        return "sms_report"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """The sums of a period, each of which leads to its messages."""
        asked = _asked()
        lines = totals(db.session(), asked.wanted, asked.by)
        campaigns = campaigns_behind(db.session(), asked.wanted)
        return str(
            self.render(
                "sms_report/index.html",
                **self._frame(asked, campaigns),
                lines=lines,
                total=total_of(lines),
                name=lambda line: line_name(asked.by, line.key, campaigns),
                lead=lambda line: _lead(asked, line),
                chart=_chart(asked, lines, campaigns),
            )
        )

    @expose("/csv")
    def totals_csv(self) -> ResponseReturnValue:
        """The same sums for a spreadsheet."""
        asked = _asked()
        lines = totals(db.session(), asked.wanted, asked.by)
        cells = totals_cells(asked.by, lines, campaigns_behind(db.session(), asked.wanted))
        return _csv(totals_header(asked.by), cells, f"sms-by-{asked.by.value}", asked)

    @expose("/messages/")
    def messages(self) -> ResponseReturnValue:
        """The messages behind the report, or behind one of its sums, newest first."""
        asked = _asked()
        session, shown = db.session(), asked.shown
        campaigns = campaigns_behind(session, asked.wanted)
        after = read_place(request.args.get("after"))
        rows = page_of_texts(session, shown, limit=ROWS_AT_ONCE + 1, after=after)
        last = rows[ROWS_AT_ONCE - 1].place if len(rows) > ROWS_AT_ONCE else None
        return str(
            self.render(
                "sms_report/messages.html",
                **self._frame(asked, campaigns),
                rows=rows[:ROWS_AT_ONCE],
                total=total_of(totals(session, shown, By.MONTH)),
                paged=after is not None,
                next_page=f"{last.day}.{last.message_id}" if last else None,
                line=None if asked.line is None else line_name(asked.by, asked.line, campaigns),
                event_of=lambda row: event_name(event_of(row), campaigns),
            )
        )

    @expose("/messages/csv")
    def messages_csv(self) -> ResponseReturnValue:
        """The same messages, all of them, for a spreadsheet."""
        asked = _asked()
        cells = texts_cells(
            every_text(db.session(), asked.shown), campaigns_behind(db.session(), asked.wanted)
        )
        return _csv(texts_header(), cells, "sms-messages", asked)

    @expose("/xlsx")
    def totals_xlsx(self) -> ResponseReturnValue:
        """The sums as a workbook."""
        asked = _asked()
        lines = totals(db.session(), asked.wanted, asked.by)
        cells = totals_cells(asked.by, lines, campaigns_behind(db.session(), asked.wanted))
        return _xlsx(totals_header(asked.by), cells, f"sms-by-{asked.by.value}", asked)

    @expose("/messages/xlsx")
    def messages_xlsx(self) -> ResponseReturnValue:
        """The messages as a workbook."""
        asked = _asked()
        cells = texts_cells(
            every_text(db.session(), asked.shown), campaigns_behind(db.session(), asked.wanted)
        )
        return _xlsx(texts_header(), cells, "sms-messages", asked)

    def _frame(self, asked: Asked, campaigns: dict[str, Campaign]) -> dict[str, Any]:
        """What both pages show around their tables."""
        wanted = asked.wanted
        return {
            "asked": asked,
            "by": asked.by,
            "by_names": by_names(),
            "presets": [
                (name, asked.arguments(line=None, **{"from": first, "to": last}), (first, last))
                for name, first, last in presets(_today())
            ],
            "period": (wanted.first, wanted.last),
            "senders": _senders(asked),
            "events": _events(asked, campaigns),
            "statuses": [(member.value, label(member)) for member in STATUSES],
            "units": units,
            "exact": exact,
            "sender_name": sender_name,
        }


def _asked() -> Asked:
    return asked_report(request.args, _today())


def _today() -> date:
    return wiring().clock().astimezone(WARSAW).date()


def _senders(asked: Asked) -> list[tuple[str, str]]:
    known = {*senders_of(db.session()), *([] if asked.wanted.sender is None else [asked.wanted.sender])}
    return sorted((sender or NO_SENDER, sender_name(sender)) for sender in known)


def _events(asked: Asked, campaigns: dict[str, Campaign]) -> list[tuple[str, str]]:
    """The events of the period, whatever else is asked, and the one that is asked for."""
    period = ReportFilter(asked.wanted.first, asked.wanted.last)
    known = {line.key for line in totals(db.session(), period, By.EVENT)}
    known |= {key for key in (event_key(asked.wanted),) if key is not None}
    return sorted(((key, event_name(key, campaigns)) for key in known), key=lambda pair: pair[1].casefold())


def _lead(asked: Asked, line: Total) -> str:
    """Where the messages behind a line are."""
    return url_for(".messages", **asked.arguments(line=line.key))


def _chart(asked: Asked, lines: list[Total], campaigns: dict[str, Campaign]) -> dict[str, Any] | None:
    """The chart's bars, none where one bar would say nothing; heights in PLN, money as people read it."""
    drawn = bars(asked.by, lines)
    if len(drawn) < LEAST_BARS:
        return None
    return {
        "labels": [bar_name(asked.by, line.key, campaigns) for line in drawn],
        "heights": [line.cost / 10_000 for line in drawn],
        "costs": [exact(line.cost) for line in drawn],
        "urls": [_lead(asked, line) if line.messages else "" for line in drawn],
        "name": gettext("Cost"),
        "lying": asked.by in (By.SENDER, By.EVENT),
    }


def _csv(header: list[str], cells: Iterable[list[Any]], name: str, asked: Asked) -> Response:
    lines = csv_lines(header, cells, ";" if current_language() == "pl" else ",")
    shown = asked.shown
    return Response(
        stream_with_context(lines),
        headers={"Content-Disposition": f"attachment; filename={name}-{shown.first}-{shown.last}.csv"},
        mimetype="text/csv",
    )


def _xlsx(header: list[str], cells: Iterable[list[Any]], name: str, asked: Asked) -> Response:
    shown = asked.shown
    return workbook_answer(
        gettext("Sent SMS messages"), header, cells, f"{name}-{shown.first}-{shown.last}.xlsx"
    )
