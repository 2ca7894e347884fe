"""Mail accounts to send from."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import PasswordField
from wtforms.validators import Email, NumberRange, Optional

from admin_views.access import ADMINISTER
from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.formatters import own_link
from admin_views.sections import SETTINGS
from extensions.babel import translate_stored
from models.mail_account import MailAccount

_LIMIT = {"validators": [Optional(), NumberRange(min=1)]}
_ADDRESS = {"validators": [Optional(), Email()]}


class MailAccountView(RecordView):
    record = MailAccount
    title = _("Mail accounts")
    menu_section = SETTINGS
    icon = "bi-mailbox"
    create_label = _("Add a mail account")
    allows_create = allows_edit = True
    read_permission = write_permission = ADMINISTER

    column_list = ("name", "sender_address", "host", "security", "is_default", "is_active", "last_failure")
    column_details_list = (
        "uses_settings", "sender_name", "sender_address", "reply_to", "host", "port", "security", "username",
        "per_minute", "per_hour", "per_day", "is_default", "is_active", "failures_in_a_row", "held_until",
        "last_failure",
    )  # fmt: skip
    column_export_list = ("name", "sender_address", "host", "port", "security", "is_default", "is_active")
    column_labels = {
        "name": _("Name"),
        "uses_settings": _("Server from the MAIL_* settings"),
        "sender_name": _("Sender's name"),
        "sender_address": _("Sender's address"),
        "reply_to": _("Reply to"),
        "host": _("Server"),
        "port": _("Port"),
        "security": _("Encryption"),
        "username": _("User name"),
        "per_minute": _("At most per minute"),
        "per_hour": _("At most per hour"),
        "per_day": _("At most per day"),
        "is_default": _("Default"),
        "is_active": _("Active"),
        "failures_in_a_row": _("Failures in a row"),
        "held_until": _("Held until"),
        "last_failure": _("Last failure"),
    }
    column_formatters = {
        "name": own_link,
        "last_failure": lambda _view, _context, account, _name: translate_stored(account.last_failure),
    }
    column_default_sort = ("name", False)
    column_searchable_list = ("name", "sender_address")
    form_columns = (
        "name", "uses_settings", "sender_name", "sender_address", "reply_to", "host", "port", "security",
        "username", "new_password", "per_minute", "per_hour", "per_day", "is_default", "is_active",
    )  # fmt: skip
    form_extra_fields = {
        "new_password": PasswordField(
            _("Password"),
            description=_("Stored encrypted and never shown. Leave it empty to keep the one that is set."),
            render_kw={"autocomplete": "new-password"},
        )
    }
    form_rules = (
        Section(
            _("Sender"),
            "name",
            Row("sender_name", "sender_address", "reply_to"),
            Row("is_default", "is_active"),
        ),
        Section(
            _("Server"),
            "uses_settings",
            Row("host", "port", "security"),
            Row("username", "new_password"),
        ),
        Section(_("Limits"), Row("per_minute", "per_hour", "per_day"), hint=_("Empty means no limit.")),
    )
    form_args = {
        "per_minute": _LIMIT,
        "per_hour": _LIMIT,
        "per_day": _LIMIT,
        "sender_address": _ADDRESS,
        "reply_to": _ADDRESS,
        "port": {"validators": [NumberRange(min=1, max=65535)]},
    }

    def on_model_change(self, form: Any, model: MailAccount, is_created: bool) -> None:
        if form.new_password.data:
            model.password = form.new_password.data
        # Whoever corrects an account wants it tried now.
        model.held_until = model.failing_since = None
        model.failures_in_a_row, model.last_failure = 0, ""
