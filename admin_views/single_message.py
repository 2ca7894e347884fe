"""The communication module: one SMS or e-mail to one client, from the client's card."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import abort, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.datastructures import FileStorage

from admin_views.access import REPORT, SEND, GuardedView, asks_as_script, needs
from admin_views.compose_attachments import upload_of
from admin_views.dear_words import dear_title
from admin_views.formatters import file_size
from admin_views.labels import reason_label
from admin_views.money import units
from admin_views.numbers import whole_number
from domain.channel import Channel, Purpose
from domain.errors import DomainError
from domain.merge_tags import MENU
from extensions.babel import current_language, translate
from extensions.csp import relax
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from models import db
from models.attachment import Attachment
from models.client import Client
from models.message_template import MessageTemplate
from queries.merge_values import record_paths
from queries.one_client import OneClient, one_client
from services.attach_single import keep_file, kept_files
from services.company_name import COMPANY_NAME, company_name
from services.ledger import NotEnoughMoney
from services.send_single import MayNotWrite, SingleOrder, SinglePreview, preview_single, send_single
from services.sms_settings import sms_settings
from services.write_single import Written, fill_template

REFUSED, SEE_OTHER = 409, 303
CHANNELS = (Channel.SMS, Channel.EMAIL)
_STATES = {"": None, "yes": True, "no": False}
_NAMES = {state: name for name, state in _STATES.items()}


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as it was sent, or as it is opened."""

    subject: str = ""
    body: str = ""
    marketing: bool = False
    strip_letters: str = ""
    token: str = ""
    files: tuple[Attachment, ...] = ()

    def written(self, channel: Channel) -> Written:
        purpose = Purpose.MARKETING if self.marketing else Purpose.SERVICE
        return Written(channel, self.body, self.subject, purpose, _STATES.get(self.strip_letters))


class SingleMessagePages(GuardedView):
    @expose("/message/<int:client_id>/<channel>", methods=("GET", "POST"))
    @needs(SEND)
    def message(self, client_id: int, channel: str) -> ResponseReturnValue:
        """The form; sent with ``step=send`` the message goes, else it is shown as the client will get it.

        Files that come with it are kept and shown first, whatever the step.
        """
        if channel not in CHANNELS:
            abort(404)
        line, preview = Channel(channel), None
        client = one_client(db.session(), client_id, line, Purpose.SERVICE) or abort(404)
        typed, problem = _keep_new(_typed()) if request.method == "POST" else _opened(client, line)
        if request.method == "POST" and not problem:
            try:
                if request.form.get("step") == "send" and not _new_files():
                    return _send(client_id, line, typed)
                preview = preview_single(
                    db.session(), client_id, typed.written(line), wiring().ejs(), wiring().clock()
                )
            except DomainError as error:
                db.session.rollback()
                problem = error
        relax(inline_styles=True, remote_images=True)
        page = self.render("client/message.html", **_page(client, line, typed, preview, problem))
        return (str(page), REFUSED) if problem else str(page)


def card_buttons(client: Client) -> list[Markup]:
    """The ways from a client's card to a message."""
    if not may(SEND) or client.merged_into_id or client.erased_at:
        return []
    button = Markup('<a class="btn btn-secondary" href="{}"><i class="bi {}" aria-hidden="true"></i>{}</a>')
    return [
        button.format(_address(client.id, Channel.SMS), "bi-chat-dots", gettext("Send an SMS")),
        button.format(_address(client.id, Channel.EMAIL), "bi-envelope", gettext("Send an e-mail")),
    ]


def _address(client_id: int, channel: Channel) -> str:
    return url_for("client.message", client_id=client_id, channel=channel.value)


def _typed() -> Typed:
    form = request.form
    try:
        token = str(UUID(form.get("token", "")))
        kept = [str(UUID(each)) for each in form.getlist("kept")]
    except ValueError:
        abort(400)
    return Typed(
        subject=form.get("subject", "").replace("\x00", ""),
        # A browser sends CR LF (HTML, form submission); in a text each would be charged as two.
        body=form.get("body", "").replace("\x00", "").replace("\r\n", "\n"),
        marketing="marketing" in form,
        strip_letters=form.get("strip_letters", ""),
        token=token,
        files=tuple(kept_files(db.session(), kept, current_user_id())),
    )


def _new_files() -> list[FileStorage]:
    """What was chosen in the form; a browser sends a nameless file for none."""
    return [file for file in request.files.getlist("files") if file.filename]


def _keep_new(typed: Typed) -> tuple[Typed, DomainError | None]:
    """The form with the files that came with it, up to one that is refused."""
    hands = wiring()
    for file in _new_files():
        try:
            kept = keep_file(
                db.session(),
                upload_of(file),
                typed.files,
                store=hands.files,
                limits=hands.attachment_limits,
                created_by_id=current_user_id(),
                now=hands.clock(),
            )
        except DomainError as error:
            db.session.rollback()
            return typed, error
        typed = replace(typed, files=(*typed.files, kept))
    return typed, None


def _opened(client: OneClient, channel: Channel) -> tuple[Typed, DomainError | None]:
    """An empty form, or one filled in from the template that the address names."""
    token = str(uuid4())
    number = whole_number(request.args.get("template"))
    template = db.session.get(MessageTemplate, number) if number is not None else None
    if template is None or not template.is_active or template.channel != channel:
        return Typed(token=token), None
    try:
        subject, body = fill_template(db.session(), template, client, wiring().ejs())
    except DomainError as error:
        return Typed(token=token), error
    marketing = template.purpose is Purpose.MARKETING
    return Typed(subject, body, marketing, _NAMES[template.strip_letters], token), None


def _send(client_id: int, channel: Channel, typed: Typed) -> ResponseReturnValue:
    hands = wiring()
    order = SingleOrder(
        client_id=client_id,
        written=typed.written(channel),
        token=typed.token,
        sent_by_id=current_user_id(),
        cost=whole_number(request.form.get("cost")),
        files=tuple(request.form.getlist("kept")),
    )
    message, is_new = send_single(
        db.session(),
        order,
        hands.ejs(),
        base_url=hands.base_url,
        now=hands.clock(),
        enqueue=hands.doorbell.ring,
    )
    if is_new:
        flash(gettext("The message to %(address)s is on its way.", address=message.address), "success")
    else:
        flash(gettext("This message was sent already; it did not go out a second time."), "info")
    card = url_for("client.details_view", id=client_id)
    # A script that followed a redirect would use the flashed sentence up.
    return jsonify(location=card) if asks_as_script() else redirect(card, SEE_OTHER)


def _page(
    client: OneClient,
    channel: Channel,
    typed: Typed,
    preview: SinglePreview | None,
    problem: DomainError | None,
) -> dict[str, Any]:
    reason = problem.reason if isinstance(problem, MayNotWrite) else client.reason
    sentence = translate(problem) if problem and not isinstance(problem, MayNotWrite) else ""
    return {
        "client": client,
        "channel": channel,
        "channels": [(each, _address(client.id, each)) for each in CHANNELS],
        "typed": typed,
        "preview": preview,
        "problem": sentence,
        "reason": str(reason_label(reason, channel)) if reason else "",
        "top_up": isinstance(problem, NotEnoughMoney) and may(REPORT),
        "templates": _templates(channel),
        "template_id": whole_number(request.args.get("template")),
        "footer": sms_settings(db.session()).footer,
        "units": units,
        "dear_title": dear_title,
        "limits": wiring().attachment_limits,
        "size": file_size,
        "editor": {"language": current_language(), "tags": _tags(channel)},
    }


def _templates(channel: Channel) -> list[MessageTemplate]:
    wanted = sa.select(MessageTemplate).where(MessageTemplate.is_active, MessageTemplate.channel == channel)
    return list(db.session.scalars(wanted.order_by(MessageTemplate.name)))


def _tags(channel: Channel) -> list[dict[str, str]]:
    known = set(record_paths(with_contract=False))
    if company_name(db.session()):
        known.add(COMPANY_NAME)
    return [{"tag": f"{{{tag.name}}}", "label": gettext(tag.label)} for tag in MENU if tag.path in known]
