"""Message templates: texts written once and used often."""

from typing import Any

from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.filters import flag, one_of
from admin_views.formatters import own_link
from admin_views.sections import SENDING
from domain.channel import Channel, Purpose
from extensions.login import current_user_id
from models.message_template import MessageTemplate


class MessageTemplateView(RecordView):
    record = MessageTemplate
    title = _("Message templates")
    menu_section = SENDING
    icon = "bi-file-richtext"
    create_label = _("Add a template")
    empty_title = _("No templates yet")
    empty_hint = _(
        "A template fills in the title and the text of a message, so that nobody has to write it again."
    )
    allows_create = allows_edit = allows_delete = True

    column_list = ("name", "channel", "purpose", "subject", "is_active", "updated_at")
    column_details_list = ("channel", "purpose", "subject", "is_active", "updated_at", "updated_by")
    column_labels = {
        "name": _("Name"),
        "channel": _("Channel"),
        "purpose": _("Purpose"),
        "subject": _("Subject"),
        "body": _("Text"),
        "is_active": _("Active"),
        "updated_at": _("Changed"),
        "updated_by": _("Changed by"),
    }
    column_formatters = {"name": own_link}
    column_sortable_list = ("name", "channel", "purpose", "updated_at")
    column_default_sort = ("name", False)
    column_searchable_list = ("name", "subject")
    column_filters = (
        one_of("channel", _("Channel"), MessageTemplate.channel, Channel),
        one_of("purpose", _("Purpose"), MessageTemplate.purpose, Purpose),
        flag("active", _("Active"), MessageTemplate.is_active),
    )
    form_columns = ("name", "channel", "purpose", "subject", "body", "is_active")
    form_rules = (
        Section(_("Template"), "name", Row("channel", "purpose"), "is_active"),
        Section(
            _("Message"),
            "subject",
            "body",
            hint=_("Merge tags such as {client_name} are filled in for each client."),
        ),
    )
    form_args = {"is_active": {"default": True}}
    form_widget_args = {"body": {"rows": 16, "spellcheck": "true"}}

    def on_model_change(self, form: Any, model: MessageTemplate, is_created: bool) -> None:
        model.updated_by_id = current_user_id()

    def card_sections(self, model: MessageTemplate) -> list[Markup]:
        return [self.section("template_source", template=model)]
