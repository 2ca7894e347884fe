"""The screen where the look of e-mails is set."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from domain.branding import Branding
from services.branding import branding_in_force
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
PATH = "/admin/branding/"
TYPED = {
    "company": "Nadrzecze",
    "colour": "#0F5C5C",
    "link_colour": "0b6b8a",
    "footer": "<p onclick='x()'>ul. Polna 1</p>",
}


def upload(person: Visitor, path: str = PATH, content: bytes = b"", **typed: Any) -> TestResponse:
    """The form with a file of that content, if any."""
    file = {"logo": (BytesIO(content), "logo.svg")} if content else {}
    fields = {"csrf_token": person.token(), **TYPED, **typed, **file}
    return person.browser.post(path, data=fields, content_type="multipart/form-data")


def png() -> bytes:
    out = BytesIO()
    Image.new("RGB", (30, 20), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("role", ["operator", "accountant", "viewer"])
def test_only_an_administrator_sets_the_look(visit: Visit, role: str) -> None:
    person = visit(role)
    pages = [person.get(PATH), upload(person, f"{PATH}preview"), person.post(f"{PATH}reset")]
    assert [page.status_code for page in pages] == [403] * 3


def test_what_is_typed_is_previewed_saved_and_reset(visit: Visit, stored: Session) -> None:
    person = visit("administrator")
    shown = upload(person, f"{PATH}preview", png(), link_colour="#ffdd00")
    assert shown.json and "data:image/png" in shown.json["html"] and "ul. Polna 1" in shown.json["text"]
    assert "contrast 1.3" in shown.json["warnings"][0] and branding_in_force(stored) == Branding()
    assert upload(person, PATH, png()).status_code == 302
    now = branding_in_force(stored)
    assert now.logo and now.logo.url.startswith("http://localhost:5000/logo/")
    assert (now.colour, now.link_colour, now.footer_html) == ("#0f5c5c", "#0b6b8a", "<p>ul. Polna 1</p>")
    assert now.logo.url in person.get(PATH).text
    stored.commit()
    assert person.post(f"{PATH}reset").status_code == 302
    stored.expire_all()
    assert branding_in_force(stored) == Branding("Nadrzecze")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"content": b"<svg xmlns='http://www.w3.org/2000/svg'/>"},
            "Only PNG and JPEG pictures can be a logo.",
        ),
        ({"colour": "red"}, "A colour is written like #0f5c5c."),
        ({"footer": "<p>{client_name}</p>"}, "the footer is the same for everybody and cannot hold fields"),
        ({"company": " "}, "This field is required."),
    ],
    ids=["svg", "colour", "field-in-footer", "no-name"],
)
def test_what_cannot_be_used_is_said_and_nothing_saved(
    visit: Visit, stored: Session, wrong: dict[str, Any], sentence: str
) -> None:
    answer = upload(visit("administrator"), **wrong)
    assert answer.status_code == 409 and sentence in answer.text
    assert branding_in_force(stored) == Branding()
