"""Consents a client can give, and their wordings. A new text is a new version; the old one stays as proof."""

from typing import Any

from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import BooleanField, TextAreaField
from wtforms.validators import InputRequired

from admin_views.access import ADMINISTER
from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.filters import flag, one_of
from admin_views.formatters import own_link
from admin_views.sections import CONSENTS
from domain.channel import Channel
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.consent import ConsentDefinition, ConsentPurpose
from queries.consent_counts import grants_by_version
from services.publish_wording import publish_wording


class ConsentDefinitionView(RecordView):
    record = ConsentDefinition
    title = _("Consent definitions")
    menu_section = CONSENTS
    icon = "bi-journal-text"
    create_label = _("Add a consent definition")
    intro = _("What clients are asked to agree to. Changing the text publishes a new version.")
    empty_title = _("No consents defined yet")
    empty_hint = _("Without a marketing consent for e-mail nobody can be sent an investment message.")
    allows_create = allows_edit = True
    write_permission = ADMINISTER
    eager = ("wordings",)

    column_list = ("name", "purpose", "channel", "version", "is_active", "position")
    column_details_list = (
        "purpose", "channel", "version", "minimum_version", "is_active", "confirm_by_email", "position",
    )  # fmt: skip
    column_labels = {
        "name": _("Name"),
        "channel": _("Channel"),
        "purpose": _("Purpose"),
        "version": _("Current version"),
        "minimum_version": _("Oldest version that counts"),
        "is_active": _("Active"),
        "confirm_by_email": _("Confirmed by e-mail"),
        "position": _("Order"),
        "text": _("Text"),
    }
    column_formatters = {
        "name": own_link,
        "version": lambda _view, _context, definition, _name: len(definition.wordings) or None,
    }
    column_sortable_list = ("name", "position")
    column_default_sort = ("position", False)
    column_searchable_list = ("name",)
    column_filters = (
        one_of("purpose", _("Purpose"), ConsentDefinition.purpose, ConsentPurpose),
        one_of("channel", _("Channel"), ConsentDefinition.channel, Channel),
        flag("active", _("Active"), ConsentDefinition.is_active),
    )
    form_columns = (
        "name", "purpose", "channel", "is_active", "position", "confirm_by_email", "text", "invalidates",
    )  # fmt: skip
    form_extra_fields = {
        "text": TextAreaField(_("Text"), [InputRequired()], render_kw={"rows": 6}),
        "invalidates": BooleanField(
            _("Consents given under older texts stop counting"),
            description=_(
                "Tick it when the new text means something else: those clients will have to agree again."
            ),
        ),
    }
    form_rules = (
        Section(
            _("Consent"),
            "name",
            Row("purpose", "channel"),
            Row("is_active", "position"),
            "confirm_by_email",
        ),
        Section(_("Text the client agrees to"), "text", "invalidates"),
    )
    form_args = {
        "is_active": {"default": True},
        "position": {"default": 0},
        "confirm_by_email": {
            "description": _(
                "Given on the client's own page, it counts only after a click in a message sent to the "
                "client's address (double opt-in)."
            )
        },
    }

    def edit_form(self, obj: Any = None) -> Any:
        form = super().edit_form(obj)
        if not form.text.raw_data and obj is not None and obj.wordings:
            form.text.data = obj.current_wording.text
        return form

    def before_commit(self, form: Any, model: ConsentDefinition, is_created: bool) -> None:
        wording = publish_wording(
            db.session,
            definition=model,
            text=form.text.data,
            invalidates_previous=form.invalidates.data,
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        if wording is not None:
            values = {"version": wording.version, "invalidates_previous": wording.invalidates_previous}
            self.audit("publish_wording", model.id, values)

    def card_sections(self, model: ConsentDefinition) -> list[Markup]:
        granted = grants_by_version(db.session, model.id)
        return [self.section("wordings", definition=model, granted=granted)]
