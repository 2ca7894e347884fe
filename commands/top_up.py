"""``flask top-up``: begin a top-up; with the sandbox, pay it as well."""

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option, refused
from domain.money import UNITS_PER_GROSZ, NotAnAmount, grosze_of, zloty_of
from domain.payments import AmountOutOfRange, check_top_up
from extensions.panel_addresses import payment_addresses
from extensions.wiring import wiring
from gateways.payment_service import PaymentService
from gateways.payu import PayuGateway
from models import db
from models.payment import Payment, PaymentGateway
from queries.payments import invoice_of
from sandbox import paywall
from services.ask_gateway import ask_gateway
from services.choose_account import sms_account
from services.top_up import start_top_up

_GATEWAYS = [kind.value for kind in PaymentGateway]
NO_SANDBOX = (
    "The sandbox credits and invoices money that nobody pays, and here a payment service or KSeF is set up. "
    "Use another installation to try things out."
)


@click.command("top-up", cls=OneLineCommand)
@click.argument("amount")
@click.option("--gateway", type=click.Choice(_GATEWAYS), required=True, help="Who takes the money.")
@json_option
@command_line
def top_up_command(amount: str, gateway: str, as_json: bool) -> None:
    """Top the SMS account up with AMOUNT, in PLN. The sandbox pays at once; others print where to pay."""
    kind, grosze = PaymentGateway(gateway), _grosze(amount)
    if kind is PaymentGateway.SANDBOX:
        if wiring().is_in_earnest:
            refused(NO_SANDBOX)
        with paywall.running(pauses=()) as sandbox:
            client = PayuGateway(sandbox.settings)
            payment = _start(client, kind, grosze)
            sandbox.act(payment.reference, "pay")
            ask_gateway(db.session(), client, payment.id, wiring().clock())
    elif kind in wiring().payments:
        payment = _start(wiring().payments[kind], kind, grosze)
    else:
        bad_input(_not_set_up(gateway))
    _print(payment, as_json)


def _not_set_up(gateway: str) -> str:
    others = dict.fromkeys(kind.value for kind in wiring().payments)
    if not wiring().is_in_earnest:
        others[PaymentGateway.SANDBOX.value] = None  # which the demo has set up as well
    return (
        f"The gateway {gateway} is not set up: see docs/operator.md. What can be used: {', '.join(others)}."
    )


def _grosze(amount: str) -> int:
    try:
        grosze = grosze_of(amount)
        check_top_up(grosze)
    except (NotAnAmount, AmountOutOfRange) as error:
        bad_input(str(error))
    return grosze


def _start(client: PaymentService, kind: PaymentGateway, grosze: int) -> Payment:
    return start_top_up(
        db.session(),
        client,
        kind,
        amount=grosze,
        addresses=payment_addresses(wiring().base_url, kind),
        customer_ip="127.0.0.1",
        actor_id=None,
        now=wiring().clock(),
    )


def _print(payment: Payment, as_json: bool) -> None:
    session = db.session()
    session.refresh(payment)
    invoice = invoice_of(session, payment.id)
    data = {
        "payment": payment.uuid,
        "status": payment.status.value,
        "amount": str(zloty_of(payment.amount * UNITS_PER_GROSZ)),
        "balance": str(zloty_of(sms_account(session).balance)),
        "invoice": invoice.number if invoice else None,
        "redirect_url": payment.redirect_url,
    }
    lines = [f"{name}: {value}" for name, value in data.items() if value]
    emit(as_json, data, lines)
