"""Form fields: enums with our labels, dates as the browser knows them, clients looked up by name."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from flask_admin.contrib.sqla.form import AdminModelConverter
from flask_admin.form import rules
from flask_admin.model.ajax import AjaxModelLoader
from flask_admin.model.form import converts
from flask_babel import lazy_gettext as _
from wtforms import DateField, Field, SelectField
from wtforms.fields.choices import Choice  # type: ignore[attr-defined]
from wtforms.validators import URL, InputRequired, Optional, ValidationError
from wtforms.widgets import DateInput, TextInput

from admin_views.labels import label
from admin_views.numbers import whole_number
from domain.money import UNITS_PER_GROSZ, NotAnAmount, grosze_of, in_zloty
from domain.names import as_one_line, fold
from extensions.babel import current_language, translate
from models import db
from models.client import Client
from models.repair import Repair

WEB_ADDRESS = URL(
    require_tld=False,
    message=_(
        "This is not a web address. Enter all of it, from https:// on, for example "
        "https://www.firma.example/123."
    ),
)


class EnumField(SelectField):
    """A choice among an enum's members; its data is a member, never text."""

    def __init__(
        self,
        label_text: Any = None,
        validators: Any = None,
        *,
        enum: type[StrEnum],
        members: Sequence[StrEnum] = (),
        **options: Any,
    ) -> None:
        """``members``: those that are offered and taken; all of them by default."""
        self._enum = enum
        self._members = tuple(members) or tuple(enum)
        self._may_be_empty = options.pop("allow_blank", False)
        super().__init__(
            label_text, validators, coerce=self._member, choices=[], validate_choice=True, **options
        )

    def _member(self, value: Any) -> StrEnum | None:
        if value in (None, "", "None"):
            return None
        return value if isinstance(value, self._enum) else self._enum(value)

    def iter_choices(self) -> Any:
        if self._may_be_empty:
            yield Choice("", "—", self.data is None, {})
        for member in self._members:
            yield Choice(member.value, label(member), self.data == member, {})

    def pre_validate(self, form: Any) -> None:
        if self.data not in self._members and not (self.data is None and self._may_be_empty):
            raise ValidationError(self.gettext("Not a valid choice."))

    def has_groups(self) -> bool:
        return False


class UnitsField(Field):
    """An amount in zloty as people write it here, ``49,99``; its data is in units of 1/10000 PLN."""

    widget = TextInput()
    data: int | None

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        typed = valuelist[0].strip() if valuelist else ""
        if typed:
            try:
                self.data = grosze_of(typed) * UNITS_PER_GROSZ
            except NotAnAmount as error:
                raise ValueError(translate(error)) from error

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        shown = str(in_zloty(self.data)) if self.data is not None else ""
        return shown.replace(".", ",") if current_language() == "pl" else shown


class StateField(SelectField):
    """A switch that may leave the decision to the settings; its data is true, false or None."""

    def __init__(self, label: Any = None, validators: Any = None, **options: Any) -> None:
        super().__init__(label, validators, coerce=self._state, choices=[], **options)

    @staticmethod
    def _state(value: Any) -> bool | None:
        states = {"yes": True, "no": False, "": None}
        if value is None or isinstance(value, bool):
            return value
        if value not in states:
            raise ValueError(value)
        return states[value]

    def iter_choices(self) -> Any:
        for value, state, text in (
            ("", None, _("As the settings say")),
            ("yes", True, _("Yes")),
            ("no", False, _("No")),
        ):
            yield Choice(value, text, self.data is state, {})

    def pre_validate(self, form: Any) -> None:
        """Whatever else was given has been refused by `_state`."""

    def has_groups(self) -> bool:
        return False


class PanelConverter(AdminModelConverter):
    """Flask-Admin's converter, but with members of our enums and the browser's own date picker."""

    @converts("sqlalchemy.sql.sqltypes.Enum")
    def convert_enum(self, column: Any, field_args: Any, **_extra: Any) -> EnumField:
        field_args.setdefault("validators", []).append(Optional() if column.nullable else InputRequired())
        field_args.pop("filters", None)
        return EnumField(enum=column.type.enum_class, allow_blank=column.nullable, **_labelled(field_args))

    def _model_select_field(self, prop: Any, multiple: Any, remote_model: Any, **kwargs: Any) -> Any:
        if kwargs.get("allow_blank"):
            kwargs.setdefault("blank_text", "—")
        return super()._model_select_field(prop, multiple, remote_model, **kwargs)

    @converts("String")
    def conv_String(self, column: Any, field_args: Any, **extra: Any) -> Any:
        """What pasting or a program puts into a line beside its text is not stored with it."""
        field_args["filters"] = [_one_line, *field_args.get("filters", ())]
        return super().conv_String(column, field_args, **extra)

    @converts("Date")
    def convert_date(self, field_args: Any, **_extra: Any) -> DateField:
        field_args["widget"] = DateInput()
        return DateField(**field_args)


def _one_line(text: Any) -> Any:
    return as_one_line(text) if isinstance(text, str) else text


def _labelled(field_args: dict[str, Any]) -> dict[str, Any]:
    return {"label_text" if name == "label" else name: value for name, value in field_args.items()}


class ClientLoader(AjaxModelLoader):
    """Clients by the beginning of any word of their name, whatever the accents."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, {"minimum_input_length": 2, "model": Client, **options})
        self.pk = "id"
        self.model = Client

    def format(self, model: Client | None) -> tuple[int, str] | None:
        return (model.id, client_caption(model)) if model is not None else None

    def get_one(self, pk: Any) -> Client | None:
        number = whole_number(pk)
        return db.session.get(Client, number) if number is not None else None

    def get_list(self, query: str, offset: int | None = 0, limit: int = 10) -> list[Client]:
        statement = sa.select(Client).where(Client.merged_into_id.is_(None), Client.erased_at.is_(None))
        for word in fold(query or "").split():
            statement = statement.where(Client.search.contains(word, autoescape=True))
        page = statement.order_by(Client.search, Client.id).offset(offset or 0).limit(min(limit, 50))
        return list(db.session.scalars(page))


class RepairLoader(AjaxModelLoader):
    """Repairs by their number or device."""

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, {"minimum_input_length": 2, "model": Repair, **options})
        self.pk = "id"
        self.model = Repair

    def format(self, model: Repair | None) -> tuple[int, str] | None:
        return (model.id, f"{model.number} · {model.device}") if model is not None else None

    def get_one(self, pk: Any) -> Repair | None:
        number = whole_number(pk)
        return db.session.get(Repair, number) if number is not None else None

    def get_list(self, query: str, offset: int | None = 0, limit: int = 10) -> list[Repair]:
        fits = sa.or_(
            *(column.icontains(query or "", autoescape=True) for column in (Repair.number, Repair.device))
        )
        page = sa.select(Repair).where(fits).order_by(Repair.id.desc()).offset(offset or 0)
        return list(db.session.scalars(page.limit(min(limit, 50))))


def client_caption(client: Client) -> str:
    """A client's name and what tells namesakes apart."""
    told_apart = client.nip or client.city
    return f"{client.name} · {told_apart}" if told_apart else client.name


class Section(rules.Container):
    """A titled card of a form. ``fields`` are names, or rules."""

    def __init__(self, title: Any, *fields: Any, hint: Any = "") -> None:
        super().__init__("lib.form_section", rules.NestedRule(fields), title=title, hint=hint)


class Row(rules.Container):
    """Fields side by side where the screen is wide enough."""

    def __init__(self, *fields: Any) -> None:
        super().__init__("lib.form_row", rules.NestedRule(fields))
