"""An operator's price is quoted, held and charged to the last unit, but a narrower prefix goes before it."""

from datetime import datetime

from flask import Flask

from models.price_list import SmsPrice
from services.mobile_operators import operator_of
from tests.services.sms_scene import SmsScene, in_order, number_of

OPERATOR, NARROW = 900, 500


def test_what_an_operators_numbers_cost_is_quoted_and_charged(database: Flask, now: datetime) -> None:
    scene = SmsScene(now)
    first, second, third = (number_of(place).removeprefix("+") for place in (1, 2, 3))
    for values in (
        {"operator": operator_of(first), "gross_per_part": OPERATOR},
        {"prefix": second, "gross_per_part": NARROW},
    ):
        scene.session.add(SmsPrice(name="Umowa", valid_from=now.date(), **values))
    scene.session.commit()
    assert operator_of(first) == operator_of(third) != ""
    cost = 2 * OPERATOR + NARROW
    campaign = scene.texts(3, cost=cost)
    assert scene.paying.held == cost
    balance = scene.paying.balance
    scene.deliver(campaign)
    assert [message.unit_price for message in scene.messages(campaign)] == [OPERATOR, NARROW, OPERATOR]
    assert scene.paying.balance == balance - cost
    in_order(scene)
