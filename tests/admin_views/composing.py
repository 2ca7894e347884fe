"""A draft in the composer, and what its script sends."""

import io
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from models.campaign import Campaign
from models.investment import Investment
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
WHOLE = {
    "subject": "Nowy tytuł",
    "body": "<p>Treść</p>",
    "contract_types": ["sale", "nonsense"],
    "variables": {},
    "template_id": "",
}


def make_reached(stored: Session) -> Investment:
    """An investment with one client, who may be written to."""
    made = make.make_investment(stored, "Osiedle Test")
    definition = make.make_definition(stored)
    jan = make.make_ready_client(stored, definition, "jan@poczta.example", first_name="Jan", last_name="Łąka")
    make.make_contract(stored, made, jan)
    stored.commit()
    return made


def make_composed(stored: Session, investment: Investment) -> Campaign:
    """Its draft."""
    made = make.make_draft(stored, investment)
    stored.commit()
    return made


def ask(person: Visitor, path: str, **body: Any) -> TestResponse:
    """What the composer's script sends."""
    headers = {"X-CSRFToken": person.token(), "X-Requested-With": "fetch"}
    return person.browser.post(f"/admin/campaign/{path}", json=body, headers=headers)


def save(person: Visitor, draft: Campaign, **changed: Any) -> TestResponse:
    body = {"version": draft.updated_at.isoformat(), **WHOLE}
    return ask(person, f"save/{draft.id}", **body | changed)


def send_file(person: Visitor, draft: Campaign, name: str, content: bytes) -> TestResponse:
    return person.browser.post(
        f"/admin/campaign/attach/{draft.id}",
        data={"file": (io.BytesIO(content), name)},
        headers={"X-CSRFToken": person.token(), "X-Requested-With": "fetch"},
    )
