"""A repair's card: where it may go, what it was offered to cost, and all that happened."""

from typing import Any

from markupsafe import Markup

from admin_views.formatters import badge, channel_icon
from admin_views.money import units
from domain.local_time import WARSAW
from domain.repairs import TRANSITIONS, RepairState
from extensions.babel import translate_stored
from extensions.wiring import wiring
from models import db
from models.repair import OfferState, Repair
from queries.client_card import active_suppressions
from queries.desk_card import Happening, of_repair, repair_timeline


def banners(view: Any, record: Any) -> list[Markup]:
    """What stands in the way of telling a record's client: the same as on the client's card."""
    blocks = active_suppressions(db.session, record.client_id)
    return [view.section("client_blocks", blocks=blocks)] if blocks else []


def sections(view: Any, repair: Repair) -> list[Markup]:
    session, may_change = db.session, view.can_edit
    today = wiring().clock().astimezone(WARSAW).date()
    moves = TRANSITIONS[repair.state]
    has_offer = any(offer.state is OfferState.OPEN for offer in repair.offers)
    shown = [
        view.section(
            "repair_moves", repair=repair, moves=moves, has_offer=has_offer, closed=RepairState.CLOSED
        )
    ]
    return [
        *(shown if may_change else []),
        view.section(
            "repair_offers",
            repair=repair,
            offers=repair.offers[::-1],
            waits=repair.state is RepairState.AWAITING_ACCEPTANCE,
            may_change=may_change,
            may_offer=may_change and repair.state is not RepairState.CLOSED,
            today=today,
            units=units,
            badge=badge,
        ),
        view.section(
            "desk_records", some=of_repair(session, repair.id), repair=repair, units=units, badge=badge
        ),
        timeline(view, repair_timeline(session, repair.id)),
    ]


def timeline(view: Any, told: list[Happening]) -> Markup:
    """A card with all that happened, the newest first."""
    card: Markup = view.section(
        "desk_timeline",
        told=told,
        units=units,
        badge=badge,
        channel_icon=channel_icon,
        stored=translate_stored,
    )
    return card
