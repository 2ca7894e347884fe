"""Who texts are from, how fast they leave, when money runs low, and how they are written."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from admin_views.access import ADMINISTER
from admin_views.base import PanelView
from admin_views.labels import one_way_words
from admin_views.money import AmountField
from admin_views.sections import SMS_ACCOUNT
from domain.channel import Channel, Purpose
from domain.errors import DomainError
from domain.money import units_of, zloty_of
from domain.segments import MOST_PARTS
from domain.sms_sender import check_sender
from extensions.babel import translate, translate_stored
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.sms_account import SmsAccount
from queries.two_way import one_way
from services.check_template import template_problem
from services.choose_account import sms_account
from services.invoice_settings import save_settings
from services.record_audit import append_audit
from services.sms_settings import LONGEST_FOOTER, SMS, SmsSettings, sms_settings

REFUSED = 409
LARGEST_THRESHOLD = 100_000
LARGEST_LIMIT = 1_000_000
_OF_ACCOUNT = ("sender", "is_active", "per_minute", "per_hour", "per_day")


def _stripped(typed: str | None) -> str:
    return (typed or "").strip()


def _own_line_ends(typed: str | None) -> str:
    """A browser sends CR LF (HTML, form submission); in a text each would be charged as two."""
    return (typed or "").replace("\r\n", "\n").strip()


def _sender(_form: Any, field: Any) -> None:
    try:
        check_sender(field.data or "")
    except DomainError as error:
        raise ValidationError(translate(error)) from error


def _footer(_form: Any, field: Any) -> None:
    problem = template_problem(
        "", field.data or "", channel=Channel.SMS, purpose=Purpose.SERVICE, runtime=wiring().ejs()
    )
    if problem is not None:
        raise ValidationError(translate(problem.error))


def _to_the_grosz(_form: Any, field: Any) -> None:
    if field.data is not None and field.data != field.data.quantize(Decimal("0.01")):
        raise ValidationError(gettext("An amount has at most two decimals."))


def _limit(name: Any) -> IntegerField:
    return IntegerField(name, [Optional(), NumberRange(min=1, max=LARGEST_LIMIT)])


class SmsSettingsForm(FlaskForm):
    class Meta:
        csrf = False  # the panel checks every request (extensions.csrf)

    is_active = BooleanField(_("Text messages are sent"))
    sender = StringField(
        _("Sender"),
        [_sender],
        filters=[_stripped],
        description=_(
            "A name of up to 11 characters without Polish letters, which nobody can answer, or a number like "
            "+48600100200, which can be answered. The gateway has to know it. Empty: the gateway's own."
        ),
    )
    per_minute = _limit(_("At most per minute"))
    per_hour = _limit(_("At most per hour"))
    per_day = _limit(_("At most per day"))
    low_balance = AmountField(
        _("Say that money runs low below (PLN)"),
        [InputRequired(), NumberRange(min=0, max=LARGEST_THRESHOLD), _to_the_grosz],
        description=_(
            "The dashboard then says so, and one e-mail goes to the address for invoices, or to the "
            "administrators when there is none."
        ),
    )
    footer = TextAreaField(
        _("Footer of every text"),
        [Length(max=LONGEST_FOOTER), _footer],
        filters=[_own_line_ends],
        description=_("Put at the end of every text and counted with it: the name of your company, say."),
    )
    strip_letters = BooleanField(
        _("Send without Polish letters"),
        description=_(
            "Polish letters make a text easier to read and up to twice as dear. A template can decide "
            "otherwise."
        ),
    )
    most_parts = IntegerField(
        _("Most parts of one text"),
        [InputRequired(), NumberRange(min=1, max=MOST_PARTS)],
        description=_("A longer text is refused before it is sent."),
    )


class SmsSettingsView(PanelView):
    title = _("SMS settings")
    menu_section = SMS_ACCOUNT
    icon = "bi-sliders"
    read_permission = write_permission = ADMINISTER

    @expose("/", methods=("GET", "POST"))
    def index(self) -> ResponseReturnValue:
        account = sms_account(db.session())
        form = SmsSettingsForm(data=_data(account, sms_settings(db.session())))
        if request.method == "POST" and form.validate():
            _save(account, form)
            flash(gettext("The SMS settings have been saved."), "success")
            return redirect(self.get_url(".index"))
        failure = translate_stored(account.last_failure) if account.held_until else ""
        off = one_way(db.session())
        page = self.render(
            "sms_settings/index.html",
            form=form,
            account=account,
            failure=failure,
            off=one_way_words(off) if off else "",
        )
        return (str(page), REFUSED) if form.errors else str(page)


def _data(account: SmsAccount, texts: SmsSettings) -> dict[str, Any]:
    return {
        **{name: getattr(account, name) for name in _OF_ACCOUNT},
        "low_balance": zloty_of(account.low_balance).quantize(Decimal("0.01")),
        **asdict(texts),
    }


def _save(account: SmsAccount, form: SmsSettingsForm) -> None:
    session, now, person = db.session(), wiring().clock(), current_user_id()
    for name in _OF_ACCOUNT:
        setattr(account, name, form[name].data)
    account.low_balance = units_of(form.low_balance.data or Decimal(0))
    # Whoever corrects an account wants it tried now.
    account.held_until = account.failing_since = None
    account.failures_in_a_row, account.last_failure = 0, ""
    texts = {name: form[name].data for name in ("footer", "strip_letters", "most_parts")}
    save_settings(session, {SMS: texts}, actor_id=person, now=now)
    values = {name: getattr(account, name) for name in (*_OF_ACCOUNT, "low_balance")} | texts
    append_audit(
        session,
        actor_id=person,
        action="update",
        entity="sms_account",
        entity_id=account.id,
        values=values,
        now=now,
    )
    session.commit()
