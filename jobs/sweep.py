"""The clock's entrance: pick up what was left behind."""

from collections.abc import Callable
from functools import partial

from sqlalchemy.orm import Session

from extensions.panel_addresses import top_up_page
from extensions.wiring import Wiring, wiring
from gateways.machine import boot_id
from models import db
from services.alert_low_balance import alert_low_balance
from services.ask_gateway import ask_about_silent_payments
from services.mail_invoice import mail_waiting_invoices
from services.ring_mailboxes import ring_mailboxes
from services.send_to_ksef import send_to_ksef
from services.sweep_deliveries import sweep_deliveries
from services.tell_browsers import ring_pushes

Step = Callable[[], int]


def sweep() -> int:
    """One sweep; the number of ranges rung for.

    A step that fails takes nothing from the others. What failed is noted for the dashboard, and raised at the
    end as an ExceptionGroup: nothing is swallowed.
    """
    hands = wiring()
    rung, failures = 0, dict[str, Exception]()
    try:
        for name, step in _steps(db.session(), hands).items():
            try:
                done = step()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is raised below
                db.session.rollback()
                failures[name] = error
            else:
                rung += done if name == "deliveries" else 0
    finally:
        db.session.remove()
    hands.doorbell.note_sweep(hands.clock(), failed=list(failures))
    if failures:
        raise ExceptionGroup(f"the sweep failed at: {', '.join(failures)}", list(failures.values()))
    return rung


def _steps(session: Session, hands: Wiring) -> dict[str, Step]:
    """In this order: KSeF before the mail of invoices, so that the mail has the number."""
    ring, clock, ksef = hands.doorbell.ring, hands.clock, hands.ksef
    top_up = top_up_page(hands.base_url)
    active = ksef.settings.environment if ksef else None
    steps: dict[str, Step] = {
        "deliveries": lambda: sweep_deliveries(session, now=clock(), enqueue=ring, boot=boot_id()),
        "mailboxes": lambda: ring_mailboxes(session, now=clock(), enqueue=ring),
        "pushes": lambda: ring_pushes(session, now=clock(), enqueue=ring),
        "payments": lambda: ask_about_silent_payments(session, hands.payments, clock()),
    }
    if ksef is not None:
        steps["ksef"] = partial(send_to_ksef, session, ksef, clock)
    return steps | {
        "invoice_mail": lambda: mail_waiting_invoices(
            session, store=hands.files, ksef=active, now=clock(), enqueue=ring
        ),
        "low_balance": lambda: alert_low_balance(session, top_up_url=top_up, now=clock(), enqueue=ring),
    }
