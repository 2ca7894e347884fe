"""What the screens of the service desk share: records whose clients are told of them when they are made."""

from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import g, request
from flask_babel import lazy_gettext as _
from markupsafe import Markup
from wtforms import BooleanField

from admin_views import repair_card
from admin_views.base import RecordView
from admin_views.fields import ClientLoader, RepairLoader
from admin_views.filters import PanelFilter, chosen, matching
from admin_views.formatters import as_text
from admin_views.numbers import whole_number
from admin_views.sections import SERVICE
from domain.errors import DomainError
from domain.local_time import WARSAW
from domain.names import fold
from extensions.login import current_user_id
from extensions.queues import PROMPT
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.repair import ChangeSource, Repair
from queries.next_number import next_number
from services.fire_event import Ring, ring_all
from services.move_repair import Mover

PICK_A_CLIENT = _("Type a name, a NIP or a city")


class RepairOfAnother(DomainError):
    message = "The repair belongs to another client."


def mover(*, hold_back: bool, note: str = "") -> Mover:
    """Whoever is here, changing something in the panel."""
    return Mover(ChangeSource.PANEL, current_user_id(), hold_back=hold_back, note=note)


def ring(rings: tuple[Ring, ...]) -> None:
    """Ring for what was queued; after the commit."""
    ring_all(rings, partial(wiring().doorbell.ring, queue=PROMPT))


def hold_back_field() -> BooleanField:
    """The tick that keeps one change from being told."""
    return BooleanField(
        _("Do not send this notification"),
        description=_("The client is not told of this one change; of later ones as the rules say."),
    )


def client_filters(column: Any) -> tuple[PanelFilter, ...]:
    """By the client's name, and by number for links from the client's card; ``column`` is the foreign key."""
    return (
        matching(
            "client_name",
            _("Client's name"),
            lambda text: column.in_(
                sa.select(Client.id).where(Client.search.contains(fold(text), autoescape=True))
            ),
        ),
        chosen("client", _("Client number"), lambda id_: column == id_, lambda: []),
    )


class DeskView(RecordView):
    """A grid of records that belong to a client, who is told of each new one: `tell` says what that means."""

    menu_section = SERVICE
    allows_create = allows_edit = True
    details_template = "repair/details.html"
    column_formatters_export = {"client": as_text, "repair": as_text}
    form_ajax_refs = {"client": ClientLoader("client", placeholder=PICK_A_CLIENT)}
    only_when_new: ClassVar[tuple[str, ...]] = ("client", "hold_back")
    """Fields of the empty form alone: whom a record is for cannot change once that client was told of it."""
    only_later: ClassVar[tuple[str, ...]] = ()
    searched: ClassVar[tuple[Any, ...]] = ()
    """The columns that the search looks into, beside the client's name."""

    def get_create_form(self) -> Any:
        return _without(super().get_create_form(), self.only_later)

    def get_edit_form(self) -> Any:
        return _without(super().get_edit_form(), self.only_when_new)

    def tell(self, model: Any, who: Mover, now: datetime) -> tuple[Ring, ...]:
        """Keep what was made, in the running transaction, and queue what its client is told."""
        raise NotImplementedError

    def card_banners(self, model: Any) -> list[Markup]:
        return repair_card.banners(self, model)

    def before_commit(self, form: Any, model: Any, is_created: bool) -> None:
        if is_created:
            g.desk_rings = self.tell(model, mover(hold_back=form.hold_back.data), wiring().clock())

    def after_model_change(self, form: Any, model: Any, is_created: bool) -> None:
        ring(g.pop("desk_rings", ()))

    @property
    def column_searchable_list(self) -> Any:
        return self.searched

    def _apply_search(self, query: Any, count_query: Any, joins: Any, count_joins: Any, search: str) -> Any:
        for word in search.split():
            of_client = self.model.client_id.in_(
                sa.select(Client.id).where(Client.search.contains(fold(word), autoescape=True))
            )
            found = sa.or_(of_client, *(one.icontains(word, autoescape=True) for one in self.searched))
            query, count_query = query.filter(found), count_query.filter(found)
        return query, count_query, joins, count_joins


class OfRepairView(DeskView):
    """Records that a repair of the same client may stand behind: its payments and shipments."""

    only_when_new = (*DeskView.only_when_new, "repair")
    form_ajax_refs = {
        **DeskView.form_ajax_refs,
        "repair": RepairLoader("repair", placeholder=_("Type a number or a device")),
    }

    def create_form(self, obj: Any = None) -> Any:
        return _prefilled_from_repair(super().create_form(obj))

    def on_model_change(self, form: Any, model: Any, is_created: bool) -> None:
        repair: Repair | None = model.repair
        if repair is not None and model.client is not None and repair.client_id != model.client.id:
            raise RepairOfAnother


def _without(form: Any, names: tuple[str, ...]) -> Any:
    return type(form.__name__, (form,), dict.fromkeys(names))


def numbered(column: Any, series: str) -> dict[str, Any]:
    """A form's field for the number of a record: the next one of the series is proposed, the year is
    Warsaw's.
    """
    return {
        "default": lambda: next_number(db.session, column, series, wiring().clock().astimezone(WARSAW).year),
        "description": _("Proposed by itself; write your own where you have one."),
    }


def _prefilled_from_repair(form: Any) -> Any:
    """A form opened from a repair's card names the repair and its client already."""
    if request.method == "GET" and (number := whole_number(request.args.get("repair"))):
        repair = db.session.get(Repair, number)
        if repair is not None:
            form.repair.data, form.client.data = repair, repair.client
    return form
