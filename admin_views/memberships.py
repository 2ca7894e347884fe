"""Contact persons: people and their places in companies."""

from typing import Any

from flask_babel import lazy_gettext as _

from admin_views.base import RecordView
from admin_views.fields import ClientLoader, Row, Section
from admin_views.filters import contains, flag, matching
from admin_views.formatters import linked
from admin_views.sections import CLIENTS
from domain.names import fold
from models.client import Client, Membership


class MembershipView(RecordView):
    record = Membership
    title = _("Contact persons")
    menu_section = CLIENTS
    icon = "bi-person-vcard"
    create_label = _("Add a contact person")
    empty_title = _("No contact persons yet")
    empty_hint = _("A contact person is a client who speaks for a company; add both as clients first.")
    allows_create = allows_edit = allows_delete = True

    column_list = ("person", "company", "role", "is_default")
    column_labels = {
        "person": _("Person"),
        "company": _("Company"),
        "role": _("Position"),
        "is_default": _("Default contact person"),
    }
    column_formatters = {"person": linked("client"), "company": linked("client")}
    column_formatters_export = {
        "person": lambda _view, _context, place, _name: place.person.name,
        "company": lambda _view, _context, place, _name: place.company.name,
    }
    column_filters = (
        matching(
            "company", _("Company"), lambda text: Membership.company.has(Client.search.contains(fold(text)))
        ),
        contains("role", _("Position"), Membership.role),
        flag("default", _("Default contact person"), Membership.is_default),
    )
    form_columns = ("company", "person", "role", "is_default")
    form_ajax_refs: Any = {"company": ClientLoader("company"), "person": ClientLoader("person")}
    form_rules = (Section(_("Contact person"), Row("company", "person"), Row("role", "is_default")),)
