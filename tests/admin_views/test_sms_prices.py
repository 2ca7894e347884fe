"""The screen of the price list: what a price is for, when, and which of them counts."""

import re
from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models.price_list import SmsPrice
from services.price_list import NoPrice, price_in_force, tariff_on
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
PRICE = {
    "name": "Polska",
    "prefix": "48",
    "operator": "",
    "price": "0.1599",
    "vat_rate": "23",
    "valid_from": "2026-01-01",
}
ORANGE = {**PRICE, "name": "Orange", "prefix": "", "operator": "Orange"}
NEW = "/admin/sms_price/new/"


def test_a_price_is_kept_to_four_decimals(visit: Visit, stored: Session) -> None:
    assert visit("administrator").post(NEW, **PRICE).status_code == 302
    price = stored.scalars(sa.select(SmsPrice)).one()
    assert (price.gross_per_part, price.valid_until) == (1_599, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"price": "0"},
        {"price": "-1"},
        {"price": "0.15999"},
        {"price": "101"},
        {"price": ""},
        *(
            {"price": typed}
            for typed in ("sNaN", "NaN", "1e30", "-Infinity", "1_0", "٢", "9" * 5000, "0.1" + "0" * 40 + "1")
        ),
        {"prefix": "+48"},
        {"prefix": "x"},
    ],
)
def test_a_price_that_is_none_is_refused(visit: Visit, stored: Session, changed: dict[str, str]) -> None:
    assert visit("administrator").post(NEW, **{**PRICE, **changed}).status_code in (200, 409)
    assert stored.scalar(sa.select(sa.func.count(SmsPrice.id))) == 0


@pytest.mark.parametrize(
    ("since", "until", "taken"),
    [
        ("2026-06-01", "", False),
        ("2025-01-01", "2026-01-01", False),
        ("2025-01-01", "2025-12-31", True),
    ],
)
def test_two_prices_are_never_in_force_at_once(
    visit: Visit, stored: Session, since: str, until: str, taken: bool
) -> None:
    person = visit("administrator")
    person.post(NEW, **PRICE)
    person.post(NEW, **{**PRICE, "valid_from": since, "valid_until": until})
    assert stored.scalar(sa.select(sa.func.count(SmsPrice.id))) == (2 if taken else 1)


def test_an_operator_reads_the_price_list_and_changes_nothing(visit: Visit, stored: Session) -> None:
    person = visit("operator")
    assert person.get("/admin/sms_price/").status_code == 200
    assert person.post(NEW, **PRICE).status_code == 403


def test_the_longest_prefix_in_force_is_the_price(stored: Session) -> None:
    for prefix, price, since, until in (
        ("48", 1_500, date(2026, 1, 1), None),
        ("4860", 1_200, date(2026, 1, 1), date(2026, 6, 30)),
        ("4", 9_000, date(2026, 1, 1), None),
    ):
        stored.add(
            SmsPrice(name=prefix, prefix=prefix, gross_per_part=price, valid_from=since, valid_until=until)
        )
    stored.flush()
    assert price_in_force(tariff_on(stored, date(2026, 6, 30)), "+48600100200") == 1_200
    assert price_in_force(tariff_on(stored, date(2026, 7, 1)), "+48600100200") == 1_500
    assert price_in_force(tariff_on(stored, date(2026, 7, 1)), "+49170123456") == 9_000
    with pytest.raises(NoPrice):
        price_in_force(tariff_on(stored, date(2025, 12, 31)), "+48600100200")


# --- operators ---


def test_a_price_for_an_operator_and_one_for_every_number_are_kept(visit: Visit, stored: Session) -> None:
    person = visit("administrator")
    for form in (PRICE, ORANGE, {**ORANGE, "name": "Play", "operator": "Play"}, {**PRICE, "prefix": ""}):
        assert person.post(NEW, **form).status_code == 302
    kept = stored.execute(sa.select(SmsPrice.prefix, SmsPrice.operator).order_by(SmsPrice.id)).all()
    assert kept == [("48", ""), ("", "Orange"), ("", "Play"), ("", "")]
    assert "first given to" in person.get(NEW).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({**ORANGE, "prefix": "4850"}, "not for both"),
        ({**ORANGE, "operator": "Pomarancza"}, "Not a valid choice"),
        ({**ORANGE, "valid_from": "2026-05-01"}, "already in force"),
    ],
)
def test_a_price_for_an_operator_is_refused_as_any_other(
    visit: Visit, stored: Session, form: dict[str, str], said: str
) -> None:
    person = visit("administrator")
    person.post(NEW, **ORANGE)
    assert said in person.post(NEW, **form).text
    assert stored.scalar(sa.select(sa.func.count(SmsPrice.id))) == 1


def test_an_operators_price_may_follow_the_one_before(visit: Visit, stored: Session) -> None:
    person = visit("administrator")
    person.post(NEW, **{**ORANGE, "valid_until": "2026-06-30"})
    person.post(NEW, **{**ORANGE, "price": "0.12", "valid_from": "2026-07-01"})
    days = (date(2026, 6, 30), date(2026, 7, 1))
    assert [price_in_force(tariff_on(stored, day), "+48501100200") for day in days] == [1_599, 1_200]


# --- what is wrong, beside its field ---


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"valid_until": "2025-12-31"}, "valid_until", "ends before it begins"),
        ({"vat_rate": "150"}, "vat_rate", "between 0 and 100"),
        ({"vat_rate": "-1"}, "vat_rate", "between 0 and 100"),
    ],
)
def test_what_a_price_cannot_be_is_said_beside_its_field(
    visit: Visit, stored: Session, changed: dict[str, str], field: str, said: str
) -> None:
    page = visit("administrator").post(NEW, **{**PRICE, **changed}).text
    beside = re.search(rf'id="error-{field}">([^<]*)<', page)
    assert beside and said in beside[1]
    assert stored.scalar(sa.select(sa.func.count(SmsPrice.id))) == 0


def test_the_example_of_a_price_is_written_as_the_language_writes_it(panel: Flask) -> None:
    person = Visitor(panel, "administrator@goniec.example", "pl")
    assert "np. 0,1599" in person.get(NEW).text
