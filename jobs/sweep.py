"""The clock's entrance: pick up what was left behind."""

from extensions.wiring import wiring
from gateways.machine import boot_id
from models import db
from services.sweep_deliveries import sweep_deliveries


def sweep() -> int:
    """One sweep; the number of ranges rung for."""
    hands = wiring()
    try:
        rung = sweep_deliveries(db.session(), now=hands.clock(), enqueue=hands.doorbell.ring, boot=boot_id())
    finally:
        db.session.remove()
    hands.doorbell.note_sweep(hands.clock())
    return rung
