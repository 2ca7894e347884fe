"""What the panel says of an invoice on its way into KSeF."""

from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.filters import PanelFilter
from admin_views.formatters import NOTHING, day, tag
from domain.ksef import KsefEnvironment, KsefState, offline_deadline
from extensions.wiring import wiring
from models.invoice import Invoice
from models.ksef import KsefSubmission
from queries.ksef_stuck import stuck_in_ksef

STATES = {
    KsefState.WAITING: (_("Waiting"), "neutral"),
    KsefState.SENDING: (_("Being sent"), "info"),
    KsefState.SENT: (_("Sent, number to come"), "info"),
    KsefState.ACCEPTED: (_("Accepted"), "good"),
    KsefState.REFUSED: (_("Refused"), "bad"),
    KsefState.OFFLINE: (_("Issued offline"), "warning"),
}
NOT_THERE, STUCK = "none", "stuck"
_DECIDED = (KsefState.ACCEPTED, KsefState.REFUSED)


def active_ksef() -> KsefEnvironment | None:
    """Where invoices are sent now; None while KSeF is off."""
    gateway = wiring().ksef
    return gateway.settings.environment if gateway else None


def ksef_badge(submission: KsefSubmission | None) -> Markup:
    """The state as a badge, with the last day for what was issued offline."""
    if submission is None:
        return NOTHING
    text, colour = STATES[submission.state]
    badge = tag(text, colour)
    last = last_day(submission)
    return badge + Markup("<br><small>{}</small>").format(gettext("by %(day)s", day=last)) if last else badge


def ksef_text(submission: KsefSubmission | None) -> str:
    """For an export: the number, or else the state."""
    if submission is None:
        return ""
    return submission.ksef_number or str(STATES[submission.state][0])


def last_day(submission: KsefSubmission) -> str:
    """Until when an invoice issued offline has to be in KSeF; empty for any other."""
    if submission.offline_since is None or submission.state in _DECIDED:
        return ""
    return day(offline_deadline(submission.invoice.issued_on))


def ksef_filter() -> PanelFilter:
    """Invoices by their state in KSeF; those that never went there and those that are stuck are two more."""

    def known(value: str) -> str:
        if value not in (NOT_THERE, STUCK) and value not in set(KsefState):
            raise ValueError("no such state")
        return value

    def criterion(value: str) -> sa.ColumnElement[bool]:
        if value == NOT_THERE:
            return sa.not_(Invoice.ksef.has())
        if value == STUCK:
            return Invoice.ksef.has(stuck_in_ksef(active_ksef(), wiring().clock()))
        return Invoice.ksef.has(KsefSubmission.state == value)

    def options() -> list[tuple[str, str]]:
        named = [(state.value, str(text)) for state, (text, _colour) in STATES.items()]
        return [*named, (STUCK, gettext("Stuck")), (NOT_THERE, gettext("Not in KSeF"))]

    return PanelFilter("ksef", _("KSeF"), criterion, known, options=options)


def ksef_facts(submission: KsefSubmission) -> dict[str, Any]:
    """What the card of an invoice shows of its way."""
    return {"ksef": submission, "badge": ksef_badge(submission), "last_day": last_day(submission)}
