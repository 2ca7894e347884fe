"""The price list: what an SMS part costs, by the number it goes to and the day."""

from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import SelectField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from admin_views.access import ADMINISTER
from admin_views.base import RecordView
from admin_views.fields import Row, Section
from admin_views.filters import contains, since_day
from admin_views.formatters import own_link
from admin_views.money import AmountField, units_column
from admin_views.sections import SMS_ACCOUNT
from domain.money import units_of, zloty_of
from models import db
from models.price_list import SmsPrice
from services.mobile_operators import OPERATORS
from services.price_list import check_price

DEAREST = Decimal(100)
HIGHEST_VAT = 100
_PREFIX = Regexp(r"[1-9][0-9]*\Z", message=_("Digits only, without the plus: 48 for Poland."))


def _in_order(form: Any, field: Any) -> None:
    if field.data and form.valid_from.data and field.data < form.valid_from.data:
        raise ValidationError(gettext("It ends before it begins: choose a later day, or none."))


class SmsPriceView(RecordView):
    record = SmsPrice
    title = _("Price list")
    menu_section = SMS_ACCOUNT
    icon = "bi-tags"
    write_permission = ADMINISTER
    allows_create = allows_edit = allows_delete = True
    create_label = _("Add a price")
    intro = _("The price of the day is copied onto each message: a later change alters nothing sent.")
    empty_title = _("The price list is empty")
    empty_hint = _("Without a price no text message can be quoted or sent. Add one for the prefix 48.")
    title_column = "name"
    column_default_sort = ("prefix", False)

    column_list = ("name", "prefix", "operator", "gross_per_part", "vat_rate", "valid_from", "valid_until")
    column_details_list = column_list
    column_labels = {
        "name": _("Name"),
        "prefix": _("Prefix"),
        "operator": _("Operator"),
        "gross_per_part": _("Gross price of one SMS part"),
        "price": _("Gross price of one SMS part (PLN)"),
        "vat_rate": _("VAT rate (%)"),
        "valid_from": _("In force from"),
        "valid_until": _("In force until"),
    }
    column_formatters = {"name": own_link, "gross_per_part": units_column}
    column_formatters_export = {
        "gross_per_part": lambda _view, _context, price, _name: zloty_of(price.gross_per_part)
    }
    column_searchable_list = ("name", "prefix", "operator")
    column_filters = (
        contains("prefix", _("Prefix"), SmsPrice.prefix),
        contains("operator", _("Operator"), SmsPrice.operator),
        since_day("from", _("In force from"), SmsPrice.valid_from),
    )
    form_columns = ("name", "prefix", "operator", "price", "vat_rate", "valid_from", "valid_until")
    form_extra_fields = {
        "price": AmountField(
            _("Gross price of one SMS part (PLN)"),
            [InputRequired(), NumberRange(min=Decimal("0.0001"), max=DEAREST)],
            places=4,
            description=_("Up to four decimals, e.g. 0.1599."),
        ),
        "operator": SelectField(
            _("Operator"),
            choices=[("", "—"), *((name, name) for name in OPERATORS)],
            description=_(
                "Whom the beginning of a Polish mobile number was first given to. An approximation: a number "
                "taken along to another operator still counts as the first one's."
            ),
        ),
    }
    form_args = {
        "prefix": {
            "validators": [Optional(), Length(max=15), _PREFIX],
            "filters": [lambda typed: typed or ""],
            "description": _(
                "The beginning of the number after the plus. The longest that fits counts, then the "
                "operator, then the country's (48), last a price with neither of them, for every number."
            ),
        },
        "vat_rate": {"validators": [NumberRange(min=0, max=HIGHEST_VAT)]},
        "valid_until": {
            "validators": [Optional(), _in_order],
            "description": _("The last day; leave it empty for no end."),
        },
    }
    form_rules = (
        Section(_("Price"), Row("name"), Row("prefix", "operator"), Row("price", "vat_rate")),
        Section(_("Validity"), Row("valid_from", "valid_until")),
    )

    def on_form_prefill(self, form: Any, id: Any) -> None:
        form.price.data = zloty_of(self.get_one(id).gross_per_part).normalize()

    def on_model_change(self, form: Any, model: SmsPrice, is_created: bool) -> None:
        try:
            model.gross_per_part = units_of(form.price.data)
        except ValueError as error:
            raise ValidationError(gettext("A price has at most four decimals.")) from error
        check_price(db.session(), model)
