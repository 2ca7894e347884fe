"""Who sells and who buys text messages: what every invoice of a top-up says."""

from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from stdnum.pl import nip
from wtforms import FormField, IntegerField, SelectField, StringField
from wtforms.validators import (
    AnyOf,
    DataRequired,
    Email,
    InputRequired,
    Length,
    Optional,
    Regexp,
    ValidationError,
)

from admin_views.access import ADMINISTER
from admin_views.base import PanelView
from admin_views.labels import label
from admin_views.sections import SETTINGS
from domain.errors import DomainError
from domain.invoices import Party, check_parties
from domain.names import as_one_line
from domain.printed_text import not_printed
from domain.tax_numbers import is_nip
from extensions.babel import translate
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.invoice import InvoiceKind
from services.invoice_settings import (
    BUYER,
    NUMBERING,
    SELLER,
    InvoiceSettings,
    invoice_settings,
    save_settings,
)
from services.issue_invoice import CORRECTIONS
from services.record_audit import append_audit

REFUSED = 409


def _nip(_form: Any, field: Any) -> None:
    if not is_nip(field.data or ""):
        raise ValidationError(gettext("This is not a valid NIP: check its ten digits."))


def _printed(_form: Any, field: Any) -> None:
    if dropped := not_printed(field.data or ""):
        raise ValidationError(
            gettext("An invoice cannot show some of these characters: %(codes)s.", codes=", ".join(dropped))
        )


def _not_of_corrections(_form: Any, field: Any) -> None:
    if field.data == CORRECTIONS:
        raise ValidationError(gettext("%(series)s is the series of corrections.", series=CORRECTIONS))


def _line(typed: str | None) -> str:
    return as_one_line(typed or "")


def _text(name: Any, longest: int) -> StringField:
    return StringField(name, [DataRequired(), Length(max=longest), _printed], filters=[_line])


_POSTAL_CODE = Regexp(r"[0-9]{2}-[0-9]{3}\Z", message=_("Like 00-950."))
_SERIES = Regexp(r"[A-Z0-9][A-Z0-9-]{0,9}\Z", message=_("Up to ten capital letters and digits."))
_KINDS = (InvoiceKind.VAT, InvoiceKind.ADVANCE)


VAT_RATES = (23, 22, 8, 7, 5, 4, 3, 0)
"""Percent; FA(3) has a place for these (docs/ksef.md)."""


class PartyForm(FlaskForm):
    class Meta:
        csrf = False  # the form around it carries the token

    name = _text(_("Full name"), 200)
    nip = StringField(_("NIP"), [InputRequired(), _nip], filters=[lambda value: nip.compact(value or "")])
    street = _text(_("Street and number"), 200)
    postal_code = StringField(_("Postal code"), [InputRequired(), _POSTAL_CODE], filters=[_line])
    city = _text(_("City"), 120)
    email = StringField(_("E-mail for invoices"), [Optional(), Email(), Length(max=254)])


class CompanyForm(FlaskForm):
    buyer = FormField(PartyForm)
    seller = FormField(PartyForm)
    series = StringField(
        _("Invoice series"), [InputRequired(), _SERIES, _not_of_corrections], filters=[_line]
    )
    kind = SelectField(_("Kind of invoice for a top-up"), choices=[])
    vat_rate = IntegerField(_("VAT rate (%)"), [InputRequired(), AnyOf(VAT_RATES)])


class CompanyView(PanelView):
    title = _("Company and invoices")
    menu_section = SETTINGS
    icon = "bi-building"
    read_permission = write_permission = ADMINISTER

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        stored = invoice_settings(db.session())
        form = CompanyForm(data=_data(stored))
        form.kind.choices = [(kind.value, str(label(kind))) for kind in _KINDS]
        problem = ""
        if request.method == "POST" and form.validate():
            try:
                self._save(form)
            except DomainError as error:
                problem = translate(error)
            else:
                flash(gettext("The company's data have been saved."), "success")
                return redirect(self.get_url(".index"))
        page = str(self.render("company/index.html", form=form, problem=problem))
        return (page, REFUSED) if form.errors or problem else page

    def _save(self, form: CompanyForm) -> None:
        buyer, seller = (Party.from_json(part.data) for part in (form.buyer, form.seller))
        check_parties(seller, buyer)
        values = {
            BUYER: buyer.to_json(),
            SELLER: seller.to_json(),
            NUMBERING: {"series": form.series.data, "kind": form.kind.data, "vat_rate": form.vat_rate.data},
        }
        now = wiring().clock()
        save_settings(db.session(), values, actor_id=current_user_id(), now=now)
        append_audit(
            db.session(),
            actor_id=current_user_id(),
            action="update",
            entity="setting",
            entity_id="invoice",
            values=values,
            now=now,
        )
        db.session.commit()


def _data(stored: InvoiceSettings) -> dict[str, Any]:
    return {
        "buyer": stored.buyer.to_json(),
        "seller": stored.seller.to_json(),
        "series": stored.series,
        "kind": stored.kind.value,
        "vat_rate": stored.vat_rate,
    }
