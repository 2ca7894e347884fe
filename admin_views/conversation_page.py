"""One conversation: its messages, live, and the answer."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext

from admin_views.access import READ, REPORT, SEND, GuardedView, needs
from admin_views.conversation_lines import answer_of, lines_of, others_of
from admin_views.conversation_moves import clients_found
from admin_views.labels import one_way_words, reason_label
from admin_views.money import units
from admin_views.numbers import whole_number
from admin_views.topic_words import number_of, topic_link
from domain.channel import Channel
from domain.errors import DomainError
from domain.letter_text import paragraphs
from domain.two_way import AnswersDoNotCome
from extensions.babel import translate
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from models import db
from models.conversation import Conversation
from queries.canned_answers import canned_answers
from queries.choices import staff_choices
from queries.conversation_thread import version_of
from queries.correspondent import Correspondent, correspondent, newest_is_from_elsewhere
from queries.two_way import one_way
from services.answer_conversation import AnswerOrder, answer_conversation
from services.ledger import NotEnoughMoney
from services.send_single import MayNotWrite
from services.sms_settings import sms_settings
from services.topics import stranger_channel
from services.write_single import Written

REFUSED, SEE_OTHER, NOTHING_NEW = 409, 303, 204
SHOWN = 100
CHANNELS = (Channel.SMS, Channel.EMAIL)


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """The form as it was sent, or as it is opened."""

    channel: Channel
    token: str
    subject: str = ""
    body: str = ""
    problem: DomainError | None = None

    def written(self) -> Written:
        """A letter's paragraphs are typed as plain text."""
        is_text = self.channel is Channel.SMS
        return Written(self.channel, self.body if is_text else paragraphs(self.body), self.subject)


class ConversationPage(GuardedView):
    """The page itself is the card of the record; see `ConversationView.details_template`."""

    details_template: str
    get_one: Any

    def render(self, template: str, **kwargs: Any) -> Any:
        if template == self.details_template:
            kwargs.update(_page(kwargs["model"], kwargs.get("typed") or _opened(kwargs["model"])))
        return super().render(template, **kwargs)

    @expose("/live/<int:conversation_id>")
    @needs(READ)
    def live(self, conversation_id: int) -> ResponseReturnValue:
        """The messages as HTML when they look different from ``version``, else 204."""
        conversation = self.get_one(conversation_id) or abort(404)
        version = version_of(db.session(), conversation.id)
        if request.args.get("version") == version:
            return Response(status=NOTHING_NEW)
        thread = _thread(conversation)
        html = render_template("conversation/thread.html", **thread)
        return jsonify(version=version, html=html, seen=thread["seen"], unread=conversation.unread)

    @expose("/answer/<int:conversation_id>/<channel>", methods=("POST",))
    @needs(SEND)
    def answer(self, conversation_id: int, channel: str) -> ResponseReturnValue:
        """Send it, or show the form again with what forbids it."""
        conversation = self.get_one(conversation_id) if channel in CHANNELS else None
        if conversation is None:
            abort(404)
        typed = _typed(Channel(channel))
        try:
            _send(conversation.id, typed)
        except DomainError as error:
            db.session.rollback()
            refused = TypedAnswer(typed.channel, typed.token, typed.subject, typed.body, error)
            return str(self.render(self.details_template, model=conversation, typed=refused)), REFUSED
        return redirect(url_for(".details_view", id=conversation_id, by=channel), SEE_OTHER)


def _typed(channel: Channel) -> TypedAnswer:
    form = request.form
    try:
        token = str(UUID(form.get("token", "")))
    except ValueError:
        abort(400)
    return TypedAnswer(
        channel=channel,
        token=token,
        subject=form.get("subject", "").replace("\x00", "").strip(),
        # A browser sends CR LF (HTML, form submission); in a text each would be charged as two.
        body=form.get("body", "").replace("\x00", "").replace("\r\n", "\n"),
    )


def _opened(conversation: Conversation) -> TypedAnswer:
    """An empty form, by the channel the address names or else that of the last message."""
    asked = request.args.get("by", "")
    last = answer_of(conversation)
    channel = Channel(asked) if asked in CHANNELS else last.channel
    return TypedAnswer(channel, str(uuid4()), last.subject if channel is Channel.EMAIL else "")


def _send(conversation_id: int, typed: TypedAnswer) -> None:
    hands = wiring()
    order = AnswerOrder(
        conversation_id=conversation_id,
        written=typed.written(),
        token=typed.token,
        sent_by_id=current_user_id(),
        cost=whole_number(request.form.get("cost")),
    )
    message, is_new = answer_conversation(
        db.session(),
        order,
        hands.ejs(),
        base_url=hands.base_url,
        now=hands.clock(),
        enqueue=hands.doorbell.ring,
    )
    if is_new:
        flash(gettext("The answer to %(address)s is on its way.", address=message.address), "success")
    else:
        flash(gettext("This answer was sent already; it did not go out a second time."), "info")


def _page(conversation: Conversation, typed: TypedAnswer) -> dict[str, Any]:
    session = db.session()
    reader = correspondent(session, conversation, typed.channel)
    off, by_mail = one_way(session), typed.channel is Channel.EMAIL
    find = request.args.get("find", "").strip()
    stranger = stranger_channel(conversation)
    return {
        **_thread(conversation),
        "version": version_of(session, conversation.id),
        "topic": topic_link(conversation),
        "number": number_of(conversation),
        "others": others_of(conversation),
        "typed": typed,
        "reader": reader,
        "elsewhere": newest_is_from_elsewhere(session, conversation) if by_mail else "",
        "channels": [
            (each, url_for(".details_view", id=conversation.id, by=each.value)) for each in CHANNELS
        ],
        "off": one_way_words(off) if off else "",
        "closed_to": _closed_to(typed, reader),
        "problem": _sentence(typed),
        "top_up": isinstance(typed.problem, NotEnoughMoney) and may(REPORT),
        "staff": staff_choices(),
        "me": current_user_id(),
        "canned": canned_answers(session),
        "footer": sms_settings(session).footer,
        "find": find,
        "found": clients_found(find) if conversation.client_id is None else [],
        "stranger": stranger,
        "may_unlink": conversation.client_id is not None and stranger is not None,
    }


def _closed_to(typed: TypedAnswer, reader: Correspondent | None) -> str:
    """Why there is no answer box, if so; two-way SMS being off is said by itself."""
    if reader is None:
        return gettext("There is nobody to answer here by this channel.")
    return str(reason_label(reader.reason, typed.channel)) if reader.reason else ""


def _sentence(typed: TypedAnswer) -> str:
    error = typed.problem
    if isinstance(error, MayNotWrite):
        return str(reason_label(error.reason, typed.channel))
    if isinstance(error, AnswersDoNotCome):
        return str(one_way_words(error.why))
    return translate(error) if error else ""


def _thread(conversation: Conversation) -> dict[str, Any]:
    whole = request.args.get("all") == "1"
    lines, older = lines_of(conversation, None if whole else SHOWN)
    return {
        "model": conversation,
        "lines": lines,
        "older": older,
        "seen": max((line.message.id for line in lines), default=0),
        "units": units,
    }
