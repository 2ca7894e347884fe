"""Mail accounts to send from, and where what comes back is fetched."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import PasswordField
from wtforms.validators import Email, NumberRange, Optional, ValidationError

from admin_views.access import ADMINISTER
from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.formatters import own_link
from admin_views.sections import SETTINGS
from domain.return_path import LONGEST_BASE, LONGEST_BASE_LOCAL_PART, takes_tokens
from extensions.babel import translate_stored
from extensions.wiring import wiring
from models.mail_account import MailAccount


def _is_fetched(form: Any, field: Any) -> None:
    if field.data and not form.imap_host.data:
        raise ValidationError(gettext("Answers are fetched from the IMAP server: name it below."))


def _answers_fit(form: Any, field: Any) -> None:
    """Answers come to the reply address, else to the sender's, else to that of the settings."""
    if not form.takes_answers.data:
        return
    if field is form.takes_answers:
        if not form.reply_to.data and not form.sender_address.data:
            _fits(wiring().default_sender.address)
    elif field is form.reply_to or not form.reply_to.data:
        _fits(field.data)


def _bounces_fit(_form: Any, field: Any) -> None:
    _fits(field.data)


def _fits(address: str) -> None:
    if not takes_tokens(address):
        raise ValidationError(
            gettext(
                "%(address)s is too long: the number of each message is added before the @, so at most "
                "%(local)s characters may stand there, and %(whole)s in all. Enter a shorter address.",
                address=address,
                local=LONGEST_BASE_LOCAL_PART,
                whole=LONGEST_BASE,
            )
        )


_LIMIT = {"validators": [Optional(), NumberRange(min=1)]}
_ADDRESS = {"validators": [Optional(), Email(), _answers_fit]}


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
        "last_failure", "takes_answers", "bounce_address", "imap_host", "imap_port", "imap_security",
        "imap_username", "fetched_at", "fetch_failure",
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
        "takes_answers": _("Answers come to the application"),
        "bounce_address": _("Address for returned mail"),
        "imap_host": _("IMAP server"),
        "imap_port": _("IMAP port"),
        "imap_security": _("IMAP encryption"),
        "imap_username": _("IMAP user name"),
        "fetched_at": _("Last looked into"),
        "fetch_failure": _("Why it could not be read"),
    }
    column_formatters = {
        "name": own_link,
        "last_failure": lambda _view, _context, account, _name: translate_stored(account.last_failure),
        "fetch_failure": lambda _view, _context, account, _name: translate_stored(account.fetch_failure),
    }
    column_default_sort = ("name", False)
    column_searchable_list = ("name", "sender_address")
    form_columns = (
        "name", "uses_settings", "sender_name", "sender_address", "reply_to", "host", "port", "security",
        "username", "new_password", "per_minute", "per_hour", "per_day", "is_default", "is_active",
        "takes_answers", "bounce_address", "imap_host", "imap_port", "imap_security", "imap_username",
        "new_imap_password",
    )  # fmt: skip
    form_extra_fields = {
        "new_password": PasswordField(
            _("Password"),
            description=_("Stored encrypted and never shown. Leave it empty to keep the one that is set."),
            render_kw={"autocomplete": "new-password"},
        ),
        "new_imap_password": PasswordField(
            _("IMAP password"),
            description=_("Only with an IMAP user name of its own; else the log-in above is used."),
            render_kw={"autocomplete": "new-password"},
        ),
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
        Section(
            _("Answers and returned mail"),
            "takes_answers",
            "bounce_address",
            Row("imap_host", "imap_port", "imap_security"),
            Row("imap_username", "new_imap_password"),
            hint=_(
                "What comes back is fetched from this mailbox; nothing in it is deleted or marked. For the "
                "address bounce@… the server has to put mail for bounce+anything@… into it as well, and so "
                "for the address that answers go to: Reply to, or else the sender's."
            ),
        ),
    )
    form_args = {
        "takes_answers": {"validators": [_is_fetched, _answers_fit]},
        "per_minute": _LIMIT,
        "per_hour": _LIMIT,
        "per_day": _LIMIT,
        "sender_address": _ADDRESS,
        "reply_to": _ADDRESS,
        "port": {"validators": [NumberRange(min=1, max=65535)]},
        "bounce_address": {"validators": [Optional(), Email(), _bounces_fit]},
        "imap_port": {"validators": [NumberRange(min=1, max=65535)]},
    }

    def on_model_change(self, form: Any, model: MailAccount, is_created: bool) -> None:
        if form.new_password.data:
            model.password = form.new_password.data
        if form.new_imap_password.data:
            model.imap_password = form.new_imap_password.data
        model.fetched_at, model.fetch_failure = None, ""
        # Whoever corrects an account wants it tried now.
        model.held_until = model.failing_since = None
        model.failures_in_a_row, model.last_failure = 0, ""
