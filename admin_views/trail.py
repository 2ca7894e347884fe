"""The audit: who changed what, and whether the record of it is whole."""

import json
from typing import Any

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.access import ADMINISTER, needs
from admin_views.audit_words import ACTIONS, KINDS, named
from admin_views.base import RecordView
from admin_views.filters import chosen, contains, one_word, since, until
from admin_views.formatters import as_text, link, moment
from admin_views.sections import SETTINGS
from models import db
from models.audit import AuditEntry
from queries.audit_chain import first_broken_entry
from queries.choices import staff_choices


class AuditView(RecordView):
    record = AuditEntry
    endpoint_name = "audit"
    title = _("Audit")
    menu_section = SETTINGS
    icon = "bi-shield-check"
    intro = _("Every change made in the panel. Entries are chained: one that was altered or removed shows.")
    empty_title = _("No change has been made yet")
    read_permission = write_permission = ADMINISTER
    list_template = "audit/list.html"

    column_list = ("recorded_at", "actor", "action", "entity", "entity_id")
    column_details_list = ("recorded_at", "actor", "action", "entity", "entity_id", "digest")
    column_export_list = ("recorded_at", "actor", "action", "entity", "entity_id", "digest")
    column_labels = {
        "recorded_at": _("When"),
        "actor": _("Who"),
        "action": _("What was done"),
        "entity": _("To what"),
        "entity_id": _("Number"),
        "digest": _("Digest"),
    }
    column_formatters = {
        "recorded_at": lambda _view, _context, entry, _name: link(
            moment(entry.recorded_at), ".details_view", id=entry.id
        ),
        "action": lambda _view, _context, entry, _name: named(ACTIONS, entry.action),
        "entity": lambda _view, _context, entry, _name: named(KINDS, entry.entity),
    }
    column_formatters_export = {
        "actor": as_text,
        "action": lambda _view, _context, entry, _name: named(ACTIONS, entry.action),
        "entity": lambda _view, _context, entry, _name: named(KINDS, entry.entity),
    }
    column_sortable_list = ("recorded_at", "action", "entity")
    column_filters = (
        chosen("actor", _("Who"), lambda id_: AuditEntry.actor_id == id_, staff_choices),
        one_word("action", _("What was done"), AuditEntry.action, ACTIONS),
        one_word("entity", _("To what"), AuditEntry.entity, KINDS),
        contains("number", _("Number"), AuditEntry.entity_id),
        since("when", _("When"), AuditEntry.recorded_at),
        until("when", _("When"), AuditEntry.recorded_at),
    )

    def record_title(self, model: AuditEntry) -> str:
        return f"#{model.id}"

    @expose("/verify/", methods=("POST",))
    @needs(ADMINISTER)
    def verify(self) -> ResponseReturnValue:
        """Walk the whole chain and say whether it holds."""
        broken = first_broken_entry(db.session)
        if broken is None:
            flash(gettext("The audit is whole: nothing was altered or removed."), "success")
        elif broken:
            flash(gettext("The audit is broken at entry %(number)s.", number=broken), "error")
        else:
            flash(gettext("The end of the audit is missing."), "error")
        return redirect(self.get_url(".index_view"))

    def card_sections(self, model: AuditEntry) -> list[Markup]:
        values: Any = model.detail.values if model.detail else None
        text = json.dumps(values, ensure_ascii=False, indent=2, sort_keys=True) if values is not None else ""
        return [self.section("audit_values", text=text)]
