"""Canned answers: what staff often write back, ready to be put into an answer."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms.validators import Length

from admin_views.base import RecordView
from admin_views.fields import Section
from admin_views.formatters import own_link, paragraphs
from admin_views.sections import SENDING
from models.canned_answer import CannedAnswer
from services.read_message import title_of_text

LONGEST = 5_000


def _own_line_ends(text: str | None) -> str | None:
    """A browser sends CR LF (HTML, form submission); in a text each would be charged as two."""
    return text.replace("\r\n", "\n").replace("\x00", "") if text else text


def _beginning(_view: Any, _context: Any, answer: CannedAnswer, _name: str) -> str:
    return title_of_text(answer.body)


class CannedAnswerView(RecordView):
    record = CannedAnswer
    title = _("Canned answers")
    menu_section = SENDING
    icon = "bi-chat-square-quote"
    create_label = _("Add an answer")
    empty_title = _("No canned answers yet")
    empty_hint = _(
        "What you often write back: opening hours, how to pay, when to come. One click inserts it."
    )
    allows_create = allows_edit = allows_delete = True
    title_column = "name"

    column_list = ("name", "body", "updated_at")
    column_details_list = ("body", "updated_at")
    column_export_list = ("name", "body", "updated_at")
    column_labels = {"name": _("Name"), "body": _("Text"), "updated_at": _("Changed")}
    column_formatters = {"name": own_link, "body": _beginning}
    column_formatters_detail = {
        "body": lambda _view, _context, answer, _name: paragraphs(answer.body),
    }
    column_formatters_export = {"body": lambda _view, _context, answer, _name: answer.body}
    column_sortable_list = ("name", "updated_at")
    column_default_sort = ("name", False)
    column_searchable_list = ("name", "body")
    form_columns = ("name", "body")
    form_rules = (Section(_("Answer"), "name", "body"),)
    form_args = {"body": {"filters": [_own_line_ends], "validators": [Length(max=LONGEST)]}}
    form_widget_args = {"body": {"rows": 6, "spellcheck": "true"}}
    refusal_sentences = {
        "uq_canned_answer_name": _("There is an answer of this name already."),
        "ck_canned_answer_not_blank": _("Write the text of the answer."),
    }
