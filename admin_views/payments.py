"""Top-ups of the SMS account: the $ page, the way back from the payment, and the list of them."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from admin_views.access import ADMINISTER, REPORT, needs
from admin_views.base import RecordView
from admin_views.filters import one_of, since, until
from admin_views.formatters import link
from admin_views.labels import label
from admin_views.money import grosze, grosze_column, units
from admin_views.sections import SMS_ACCOUNT
from domain.errors import DomainError
from domain.money import grosze_of
from domain.payments import LARGEST_TOP_UP, SMALLEST_TOP_UP, PaymentStatus
from extensions.babel import translate
from extensions.login import current_user_id, may
from extensions.panel_addresses import payment_addresses
from extensions.wiring import wiring
from models import db
from models.payment import Payment, PaymentGateway
from queries.payments import entry_to_take_back, invoice_of, payment_of
from services.ask_gateway import ask_gateway
from services.choose_account import sms_account
from services.ledger import AlreadyReversed
from services.reverse_top_up import reverse_top_up
from services.top_up import start_top_up

SUGGESTED = (5_000, 10_000, 20_000, 50_000)
REFUSED, SEE_OTHER = 409, 303

EFFECTS = {
    "credited": _("credited and invoiced"),
    "nothing": _("changed nothing"),
    "pending": _("not paid yet"),
    "refused": _("refused"),
    "failed": _("failed"),
    "wrong_amount": _("not believed: another amount"),
    "wrong_currency": _("not believed: another currency"),
    "wrong_reference": _("not believed: another payment"),
}


class NoGateway(DomainError):
    message = "No payment service is set up. The operator's guide says which settings it needs."


class GatewayGone(DomainError):
    message = "This payment service is not set up here. Choose another one."


class PaymentView(RecordView):
    record = Payment
    title = _("Top-ups")
    menu_section = SMS_ACCOUNT
    icon = "bi-cash-coin"
    read_permission = REPORT
    empty_title = _("Nobody has topped the SMS account up yet")
    empty_hint = _("Text messages are paid in advance: choose the dollar sign at the top of the page.")

    column_list = ("id", "amount", "status", "gateway", "created_at", "paid_at", "created_by")
    column_details_list = (
        "amount", "status", "gateway", "created_at", "created_by", "paid_at", "reference", "uuid",
    )  # fmt: skip
    column_labels = {
        "id": _("Number"),
        "amount": _("Amount"),
        "status": _("Status"),
        "gateway": _("Payment service"),
        "created_at": _("Started"),
        "created_by": _("Started by"),
        "paid_at": _("Paid"),
        "reference": _("Reference of the payment service"),
        "uuid": _("Our reference"),
    }
    column_formatters = {
        "id": lambda _view, _context, payment, _name: link(f"#{payment.id}", ".details_view", id=payment.id),
        "amount": grosze_column,
    }
    column_sortable_list = ("created_at", "paid_at", "amount", "status")
    column_filters = (
        one_of("status", _("Status"), Payment.status, PaymentStatus),
        one_of("gateway", _("Payment service"), Payment.gateway, PaymentGateway),
        since("paid", _("Paid"), Payment.paid_at),
        until("paid", _("Paid"), Payment.paid_at),
    )

    def record_title(self, model: Payment) -> str:
        return gettext("Top-up of %(amount)s", amount=grosze(model.amount))

    def card_sections(self, model: Payment) -> list[Any]:
        invoice = invoice_of(db.session(), model.id)
        sections = [self.section("payment_news", payment=model, invoice=invoice, effects=EFFECTS)]
        if may(ADMINISTER) and entry_to_take_back(db.session(), model.id):
            sections.append(self.section("take_top_up_back", payment=model, amount=grosze(model.amount)))
        return sections

    @expose("/take-back/", methods=("POST",))
    @needs(ADMINISTER)
    def take_back(self) -> ResponseReturnValue:
        """Reverse one top-up, with a reason; its invoice is corrected to nothing."""
        payment = self.asked_for()
        entry = entry_to_take_back(db.session(), payment.id)
        if entry is None:
            raise AlreadyReversed
        correction = reverse_top_up(
            db.session(),
            entry,
            request.form.get("reason", ""),
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        db.session.commit()
        flash(
            gettext(
                "The top-up was taken back. Correction %(number)s has been issued.", number=correction.number
            ),
            "success",
        )
        return redirect(self.get_url(".details_view", id=payment.id))

    @expose("/top-up/", methods=("GET", "POST"))
    @needs(REPORT)
    def top_up(self) -> ResponseReturnValue:
        """The amount, then away to the payment page."""
        problem, typed = "", request.form.get("amount", "")
        if request.method == "POST":
            try:
                return redirect(url_for(".back", uuid=self._start(typed).uuid, go=1), SEE_OTHER)
            except DomainError as error:
                db.session.rollback()
                problem = translate(error)
        page = self.render(
            "payment/top_up.html",
            account=sms_account(db.session()),
            gateways=list(wiring().payments),
            chosen=request.form.get("gateway", ""),
            label=label,
            units=units,
            suggested=[(amount // 100, grosze(amount)) for amount in SUGGESTED],
            amount=typed,
            problem=problem,
            limits=(SMALLEST_TOP_UP // 100, LARGEST_TOP_UP // 100),
        )
        return (str(page), REFUSED) if problem else str(page)

    def _start(self, typed: str) -> Payment:
        gateways, kind, home = wiring().payments, self._chosen_gateway(), wiring().base_url
        payment = start_top_up(
            db.session(),
            gateways[kind],
            kind,
            amount=grosze_of(typed),
            addresses=payment_addresses(home, kind),
            customer_ip=request.remote_addr or "127.0.0.1",
            actor_id=current_user_id(),
            now=wiring().clock(),
        )
        self.audit("start_top_up", payment.id, {"amount": payment.amount})
        db.session.commit()
        return payment

    @staticmethod
    def _chosen_gateway() -> PaymentGateway:
        """What was chosen; a form that offers no choice leaves it to the only one there is."""
        gateways = list(wiring().payments)
        if not gateways:
            raise NoGateway
        wanted = request.form.get("gateway", gateways[0].value)
        if wanted not in gateways:
            raise GatewayGone
        return PaymentGateway(wanted)

    @expose("/back/<uuid>")
    def back(self, uuid: str) -> ResponseReturnValue:
        """Where the payer comes back to: what is true of the payment, asked of the service itself."""
        payment = payment_of(db.session(), uuid)
        if payment is None:
            abort(404)
        going = "go" in request.args
        if payment.status is PaymentStatus.PENDING and not going and payment.gateway in wiring().payments:
            ask_gateway(db.session(), wiring().payments[payment.gateway], payment.id, wiring().clock())
            db.session.refresh(payment)
        return str(
            self.render(
                "payment/back.html",
                payment=payment,
                going=going,
                label=label,
                amount=grosze(payment.amount),
                account=sms_account(db.session()),
                units=units,
                invoice=invoice_of(db.session(), payment.id),
                title=gettext("Top-up"),
            )
        )
