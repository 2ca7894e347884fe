"""What is done to repairs from their card and list: moving on, offering a cost, deciding on it."""

from datetime import date
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import Response, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_admin.actions import action
from flask_babel import gettext, lazy_gettext, ngettext

from admin_views.access import WRITE, GuardedView, needs
from admin_views.desk import mover, ring
from domain.errors import DomainError
from domain.money import UNITS_PER_GROSZ, grosze_of
from domain.repairs import RepairState
from extensions.babel import translate
from extensions.queues import PROMPT
from extensions.wiring import wiring
from models import db
from models.repair import CostOffer, Repair
from services.decide_offer import decide_offer
from services.make_offer import OfferTerms, make_offer
from services.move_many import MovedMany, move_audited, move_many
from services.move_repair import LONGEST_NOTE, NoteTooLong

MOST_AT_ONCE = 200
DEAREST_OFFER = 100_000_000 * UNITS_PER_GROSZ


class TooManyRepairs(DomainError):
    """Parameters: ``found`` and ``most``."""

    message = "%(found)s repairs are selected: at most %(most)s can be moved at once."


class StateMissing(DomainError):
    message = "Choose the state that the repairs are to go to."


class OfferOutOfRange(DomainError):
    message = "An offer's amount has to be above nought and at most one million zloty."


class NoSuchDay(DomainError):
    message = "The offer's last day is not a date."


class RepairMoves(GuardedView):
    """Mix into the view of repairs, before `RecordView`."""

    selection: Any
    get_one: Any
    audit: Any

    @expose("/move/<int:repair_id>", methods=("POST",))
    @needs(WRITE)
    def move_one(self, repair_id: int) -> ResponseReturnValue:
        """Take a repair to the state its card's button names."""
        repair = self._repair(repair_id)
        hands = wiring()
        moved = move_audited(
            db.session(), repair.id, _wanted(), _mover(), runtime=hands.ejs(), now=hands.clock()
        )
        db.session.commit()
        ring(moved.rings)
        flash(gettext("The state was changed."), "success")
        return self._card(repair_id)

    @expose("/offer/<int:repair_id>", methods=("POST",))
    @needs(WRITE)
    def offer(self, repair_id: int) -> ResponseReturnValue:
        """Offer a cost: the next version, which replaces the open one."""
        repair = self._repair(repair_id)
        hands, terms = wiring(), _terms()
        offer, fired = make_offer(
            db.session(), repair.id, terms, _mover(), runtime=hands.ejs(), now=hands.clock()
        )
        self.audit("offer", repair.id, {"version": offer.version, "amount": offer.amount})
        db.session.commit()
        ring(fired.rings if fired else ())
        flash(gettext("Offer no. %(version)s was made.", version=offer.version), "success")
        return self._card(repair_id)

    @expose("/decide/<int:offer_id>/<any(accept, reject):decision>", methods=("POST",))
    @needs(WRITE)
    def decide(self, offer_id: int, decision: str) -> ResponseReturnValue:
        """Write down what the client said of an offer, by the telephone say."""
        offer = db.get_or_404(CostOffer, offer_id)
        repair_id, hands = self._repair(offer.repair_id).id, wiring()
        accepted = decision == "accept"
        moved = decide_offer(
            db.session(),
            offer_id,
            accepted=accepted,
            mover=_mover(),
            runtime=hands.ejs(),
            now=hands.clock(),
        )
        self.audit("decide_offer", repair_id, {"version": offer.version, "accepted": accepted})
        db.session.commit()
        ring(moved.rings)
        flash(
            gettext("The offer was accepted.") if accepted else gettext("The offer was rejected."), "success"
        )
        return self._card(repair_id)

    @action("move", lazy_gettext("Change the state"))
    def move_page(self, _ids: list[str]) -> ResponseReturnValue:
        """Ask for the state that the selected repairs are to go to."""
        return self._asking(self._selected())

    @expose("/move-many", methods=("POST",))
    @needs(WRITE)
    def move_many(self) -> ResponseReturnValue:
        """Move each of the repairs, and say in one sentence what came of it."""
        hands, repairs = wiring(), self._selected()
        try:
            wanted, mover = _wanted(), _mover()
        except (StateMissing, NoteTooLong) as problem:
            return Response(self._asking(repairs, translate(problem)), status=409, mimetype="text/html")
        done = move_many(
            db.session(),
            [repair.id for repair in repairs],
            wanted,
            mover,
            runtime=hands.ejs(),
            now=hands.clock(),
            enqueue=partial(hands.doorbell.ring, queue=PROMPT),
        )
        flash(summary(done), "warning" if done.refused else "success")
        return redirect(self.get_url(".index_view"))

    def _selected(self) -> list[Repair]:
        selected = self.selection()
        if selected.count > MOST_AT_ONCE:
            raise TooManyRepairs(found=selected.count, most=MOST_AT_ONCE)
        query = sa.select(Repair).where(Repair.id.in_(selected.ids)).order_by(Repair.id)
        return list(db.session.scalars(query))

    def _asking(self, repairs: list[Repair], problem: str = "") -> str:
        """The page that asks where they are to go, with what was typed when it was not enough."""
        states = [state for state in RepairState if state is not RepairState.AWAITING_SHIPMENT]
        return str(
            self.render(
                "repair/move.html",
                repairs=repairs,
                states=states,
                typed=request.form,
                problem=problem,
                longest_note=LONGEST_NOTE,
            )
        )

    def after_refusal(self, home: str) -> str:
        """Back to the card that the refused form is on."""
        given = request.view_args or {}
        repair_id = given.get("repair_id")
        if offer_id := given.get("offer_id"):
            repair_id = db.session.scalar(sa.select(CostOffer.repair_id).where(CostOffer.id == offer_id))
        return self.get_url(".details_view", id=repair_id) if repair_id else home

    def _repair(self, repair_id: int) -> Repair:
        repair: Repair | None = self.get_one(repair_id)
        if repair is None:
            abort(404)
        return repair

    def _card(self, repair_id: int) -> ResponseReturnValue:
        return redirect(self.get_url(".details_view", id=repair_id))


def summary(done: MovedMany) -> str:
    """``12 changed, 3 refused: N/2026/0001: why; …``: the same reason once, with all its numbers."""
    changed = ngettext("%(num)s repair changed", "%(num)s repairs changed", done.moved)
    if not done.refused:
        return f"{changed}."
    numbers: dict[str, list[str]] = {}
    for refusal in done.refused:
        numbers.setdefault(translate(refusal.error).rstrip("."), []).append(refusal.number)
    why = "; ".join(f"{', '.join(those)} – {reason}" for reason, those in numbers.items())
    refused = ngettext("%(num)s refused", "%(num)s refused", len(done.refused))
    return f"{changed}, {refused}: {why}."


def _wanted() -> RepairState:
    wanted = request.form.get("wanted", "")
    if not wanted:
        raise StateMissing
    try:
        return RepairState(wanted)
    except ValueError:
        abort(400)


def _mover() -> Any:
    note = request.form.get("note", "").strip()
    return mover(hold_back=request.form.get("hold_back") == "yes", note=note)


def _terms() -> OfferTerms:
    amount = grosze_of(request.form.get("amount", "")) * UNITS_PER_GROSZ
    if not 0 < amount <= DEAREST_OFFER:
        raise OfferOutOfRange
    day = request.form.get("expires_on", "").strip()
    try:
        expires_on = date.fromisoformat(day) if day else None
    except ValueError as error:
        raise NoSuchDay from error
    return OfferTerms(amount, request.form.get("description", "").strip(), expires_on)
