"""Whether a text can go to a number: the answer the client's form asks for, and what the card says."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("600 100 200", "mobile"),
        ("+48 600-100-200", "mobile"),
        ("0048600100200", "mobile"),
        ("22 123 45 67", "other"),
        ("+49 151 23456789", "other"),
        ("600 100 20", "invalid"),
        ("600 100 200 0", "invalid"),
        ("zadzwoń", "invalid"),
        ("+" * 500, "invalid"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_the_form_is_told_what_saving_would_find(visit: Visit, typed: str, state: str) -> None:
    answer = visit("viewer").post("/admin/client/phone-check/", number=typed).get_json()
    assert answer["state"] == state and bool(answer["text"]) == bool(answer["icon"]) == bool(state)


def test_the_answer_is_the_one_that_is_stored(visit: Visit, stored: Session) -> None:
    person, client = visit("operator"), make.make_person(stored)
    for typed in ("600100200", "221234567", "12"):
        row = make.give_phone(stored, client, typed, is_primary=False)
        stored.commit()
        said = person.post("/admin/client/phone-check/", number=typed).get_json()["state"]
        assert (said == "mobile", said != "invalid") == (row.is_polish_mobile, row.is_valid)


def test_a_stranger_learns_nothing(visit: Visit, panel: object) -> None:
    person = visit("viewer")
    person.token()
    person.browser.delete_cookie("goniec")
    assert person.browser.post("/admin/client/phone-check/", data={"number": "600100200"}).status_code != 200


def test_the_card_says_it_beside_each_number(visit: Visit, stored: Session) -> None:
    client = make.make_person(stored)
    for typed in ("600100200", "221234567", "12"):
        make.give_phone(stored, client, typed, is_primary=typed == "12")
    stored.commit()
    page = visit("viewer").get(f"/admin/client/details/?id={client.id}").text
    for said in ("A text message can go", "Not a Polish mobile number", "Not a valid phone number"):
        assert said in page


def test_the_form_of_a_client_asks_while_one_types(visit: Visit, stored: Session) -> None:
    client = make.make_person(stored)
    stored.commit()
    for page in ("new/", f"edit/?id={client.id}"):
        text = visit("operator").get(f"/admin/client/{page}").text
        assert "js/phone-check.js" in text and 'data-url="/admin/client/phone-check/"' in text
