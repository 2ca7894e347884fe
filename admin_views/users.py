"""Users of the panel and their roles."""

from typing import Any
from uuid import uuid4

from flask_babel import lazy_gettext as _
from wtforms import PasswordField
from wtforms.validators import Email, InputRequired, Optional

from admin_views.access import ADMINISTER
from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.filters import flag
from admin_views.formatters import own_link
from admin_views.sections import SETTINGS
from domain.errors import DomainError
from domain.passwords import check_password
from models import db
from models.user import User
from queries.administrators import other_active_administrators
from services.manage_users import hash_password

_ROLES = {
    "administrator": _("Administrator"),
    "operator": _("Operator"),
    "accountant": _("Accountant"),
    "viewer": _("Viewer"),
}


class LastAdministrator(DomainError):
    message = "This is the last active administrator: somebody has to be left who can let people in."


def role_name(role: str) -> Any:
    """What the panel calls a role."""
    return _ROLES.get(role, role)


class UserView(RecordView):
    record = User
    title = _("Users")
    menu_section = SETTINGS
    icon = "bi-person-badge"
    create_label = _("Add a user")
    allows_create = allows_edit = True
    read_permission = write_permission = ADMINISTER
    eager = ("roles",)

    column_list = ("email", "name", "roles", "active", "current_login_at")
    column_details_list = (
        "email", "name", "roles", "active", "current_login_at", "current_login_ip", "login_count",
        "created_at",
    )  # fmt: skip
    column_export_list = ("email", "name", "roles", "active", "current_login_at")
    column_labels = {
        "email": _("E-mail address"),
        "name": _("Name"),
        "roles": _("Roles"),
        "active": _("Active"),
        "current_login_at": _("Last log-in"),
        "current_login_ip": _("Logged in from"),
        "login_count": _("Log-ins"),
        "created_at": _("Added"),
    }
    column_formatters = {
        "email": own_link,
        "roles": lambda _view, _context, user, _name: ", ".join(
            str(role_name(role.name)) for role in user.roles
        ),
    }
    column_formatters_export = {
        "roles": lambda _view, _context, user, _name: ", ".join(role.name for role in user.roles)
    }
    column_sortable_list = ("email", "name", "active", "current_login_at")
    column_default_sort = ("email", False)
    column_searchable_list = ("email", "name")
    column_filters = (flag("active", _("Active"), User.active),)
    form_columns = ("email", "name", "roles", "active", "new_password")
    form_extra_fields = {
        "new_password": PasswordField(
            _("New password"),
            description=_("At least 12 characters. Leave it empty to keep the one that is set."),
            render_kw={"autocomplete": "new-password"},
        )
    }
    form_args = {
        "email": {
            "validators": [InputRequired(), Email()],
            "filters": [lambda text: (text or "").strip().lower()],
        },
        "roles": {"get_label": lambda role: role_name(role.name), "validators": [InputRequired()]},
        "name": {"validators": [Optional()]},
        "active": {"default": True},
    }
    form_rules = (
        Section(_("User"), Row("email", "name"), "roles", "active"),
        Section(
            _("Password"), "new_password", hint=_("Setting a password ends the user's sessions everywhere.")
        ),
    )

    def record_title(self, model: User) -> str:
        return str(model)

    def on_model_change(self, form: Any, model: User, is_created: bool) -> None:
        password = form.new_password.data or ""
        if is_created or password:
            check_password(password, model.email)
            model.password = hash_password(password)
            model.fs_uniquifier = uuid4().hex
        administers = any("administer" in role.permissions for role in model.roles)
        if not is_created and not (model.active and administers):
            self._keep_one_administrator(model.id)

    def _keep_one_administrator(self, leaving_id: int) -> None:
        if not other_active_administrators(db.session, leaving_id):
            raise LastAdministrator
