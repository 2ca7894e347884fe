"""What is done with a conversation from its page: read, assign, close, link."""

import sqlalchemy as sa
from flask import flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext

from admin_views.access import WRITE, GuardedView, needs
from admin_views.inbox import inbox_counts
from admin_views.numbers import whole_number
from domain.names import fold
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.client import Client
from services.tend_conversation import (
    NoSuchPerson,
    assign,
    close,
    link_client,
    mark_read,
    reopen,
    unlink_client,
)

SEE_OTHER = 303
MOST_FOUND = 8


class ConversationMoves(GuardedView):
    """One POST each; they lead back to the conversation."""

    @expose("/read/<int:conversation_id>", methods=("POST",))
    @needs(WRITE)
    def mark_read(self, conversation_id: int) -> ResponseReturnValue:
        """By the script of the opened page: a page that was only fetched ahead has read nothing."""
        mark_read(db.session(), conversation_id, whole_number(request.form.get("seen")) or 0)
        return jsonify(inbox_counts())

    @expose("/assign/<int:conversation_id>", methods=("POST",))
    @needs(WRITE)
    def assign(self, conversation_id: int) -> ResponseReturnValue:
        given = request.form.get("assignee", "")
        person = whole_number(given)
        if given and person is None:
            raise NoSuchPerson
        assign(db.session(), conversation_id, person, actor_id=current_user_id(), now=wiring().clock())
        flash(
            gettext("The conversation has been assigned.") if given else gettext("Nobody has it now."),
            "success",
        )
        return _back(conversation_id)

    @expose("/<any(close, reopen):move>/<int:conversation_id>", methods=("POST",))
    @needs(WRITE)
    def move(self, move: str, conversation_id: int) -> ResponseReturnValue:
        person, now = current_user_id(), wiring().clock()
        if move == "close":
            close(db.session(), conversation_id, actor_id=person, now=now)
            flash(gettext("The conversation is closed. A new message opens it again."), "success")
        else:
            reopen(db.session(), conversation_id, actor_id=person, now=now)
            flash(gettext("The conversation is open again."), "success")
        return _back(conversation_id)

    @expose("/link/<int:conversation_id>", methods=("POST",))
    @needs(WRITE)
    def link_client(self, conversation_id: int) -> ResponseReturnValue:
        client = link_client(
            db.session(),
            conversation_id,
            whole_number(request.form.get("client")) or 0,
            add_number="add_number" in request.form,
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        flash(gettext("The conversation belongs to %(client)s now.", client=client.name), "success")
        return _back(conversation_id)

    @expose("/unlink/<int:conversation_id>", methods=("POST",))
    @needs(WRITE)
    def unlink_client(self, conversation_id: int) -> ResponseReturnValue:
        unlink_client(db.session(), conversation_id, actor_id=current_user_id(), now=wiring().clock())
        flash(gettext("The conversation belongs to no client now."), "success")
        return _back(conversation_id)


def clients_found(words: str) -> list[Client]:
    """Clients whom an unknown number could belong to, by words of their name, NIP or city."""
    if not words.strip():
        return []
    query = sa.select(Client).where(Client.merged_into_id.is_(None), Client.erased_at.is_(None))
    for word in fold(words).split():
        query = query.where(Client.search.contains(word, autoescape=True))
    return list(db.session.scalars(query.order_by(Client.search, Client.id).limit(MOST_FOUND)))


def _back(conversation_id: int) -> ResponseReturnValue:
    return redirect(url_for("conversation.details_view", id=conversation_id), SEE_OTHER)
