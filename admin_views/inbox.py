"""The counter of unread conversations in the top bar, asked for again every few seconds."""

from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext, ngettext

from admin_views.access import GuardedView
from models import db
from queries.inbox import inbox


class InboxPages(GuardedView):
    """The page that counts, for whoever may read."""

    @expose("/unread")
    def unread(self) -> ResponseReturnValue:
        return jsonify(inbox_counts())


def inbox_counts() -> dict[str, Any]:
    """What the counter shows: ``unread`` and ``awaiting`` conversations, and the former in words."""
    counted = inbox(db.session)
    words = ngettext("%(num)s unread conversation", "%(num)s unread conversations", counted.unread)
    return {
        "unread": counted.unread,
        "awaiting": counted.awaiting,
        "text": words if counted.unread else gettext("No unread conversations"),
    }
