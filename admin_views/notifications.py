"""The log of notifications: what went of each event, what did not, and why."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from sqlalchemy.orm import joinedload

from admin_views.base import RecordView
from admin_views.filters import chosen, matching, member_of, one_of, one_word, since, until
from admin_views.formatters import EXPORTED, badge, link, moment, record_link
from admin_views.labels import label
from admin_views.sections import SENDING
from domain.channel import Channel
from domain.events import RECORD_OF, EventKind, RecordKind
from domain.names import fold
from domain.notification_rules import Withheld
from extensions.babel import translate_stored
from models.client import Client
from models.notification import FiredEvent, Notification

HANDED_OVER = "handed_over"
_RESULTS: dict[str, Any] = {
    HANDED_OVER: _("Handed over for sending"),
    **{reason.value: label(reason) for reason in Withheld},
}
_RESULT = sa.func.coalesce(sa.cast(Notification.reason, sa.String), HANDED_OVER)
_WHEN = (
    sa.select(FiredEvent.occurred_at)
    .where(FiredEvent.id == Notification.event_id)
    .correlate(Notification)
    .scalar_subquery()
)


def _result(_view: Any, _context: Any, row: Notification, _name: str) -> Markup:
    if row.message is not None:
        sent = link(row.message.address or f"#{row.message_id}", "message.details_view", id=row.message_id)
        return Markup('<span class="anywhere">{}</span> {}').format(sent, badge(row.message.status))
    shown = badge(row.reason) if row.reason else Markup("")
    detail = translate_stored(row.detail)
    return Markup('{} <span class="text-faint">{}</span>').format(shown, detail) if detail else shown


def _plain_result(_view: Any, _context: Any, row: Notification, _name: str) -> str:
    if row.message is not None:
        return f"{_RESULTS[HANDED_OVER]}: {row.message.address} ({label(row.message.status)})"
    reason = str(label(row.reason)) if row.reason else ""
    return ": ".join(part for part in (reason, translate_stored(row.detail)) if part)


def _record(_view: Any, _context: Any, row: Notification, _name: str) -> Markup:
    kind = RECORD_OF[row.event.kind]
    return record_link(getattr(row.event, kind.value), kind.value)


def _plain_record(_view: Any, _context: Any, row: Notification, _name: str) -> str:
    return str(getattr(row.event, RECORD_OF[row.event.kind].value) or "")


def _of_events(condition: Any) -> Any:
    return Notification.event_id.in_(sa.select(FiredEvent.id).where(condition))


def _of_clients_named(text: str) -> Any:
    named = sa.select(Client.id).where(Client.search.contains(fold(text), autoescape=True))
    return _of_events(FiredEvent.client_id.in_(named))


class NotificationView(RecordView):
    record = Notification
    title = _("Notification log")
    menu_section = SENDING
    icon = "bi-bell"
    intro = _("What clients were told of by itself, by each channel, and why something was not sent.")
    empty_title = _("No event has happened yet")
    empty_hint = _("Add a repair, a ticket, a payment or a shipment: what its client is told of stands here.")

    column_list = ("when", "event", "record", "client", "channel", "result")
    column_details_list = ("when", "event", "record", "client", "channel", "result", "actor")
    column_export_list = ("when", "event", "record", "client", "channel", "result", "message_id")
    column_labels = {
        "when": _("When"),
        "event": _("Event"),
        "record": _("Of what"),
        "client": _("Client"),
        "channel": _("Channel"),
        "result": _("Result"),
        "actor": _("Who made the change"),
        "message_id": _("Message number"),
    }
    column_formatters = {
        "when": lambda _view, _context, row, _name: link(
            moment(row.event.occurred_at), ".details_view", id=row.id
        ),
        "event": lambda _view, _context, row, _name: label(row.event.kind),
        "record": _record,
        "client": lambda _view, _context, row, _name: record_link(row.event.client, "client"),
        "channel": lambda _view, _context, row, _name: label(row.channel),
        "result": _result,
        "actor": lambda _view, _context, row, _name: str(row.event.actor or ""),
    }
    column_formatters_export = {
        "when": lambda view, _context, row, name: EXPORTED[datetime](view, row.event.occurred_at, name),
        "event": lambda _view, _context, row, _name: str(label(row.event.kind)),
        "record": _plain_record,
        "client": lambda _view, _context, row, _name: str(row.event.client),
        "channel": lambda _view, _context, row, _name: str(label(row.channel)),
        "result": _plain_result,
    }
    column_sortable_list = ()
    column_filters = (
        member_of("event", _("Event"), lambda kind: _of_events(FiredEvent.kind == kind), EventKind),
        one_of("channel", _("Channel"), Notification.channel, Channel),
        one_word("result", _("Result"), _RESULT, _RESULTS),
        matching("client_name", _("Client's name"), _of_clients_named),
        chosen("client", _("Client number"), lambda id_: _of_events(FiredEvent.client_id == id_), lambda: []),
        since("when", _("When"), _WHEN),
        until("when", _("When"), _WHEN),
    )

    def get_query(self) -> Any:
        event = joinedload(Notification.event)
        records = [event.joinedload(getattr(FiredEvent, kind.value)) for kind in RecordKind]
        return (
            super()
            .get_query()
            .options(event.joinedload(FiredEvent.client), *records, joinedload(Notification.message))
        )

    def record_title(self, model: Notification) -> str:
        return f"{label(model.event.kind)} · {label(model.channel)}"
