"""The form for a bounce that somebody heard of by another way: first what it means, then the saving."""

import json
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from flask import g, request
from flask_babel import lazy_gettext as _
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import DateInput

from admin_views.bounce_words import reason_sentence
from admin_views.desk import PICK_A_CLIENT
from admin_views.fields import ClientLoader, Row, Section
from domain.bounce_reasons import bounce_reason
from domain.bounces import BounceKind
from domain.local_time import WARSAW
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.bounce import Bounce
from services.take_bounce import KEPT_CHARACTERS
from services.type_bounce import TypedBounce, UnderstoodBounce, record_typed, understand_typed


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be recorded; ``mark`` comes back with the form that is to be saved as it was shown."""

    understood: UnderstoodBounce
    mark: str

    @property
    def why(self) -> Any:
        found = self.understood.finding
        return reason_sentence(
            bounce_reason(BounceKind.MANUAL, found.verdict, found.status, found.diagnostic)
        )


class TypedBounces:
    """Mix into the view of bounces, before `RecordView`."""

    _try: Any
    get_url: Any

    create_template = "bounce/create.html"
    form_columns = ("address", "client", "code", "said", "came_on")
    form_extra_fields = {
        "address": StringField(_("Address"), [Optional(), Length(max=320)]),
        "code": StringField(
            _("Code"), [Optional(), Length(max=20)], description=_("As the server wrote it: 5.1.1 or 550.")
        ),
        "said": TextAreaField(
            _("What came back"),
            [Optional(), Length(max=KEPT_CHARACTERS)],
            description=_("The whole message with its headers, or only the words."),
            render_kw={"rows": 9},
        ),
        "came_on": DateField(
            _("Came back on"),
            [InputRequired()],
            widget=DateInput(),
            default=lambda: wiring().clock().astimezone(WARSAW).date(),
        ),
    }
    form_create_rules = (
        Section(
            _("Whose address"),
            Row("address", "client"),
            hint=_("Without an address the client's primary one is meant."),
        ),
        Section(_("What came back"), Row("code", "came_on"), "said"),
    )
    form_ajax_refs = {"client": ClientLoader("client", placeholder=PICK_A_CLIENT)}

    def create_model(self, form: Any) -> Any:
        """Save what was shown with its verdict; anything else is shown first."""
        saved: list[Bounce] = []
        self._try(lambda: saved.extend(self._saved(form)))
        return saved[0] if saved else False

    def preview(self) -> Preview | None:
        """What the form that was sent would be understood as."""
        shown: Preview | None = g.get("typed_bounce")
        return shown

    def get_save_return_url(self, model: Bounce, is_created: bool = False) -> str:
        return str(self.get_url(".details_view", id=model.id))

    def _saved(self, form: Any) -> list[Bounce]:
        session, now = db.session(), wiring().clock()
        typed = TypedBounce(
            address=form.address.data or "",
            client_id=form.client.data.id if form.client.data else None,
            code=form.code.data or "",
            said=form.said.data or "",
            came_on=form.came_on.data,
        )
        understood = understand_typed(session, typed, now=now)
        mark = _mark(typed, understood)
        if request.form.get("understood") != mark:
            g.typed_bounce = Preview(understood, mark)
            return []
        return [record_typed(session, typed, actor_id=current_user_id(), now=now)]


def _mark(typed: TypedBounce, understood: UnderstoodBounce) -> str:
    """Another one for every other form, and where the answer has changed since."""
    told = json.dumps([asdict(typed), asdict(understood)], default=str, sort_keys=True)
    return sha256(told.encode()).hexdigest()
