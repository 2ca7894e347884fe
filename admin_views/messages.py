"""Messages: every delivery, with what became of it."""

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import abort, flash, g, redirect, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.access import SEND, needs
from admin_views.base import RecordView
from admin_views.campaign_titles import campaign_title
from admin_views.filters import chosen, contains, one_of, since, until
from admin_views.formatters import NOTHING, badge, channel_icon, file_size, link, linked, tag
from admin_views.labels import reason_label, tone
from admin_views.money import units
from admin_views.sections import SENDING
from domain.channel import Channel
from domain.delivery import DeliveryState, Status
from domain.errors import DomainError
from domain.money import zloty_of
from extensions.babel import translate, translate_stored
from extensions.csp import relax
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from gateways.files import FileMissing
from models import db
from models.attachment import Attachment
from models.message import AddressRole, Direction, Message, Origin
from queries.choices import account_choices
from services.decide_messages import send_single_again, treat_single_as_sent
from services.message_content import Rendered
from services.read_message import SubjectReader, read_message, title_of_text


def _subject(_view: Any, _context: Any, message: Message, _name: str) -> Markup:
    shown = _subject_text(_view, _context, message, _name) or message.address or f"#{message.id}"
    title = link(shown, ".details_view", id=message.id)
    return Markup("{}{}").format(channel_icon(message.channel), title)


def _subject_text(_view: Any, _context: Any, message: Message, _name: str) -> str:
    if "subject_reader" not in g:
        g.subject_reader = SubjectReader(wiring().ejs())
    return str(g.subject_reader.subject(message))


def _recipient(_view: Any, _context: Any, message: Message, _name: str) -> Any:
    """Who, and at which address."""
    if not message.recipient_name:
        return message.address or NOTHING
    return Markup('{}<br><span class="text-faint">{}</span>').format(
        message.recipient_name, message.address or ""
    )


def _campaign(_view: Any, _context: Any, message: Message, _name: str) -> Markup:
    """The campaign's page; for a message that waits for a person, the place where its fate is decided."""
    campaign = message.campaign
    if campaign is None:
        return NOTHING
    if message.status not in (Status.FAILED, Status.UNCERTAIN):
        return link(campaign_title(campaign), "campaign.details_view", id=campaign.id)
    place = url_for(
        "campaign.details_view", id=campaign.id, status=message.status.value, _anchor="recipients"
    )
    text = gettext("Decide") if message.status == Status.UNCERTAIN else gettext("See what to do")
    return Markup('<a href="{}">{}</a> <a class="badge badge-{}" href="{}">{}</a>').format(
        place, campaign_title(campaign), tone(message.status), place, text
    )


def _amount(_view: Any, _context: Any, message: Message, name: str) -> Any:
    amount = getattr(message, name)
    return NOTHING if amount is None else units(amount)


def _written_to(_view: Any, _context: Any, message: Message, _name: str) -> Any:
    """Which of our numbers somebody wrote to."""
    ours = (each.address for each in message.addresses if each.role is AddressRole.TO)
    return ", ".join(ours) or NOTHING


def _plain_amount(_view: Any, _context: Any, message: Message, name: str) -> str:
    amount = getattr(message, name)
    return "" if amount is None else str(zloty_of(amount))


def _reason(_view: Any, _context: Any, message: Message, _name: str) -> Any:
    if message.reason is None:
        return NOTHING
    return tag(reason_label(message.reason, message.channel), tone(message.reason))


def _plain_reason(_view: Any, _context: Any, message: Message, _name: str) -> str:
    return str(reason_label(message.reason, message.channel)) if message.reason else ""


ONLY_OF_MAIL = frozenset({"account", "rfc_message_id"})
ONLY_OF_SMS = frozenset(
    {"gateway", "sender", "parts", "unit_price", "cost", "provider_reference", "finished_at", "addresses"}
)


class MessageView(RecordView):
    record = Message
    title = _("Messages")
    menu_section = SENDING
    icon = "bi-envelope"
    empty_title = _("No messages yet")
    empty_hint = _("Open an investment and send its clients a message: each delivery is shown here.")

    eager = ("campaign",)
    """Apart from the rows: a campaign's texts are long, and most messages of a list share one."""

    column_list = (
        "subject",
        "recipient_name",
        "status",
        "campaign",
        "delivery_state",
        "sent_at",
    )
    column_details_list = (
        "status", "delivery_state", "reason", "address", "client", "contract", "campaign", "parts",
        "unit_price", "cost", "account", "sender", "gateway", "channel", "origin", "created_at", "due_at",
        "sent_at", "finished_at", "addresses", "failures", "error_code", "error_text", "rfc_message_id",
        "provider_reference",
    )  # fmt: skip
    column_export_list = (
        "id", "channel", "direction", "origin", "subject", "recipient_name", "address", "status",
        "delivery_state", "reason", "error_code", "error_text", "created_at", "sent_at", "sender", "parts",
        "unit_price", "cost",
    )  # fmt: skip
    column_labels = {
        "id": _("Number"),
        "subject": _("Subject"),
        "recipient_name": _("Recipient"),
        "address": _("Address"),
        "status": _("Status"),
        "delivery_state": _("Delivery"),
        "reason": _("Why it was left out"),
        "client": _("Client"),
        "contract": _("Contract"),
        "campaign": _("Campaign"),
        "account": _("Mail account"),
        "channel": _("Channel"),
        "direction": _("Direction"),
        "origin": _("Origin"),
        "created_at": _("Made"),
        "due_at": _("Due"),
        "sent_at": _("Sent at"),
        "finished_at": _("Finished at"),
        "addresses": _("Written to"),
        "failures": _("Failed attempts"),
        "error_code": _("Error code"),
        "error_text": _("Error"),
        "rfc_message_id": _("Message-ID"),
        "gateway": _("SMS gateway"),
        "sender": _("Sender"),
        "parts": _("SMS parts"),
        "unit_price": _("Price of a part"),
        "cost": _("Cost"),
        "provider_reference": _("The gateway's reference"),
    }
    column_formatters = {
        "subject": _subject,
        "recipient_name": _recipient,
        "campaign": _campaign,
        "client": linked("client"),
        "contract": linked("contract"),
        "reason": _reason,
        "unit_price": _amount,
        "cost": _amount,
        "addresses": _written_to,
        "error_text": lambda _view, _context, message, _name: translate_stored(message.error_text),
    }
    column_formatters_export = {
        "error_text": lambda _view, _context, message, _name: translate_stored(message.error_text),
        "subject": _subject_text,
        "reason": _plain_reason,
        "unit_price": _plain_amount,
        "cost": _plain_amount,
    }
    column_sortable_list = ("status", "sent_at", "created_at", "address")
    column_searchable_list = ("address", "recipient_name", "subject")
    column_filters = (
        one_of("status", _("Status"), Message.status, Status),
        one_of("delivery", _("Delivery"), Message.delivery_state, DeliveryState),
        one_of("channel", _("Channel"), Message.channel, Channel),
        one_of("origin", _("Origin"), Message.origin, Origin),
        one_of("direction", _("Direction"), Message.direction, Direction),
        chosen("campaign", _("Campaign number"), lambda id_: Message.campaign_id == id_, lambda: []),
        chosen("client", _("Client number"), lambda id_: Message.client_id == id_, lambda: []),
        chosen("account", _("Mail account"), lambda id_: Message.account_id == id_, account_choices),
        contains("error", _("Error"), Message.error_text),
        since("sent", _("Sent at"), Message.sent_at),
        until("sent", _("Sent at"), Message.sent_at),
    )

    def record_title(self, model: Message) -> str:
        rendered, _problem = _read(model)
        shown = (rendered.subject if rendered else "") or model.subject
        if not shown and rendered and model.channel == Channel.SMS:
            shown = title_of_text(rendered.text)
        campaign = campaign_title(model.campaign) if model.campaign else ""
        return shown or campaign or f"#{model.id}"

    details_template = "message/details.html"

    def render(self, template: str, **kwargs: Any) -> Any:
        if template == self.details_template:
            # The frame of the text inherits this page's policy. A stranger's picture would tell the
            # stranger when we read the message, so only our own messages show theirs.
            ours = kwargs["model"].direction == Direction.OUTGOING
            relax(inline_styles=True, remote_images=ours)
            others = ONLY_OF_MAIL if kwargs["model"].channel == Channel.SMS else ONLY_OF_SMS
            kwargs["details_columns"] = [
                column for column in kwargs["details_columns"] if column[0] not in others
            ]
        return super().render(template, **kwargs)

    def card_banners(self, model: Message) -> list[Markup]:
        """What a person decides on a message of no campaign; a campaign's are decided on its page."""
        if model.campaign_id is not None or model.status not in (Status.FAILED, Status.UNCERTAIN):
            return []
        cost = units(model.cost) if model.cost else ""
        return [self.section("message_decide", message=model, cost=cost, may_send=may(SEND))]

    def card_sections(self, model: Message) -> list[Markup]:
        rendered, problem = _read(model)
        return [
            self.section(
                "message_body", rendered=rendered, problem=problem, is_sms=model.channel == Channel.SMS
            ),
            self.section(
                "message_attachments", message=model, attachments=_attachments(model), size=file_size
            ),
            self.section("message_consent", message=model),
            self.section("message_attempts", message=model, badge=badge),
        ]

    @expose("/decide/<int:message_id>/<any(sent, again):decision>", methods=("POST",))
    @needs(SEND)
    def decide(self, message_id: int, decision: str) -> ResponseReturnValue:
        """What to do with a message of no campaign that failed or may have gone out."""
        if self.get_one(message_id) is None:
            abort(404)
        hands, session, person = wiring(), db.session(), current_user_id()
        if decision == "sent":
            treat_single_as_sent(session, message_id, actor_id=person, now=hands.clock())
            flash(gettext("The message is now treated as sent."), "success")
        else:
            send_single_again(
                session, message_id, actor_id=person, now=hands.clock(), enqueue=hands.doorbell.ring
            )
            flash(gettext("The message is sent once more."), "success")
        return redirect(url_for(".details_view", id=message_id))

    @expose("/attachment/<int:message_id>/<uuid:uuid>")
    def attachment(self, message_id: int, uuid: UUID) -> ResponseReturnValue:
        """A file that went out with the message, or came in with it."""
        message = self.get_one(message_id)
        attached = _attachments(message) if message is not None else []
        file = next((each for each in attached if each.uuid == str(uuid)), None)
        if file is None:
            abort(404)
        try:
            content = wiring().files.read(file.uuid)
        except FileMissing:
            abort(404)
        # Never shown by the browser itself: an attached page would run as one of ours.
        return send_file(
            BytesIO(content),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=file.filename,
        )


def _read(message: Message) -> tuple[Rendered | None, str]:
    """What the message says, or why it cannot be told; rendered once for a page."""
    told: dict[int, tuple[Rendered | None, str]] = g.setdefault("messages_read", {})
    if message.id not in told:
        try:
            told[message.id] = (read_message(message, wiring().ejs()), "")
        except DomainError as error:
            told[message.id] = (None, translate(error))
    return told[message.id]


def _attachments(message: Message) -> list[Attachment]:
    shared = message.campaign.attachments if message.campaign else []
    return list({file.uuid: file for file in (*shared, *message.attachments)}.values())
