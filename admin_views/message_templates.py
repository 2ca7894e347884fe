"""Message templates: texts written once and used often."""

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.base import RecordView
from admin_views.fields import Row, Section, StateField
from admin_views.filters import flag, one_of
from admin_views.formatters import own_link, yes_no
from admin_views.sections import SENDING
from domain.channel import Channel, Purpose
from domain.errors import DomainError
from domain.marketing_words import marketing_words
from domain.merge_tags import MENU
from extensions.babel import current_language, translate
from extensions.csp import relax
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.message_template import MessageTemplate
from queries.template_use import template_use
from services.branding import branding_in_force
from services.check_template import template_problem
from services.preview_template import preview_template
from services.preview_text import TypedText, render_typed, sample_reader
from services.sms_settings import sms_settings


def _own_line_ends(text: str | None) -> str | None:
    """A browser sends CR LF (HTML, form submission); in a text message each would be charged as two."""
    return text.replace("\r\n", "\n") if text else text


def _stripping(_view: Any, _context: Any, template: MessageTemplate, _name: str) -> Any:
    state = template.strip_letters
    return gettext("As the settings say") if state is None else yes_no(state)


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
    column_details_list = (
        "channel", "purpose", "subject", "strip_letters", "is_active", "updated_at", "updated_by",
    )  # fmt: skip
    column_labels = {
        "name": _("Name"),
        "channel": _("Channel"),
        "purpose": _("Purpose"),
        "subject": _("Subject"),
        "body": _("Text"),
        "strip_letters": _("Without Polish letters"),
        "is_active": _("Active"),
        "updated_at": _("Changed"),
        "updated_by": _("Changed by"),
    }
    column_formatters = {"name": own_link, "strip_letters": _stripping}
    column_sortable_list = ("name", "channel", "purpose", "updated_at")
    column_default_sort = ("name", False)
    column_searchable_list = ("name", "subject")
    column_filters = (
        one_of("channel", _("Channel"), MessageTemplate.channel, Channel),
        one_of("purpose", _("Purpose"), MessageTemplate.purpose, Purpose),
        flag("active", _("Active"), MessageTemplate.is_active),
    )
    form_columns = ("name", "channel", "purpose", "subject", "body", "strip_letters", "is_active")
    form_rules = (
        Section(_("Template"), "name", Row("channel", "purpose"), "is_active"),
        Section(
            _("Message"),
            "subject",
            "body",
            "strip_letters",
            hint=_("Merge tags such as {client_name} are filled in for each client."),
        ),
    )
    form_args = {"is_active": {"default": True}, "body": {"filters": [_own_line_ends]}}
    form_overrides = {"strip_letters": StateField}
    form_widget_args = {
        "strip_letters": {"data-only-when": "channel=sms"},
        "subject": {"data-only-when": "channel=email"},
        "body": {"rows": 16, "spellcheck": "true"},
    }
    create_template = "message_template/create.html"
    edit_template = "message_template/edit.html"
    details_template = "message_template/details.html"

    def render(self, template: str, **kwargs: Any) -> Any:
        if template in (self.create_template, self.edit_template):
            relax(inline_styles=True)
            kwargs["editor"] = {"language": current_language(), "tags": _merge_tags()}
            kwargs["sms"] = sms_settings(db.session())
        elif template == self.details_template:
            # The frame of the preview inherits this page's policy.
            relax(inline_styles=True, remote_images=True)
            unused = "subject" if kwargs["model"].channel == Channel.SMS else "strip_letters"
            kwargs["details_columns"] = [
                column for column in kwargs["details_columns"] if column[0] != unused
            ]
        return super().render(template, **kwargs)

    def validate_form(self, form: Any) -> bool:
        """Also checks the two texts of the template; what is wrong is said at its field."""
        if not super().validate_form(form):
            return False
        if "body" not in form:
            return True  # the form of the Delete button
        problem = template_problem(
            form.subject.data or "",
            form.body.data or "",
            channel=form.channel.data,
            purpose=form.purpose.data,
            runtime=wiring().ejs(),
        )
        if problem is not None:
            field = form[problem.field]
            field.errors = [*field.errors, translate(problem.error)]
        return problem is None

    def on_model_change(self, form: Any, model: MessageTemplate, is_created: bool) -> None:
        model.updated_by_id = current_user_id()
        if model.channel != Channel.EMAIL:
            model.subject = ""
        if model.channel != Channel.SMS:
            model.strip_letters = None

    def card_banners(self, model: MessageTemplate) -> list[Markup]:
        """That a text called a service message promotes something."""
        if model.purpose != Purpose.SERVICE:
            return []
        words = marketing_words(model.subject, model.body)
        return [self.section("template_marketing", words=words)] if words else []

    def card_sections(self, model: MessageTemplate) -> list[Markup]:
        preview = preview_template(model, wiring().ejs(), branding_in_force(db.session()))
        problem = translate(preview.problem) if preview.problem else ""
        text = ""
        if model.channel == Channel.SMS and not problem:
            text, problem = _as_a_text(model)
        return [
            self.section("template_preview", template=model, preview=preview, problem=problem, text=text),
            self.section("template_facts", preview=preview, use=template_use(db.session, model.id)),
            self.section("template_source", template=model),
        ]


def _as_a_text(template: MessageTemplate) -> tuple[str, str]:
    """A template of an SMS as a client would get it, with the footer; or why nobody could."""
    session, typed = db.session(), TypedText(template.body, template.strip_letters)
    try:
        return render_typed(session, typed, sample_reader(session), wiring().ejs()), ""
    except DomainError as error:
        return "", translate(error)


def _merge_tags() -> list[dict[str, str]]:
    return [{"tag": f"{{{tag.name}}}", "label": gettext(tag.label)} for tag in MENU]
