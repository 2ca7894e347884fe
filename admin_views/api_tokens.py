"""Keys by which other systems use the API."""

from typing import Any

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.access import ADMINISTER, needs
from admin_views.base import RecordView
from admin_views.fields import Section
from admin_views.filters import contains, flag
from admin_views.formatters import own_link
from admin_views.sections import SETTINGS
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.api_token import ApiToken
from services.api_tokens import EVENTS_WRITE, issue_token, revoke_token


class ApiTokenView(RecordView):
    record = ApiToken
    title = _("API keys")
    menu_section = SETTINGS
    icon = "bi-key"
    title_column = "name"
    create_label = _("Make a key")
    intro = _("Another system fires events with its key: POST /api/v1/events; see /api/v1/openapi.json.")
    empty_title = _("No other system has a key")
    empty_hint = _("Make one for each system, so that one can be revoked without the others.")
    allows_create = True
    read_permission = write_permission = ADMINISTER

    column_list = ("name", "beginning", "created_at", "last_used_at", "revoked_at")
    column_details_list = (
        "beginning", "scopes", "created_at", "created_by", "last_used_at", "revoked_at",
    )  # fmt: skip
    column_export_list = ("name", "beginning", "created_at", "last_used_at", "revoked_at")
    column_labels = {
        "name": _("Name"),
        "beginning": _("Begins with"),
        "scopes": _("Opens"),
        "created_at": _("Made"),
        "created_by": _("Made by"),
        "last_used_at": _("Last used"),
        "revoked_at": _("Revoked"),
    }
    column_formatters = {"name": own_link}
    column_sortable_list = ("name", "created_at", "last_used_at")
    column_searchable_list = ("name",)
    column_filters = (
        flag("active", _("In use"), ApiToken.revoked_at.is_(None)),
        contains("name", _("Name"), ApiToken.name),
    )
    form_columns = ("name",)
    form_rules = (
        Section(
            _("Make a key"),
            "name",
            hint=_("The key is shown once, right after it is made. Only a digest of it is kept."),
        ),
    )

    def create_model(self, form: Any) -> Any:
        made: list[ApiToken] = []
        return made[0] if self._try(lambda: made.append(self._issue(form.name.data or ""))) else False

    def _issue(self, name: str) -> ApiToken:
        token, text = issue_token(
            db.session(), name, [EVENTS_WRITE], actor_id=current_user_id(), now=wiring().clock()
        )
        flash(gettext("Copy the key now, it is not shown again: %(key)s", key=text), "warning")
        return token

    @expose("/revoke/", methods=("POST",))
    @needs(ADMINISTER)
    def revoke(self) -> ResponseReturnValue:
        """Close one key for good."""
        token = self.asked_for()
        revoke_token(db.session(), token.id, actor_id=current_user_id(), now=wiring().clock())
        flash(gettext("The key was revoked."), "success")
        return redirect(self.get_url(".details_view", id=token.id))

    def card_sections(self, model: ApiToken) -> list[Markup]:
        return [self.section("revoke_key", token=model)] if model.revoked_at is None else []
