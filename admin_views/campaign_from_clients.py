"""The way from the list of clients to a message: for the ticked ones, or for all that match the filter."""

from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin.actions import action
from flask_babel import lazy_gettext

from admin_views.access import WRITE
from domain.channel import Channel
from extensions.login import current_user_id
from models import db
from services.draft_campaign import start_selection_draft

WRITE_MESSAGE = {"write_message": WRITE, "write_sms": WRITE}
"""What the actions need; a view that mixes them in adds this to its ``action_permissions``."""


class MessageToClients:
    """Mix into the clients' view, before `RecordView`."""

    selection: Any

    @action("write_message", lazy_gettext("Write a message"))
    def write_message(self, _ids: list[str]) -> ResponseReturnValue:
        """Freeze the choice into a draft and open it. Raises what `selection` does."""
        return self._start(Channel.EMAIL)

    @action("write_sms", lazy_gettext("Write an SMS"))
    def write_sms(self, _ids: list[str]) -> ResponseReturnValue:
        """As `write_message`, for a text message."""
        return self._start(Channel.SMS)

    def _start(self, channel: Channel) -> ResponseReturnValue:
        draft = start_selection_draft(
            db.session(), self.selection().ids, created_by_id=current_user_id(), channel=channel
        )
        return redirect(url_for("campaign.compose", campaign_id=draft.id))
