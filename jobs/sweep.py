"""The clock's entrance: pick up what was left behind."""

from extensions.panel_addresses import top_up_page
from extensions.wiring import wiring
from gateways.machine import boot_id
from models import db
from services.alert_low_balance import alert_low_balance
from services.ask_gateway import ask_about_silent_payments
from services.mail_invoice import mail_waiting_invoices
from services.send_to_ksef import send_to_ksef
from services.sweep_deliveries import sweep_deliveries


def sweep() -> int:
    """One sweep; the number of ranges rung for."""
    hands = wiring()
    try:
        session, ring = db.session(), hands.doorbell.ring
        rung = sweep_deliveries(session, now=hands.clock(), enqueue=ring, boot=boot_id())
        ask_about_silent_payments(session, hands.payments, hands.clock())
        if hands.ksef is not None:  # first, so that the mail has the number
            send_to_ksef(session, hands.ksef, hands.clock())
        mail_waiting_invoices(session, store=hands.files, now=hands.clock(), enqueue=ring)
        alert_low_balance(session, top_up_url=top_up_page(hands.base_url), now=hands.clock(), enqueue=ring)
    finally:
        db.session.remove()
    hands.doorbell.note_sweep(hands.clock())
    return rung
