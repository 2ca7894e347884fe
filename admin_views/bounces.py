"""Bounces: what came back, and what it led to."""

import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from markupsafe import Markup

from admin_views.access import ADMINISTER, WRITE
from admin_views.audit_words import ACTIONS, named
from admin_views.base import RecordView
from admin_views.bounce_moves import UNBLOCK, BounceMoves
from admin_views.bounce_words import reason_sentence
from admin_views.filters import chosen, contains, flag, one_of, since, until
from admin_views.formatters import badge, channel_icon, link, linked
from admin_views.labels import label
from admin_views.sections import RETURNS
from admin_views.typed_bounce import TypedBounces
from domain.bounce_reasons import bounce_reason
from domain.bounces import BounceKind
from domain.smtp_replies import BounceVerdict
from extensions.login import may
from extensions.wiring import wiring
from models import db
from models.audit import AuditEntry
from models.bounce import Bounce
from models.suppression import Suppression
from queries.bounce_card import decisions_on, messages_behind
from services.read_message import SubjectReader

_BLOCKS = Bounce.suppression_id.in_(sa.select(Suppression.id).where(Suppression.lifted_at.is_(None)))


class BounceView(TypedBounces, BounceMoves, RecordView):
    record = Bounce
    title = _("Bounces")
    menu_section = RETURNS
    icon = "bi-reply"
    empty_title = _("Nothing has come back")
    empty_hint = _("When a server refuses a message or sends it back, the bounce is shown here.")
    create_label = _("Enter a bounce")
    allows_create = True
    action_permissions = {**RecordView.action_permissions, **UNBLOCK}

    column_list = ("address", "kind", "verdict", "status_code", "client", "received_at")
    column_details_list = (
        "kind", "verdict", "status_code", "diagnostic", "client", "message", "suppression", "received_at",
        "handled_at",
    )  # fmt: skip
    column_export_list = ("received_at", "address", "kind", "verdict", "status_code", "diagnostic")
    column_labels = {
        "kind": _("Where from"),
        "verdict": _("Effect"),
        "address": _("Address"),
        "status_code": _("Code"),
        "diagnostic": _("What the server said"),
        "received_at": _("Received at"),
        "handled_at": _("When a person decided"),
        "message": _("Message"),
        "client": _("Client"),
        "suppression": _("Block"),
    }
    column_formatters = {
        "address": lambda _view, _context, bounce, _name: link(
            bounce.address or f"#{bounce.id}", ".details_view", id=bounce.id
        ),
        "client": linked("client"),
        "message": linked("message"),
        "suppression": lambda _view, _context, bounce, _name: (
            link(f"#{bounce.suppression_id}", "suppression.details_view", id=bounce.suppression_id)
            if bounce.suppression_id
            else None
        ),
    }
    column_sortable_list = ("received_at", "kind", "verdict", "address")
    column_searchable_list = ("address", "diagnostic")
    column_filters = (
        one_of("kind", _("Where from"), Bounce.kind, BounceKind),
        one_of("verdict", _("Effect"), Bounce.verdict, BounceVerdict),
        flag("blocks", _("Keeps an address blocked"), sa.and_(Bounce.suppression_id.is_not(None), _BLOCKS)),
        flag("decided", _("Decided by a person"), Bounce.handled_at.is_not(None)),
        contains("code", _("Code"), Bounce.status_code),
        chosen("client", _("Client number"), lambda id_: Bounce.client_id == id_, lambda: []),
        since("received", _("Received at"), Bounce.received_at),
        until("received", _("Received at"), Bounce.received_at),
    )

    def record_title(self, model: Bounce) -> str:
        return model.address or f"#{model.id}"

    def card_sections(self, model: Bounce) -> list[Markup]:
        decisions = decisions_on(db.session, model.id)
        reason = bounce_reason(model.kind, model.verdict, model.status_code, model.diagnostic)
        shown = [self.section("bounce_verdict", bounce=model, why=reason_sentence(reason), badge=badge)]
        if may(WRITE):
            shown.append(
                self.section("bounce_decide", bounce=model, verdicts=BounceVerdict, may_lift=may(ADMINISTER))
            )
        return [
            *shown,
            self.section(
                "bounce_messages",
                bounce=model,
                messages=messages_behind(db.session, model),
                subjects=SubjectReader(wiring().ejs()),
                badge=badge,
                channel_icon=channel_icon,
            ),
            self.section(
                "bounce_history",
                entries=[(entry, _told(entry)) for entry in decisions],
                action=lambda entry: named(ACTIONS, entry.action),
            ),
            self.section("bounce_raw", bounce=model),
        ]


def _told(entry: AuditEntry) -> tuple[str, str]:
    """What was changed, and why, of a decision whose values are still kept."""
    values = entry.detail.values if entry.detail else {}
    changed = [_verdict_words(each) for each in values.get("changes", {}).get("verdict", ())]
    return " → ".join(changed), str(values.get("note", ""))


def _verdict_words(value: str) -> str:
    return str(label(BounceVerdict(value))) if value in set(BounceVerdict) else value
