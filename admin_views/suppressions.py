"""Blocked addresses: the only place a block lives."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_views.access import ADMINISTER, needs
from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.filters import flag, one_of, since, until
from admin_views.formatters import link
from admin_views.labels import label
from admin_views.sections import RETURNS
from domain.addresses import address_digest, normalise_email
from domain.bounces import BounceKind
from domain.channel import Channel
from domain.errors import DomainError
from extensions.login import current_user_id, may
from extensions.wiring import wiring
from models import db
from models.contact_checks import phone_columns
from models.setting import SUPPRESSION_KEY, secret_of
from models.suppression import Suppression, SuppressionReason
from queries.known_addresses import addresses_behind
from services.lift_suppression import lift_suppression
from services.suppress_address import suppress


class NothingToBlock(DomainError):
    message = "Blocks are for e-mail addresses and phone numbers."


class SuppressionView(RecordView):
    record = Suppression
    title = _("Blocked addresses")
    menu_section = RETURNS
    icon = "bi-slash-circle"
    create_label = _("Block an address")
    intro = _(
        "Nothing is sent to a blocked address, whoever has it. It stays blocked when the client is erased."
    )
    empty_title = _("No address is blocked")
    empty_hint = _("A bounce or a complaint blocks an address by itself; you can also block one by hand.")
    allows_create = True

    column_list = ("address", "channel", "reason", "source", "created_at", "lifted_at")
    column_details_list = (
        "channel", "reason", "source", "detail", "created_at", "created_by", "lifted_at", "lifted_by",
        "lift_note", "address_digest",
    )  # fmt: skip
    column_export_list = (
        "address",
        "channel",
        "reason",
        "source",
        "detail",
        "created_at",
        "lifted_at",
        "lift_note",
    )
    column_labels = {
        "address": _("Address"),
        "channel": _("Channel"),
        "reason": _("Why"),
        "source": _("Source"),
        "detail": _("Details"),
        "created_at": _("Blocked"),
        "created_by": _("Blocked by"),
        "lifted_at": _("Lifted"),
        "lifted_by": _("Lifted by"),
        "lift_note": _("Note"),
        "address_digest": _("Digest of the address"),
    }
    column_formatters = {
        "source": lambda _view, _context, block, _name: _source(block),
        "address": lambda view, _context, block, _name: link(
            view.record_title(block), ".details_view", id=block.id
        ),
    }
    column_formatters_export = {
        "address": lambda view, _context, block, _name: view.record_title(block),
        "source": lambda _view, _context, block, _name: _source(block),
    }
    column_sortable_list = ("created_at", "reason", "lifted_at")
    column_filters = (
        flag("active", _("Still blocked"), Suppression.lifted_at.is_(None)),
        one_of("reason", _("Why"), Suppression.reason, SuppressionReason),
        one_of("channel", _("Channel"), Suppression.channel, Channel),
        since("blocked", _("Blocked"), Suppression.created_at),
        until("blocked", _("Blocked"), Suppression.created_at),
    )
    form_columns = ("address", "channel", "detail")
    form_extra_fields = {
        "address": StringField(_("E-mail address or phone number"), [InputRequired(), Length(max=320)]),
    }
    form_rules = (
        Section(
            _("Block an address"),
            Row("address", "channel"),
            "detail",
            hint=_("From then on nothing goes to this address, until an administrator lifts the block."),
        ),
    )
    form_args = {"detail": {"label": _("Why"), "validators": [InputRequired()]}}

    def record_title(self, model: Suppression) -> str:
        known = addresses_behind(db.session, model.address_digest)
        return (
            known[0]
            if known
            else gettext("Address no longer stored (%(digest)s…)", digest=model.address_digest[:8])
        )

    def create_model(self, form: Any) -> Any:
        saved: list[Suppression] = []
        done = self._try(lambda: saved.append(self._block(form)))
        return saved[0] if done else False

    def _block(self, form: Any) -> Suppression:
        channel: Channel = form.channel.data
        block = suppress(
            db.session,
            channel=channel,
            address_digest=self._digest(channel, form.address.data),
            reason=SuppressionReason.MANUAL,
            source="panel",
            detail=form.detail.data,
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        self.audit("suppress", block.id, {"channel": channel.value, "detail": form.detail.data})
        db.session.commit()
        return block

    def _digest(self, channel: Channel, written: str) -> str:
        key = secret_of(db.session.connection(), SUPPRESSION_KEY)
        if channel == Channel.EMAIL:
            return address_digest(normalise_email(written), key)
        if channel == Channel.SMS:
            return str(phone_columns(written, key)["address_digest"])
        raise NothingToBlock

    @expose("/lift/", methods=("POST",))
    @needs(ADMINISTER)
    def lift(self) -> ResponseReturnValue:
        """Lift one block, with a note."""
        block = self.asked_for()
        lift_suppression(
            db.session,
            suppression_id=block.id,
            note=request.form.get("note", ""),
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        flash(gettext("The block was lifted."), "success")
        return redirect(self.get_url(".details_view", id=block.id))

    def card_sections(self, model: Suppression) -> list[Markup]:
        if model.lifted_at is not None or not may(ADMINISTER):
            return []
        return [self.section("lift_block", block=model)]


def _source(block: Suppression) -> str:
    """What made the block, in words: a kind of bounce, or a person in the panel."""
    if block.source == "panel":
        return str(label(BounceKind.MANUAL))
    return str(label(BounceKind(block.source))) if block.source in set(BounceKind) else block.source
