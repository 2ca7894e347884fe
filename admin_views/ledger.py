"""The ledger of the SMS account: every movement of money, read only."""

from flask_babel import lazy_gettext as _

from admin_views.access import REPORT
from admin_views.base import RecordView
from admin_views.filters import one_of, since, until
from admin_views.formatters import linked
from admin_views.money import units_column
from admin_views.sections import SMS_ACCOUNT
from domain.money import zloty_of
from models.ledger import EntryKind, LedgerEntry


class LedgerView(RecordView):
    record = LedgerEntry
    title = _("Ledger")
    menu_section = SMS_ACCOUNT
    icon = "bi-journal-text"
    read_permission = REPORT
    intro = _(
        "Every movement of money on the SMS account. Entries are never changed; their sum is the balance."
    )
    empty_title = _("No money has moved yet")
    empty_hint = _("Top the account up with the dollar sign at the top of the page.")

    column_list = ("recorded_at", "kind", "amount", "message", "payment", "reason", "actor")
    column_details_list = (
        "recorded_at", "kind", "amount", "message", "payment", "reason", "actor", "idempotency_key",
    )  # fmt: skip
    column_labels = {
        "recorded_at": _("When"),
        "kind": _("Kind"),
        "amount": _("Amount"),
        "message": _("Message"),
        "payment": _("Top-up"),
        "reason": _("Reason"),
        "actor": _("Who"),
        "idempotency_key": _("Key"),
    }
    column_formatters = {
        "amount": units_column,
        "message": linked("message"),
        "payment": linked("payment"),
    }
    column_formatters_export = {"amount": lambda _view, _context, entry, _name: zloty_of(entry.amount)}
    column_sortable_list = ("recorded_at", "amount", "kind")
    column_filters = (
        one_of("kind", _("Kind"), LedgerEntry.kind, EntryKind),
        since("when", _("When"), LedgerEntry.recorded_at),
        until("when", _("When"), LedgerEntry.recorded_at),
    )
