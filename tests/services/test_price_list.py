"""Two people who change the price list at once never make two prices that overlap."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import db
from models.price_list import SmsPrice
from services.price_list import OverlappingPrices, check_price

MARCH = date(2026, 3, 1)


def price(name: str, since: date) -> SmsPrice:
    return SmsPrice(name=name, prefix="48", gross_per_part=1_500, valid_from=since)


def keep(engine: Engine, new: SmsPrice) -> None:
    with Session(engine) as session:
        check_price(session, new)
        session.add(new)
        session.commit()


def test_of_two_overlapping_prices_kept_at_once_the_second_is_refused(database: Flask) -> None:
    engine = db.engine
    with Session(engine) as first, ThreadPoolExecutor(1) as another:
        check_price(first, one := price("A", MARCH))
        first.add(one)
        first.flush()
        second = another.submit(keep, engine, price("B", MARCH + timedelta(days=1)))
        with pytest.raises(TimeoutError):
            second.result(0.3)  # it waits for the first
        first.commit()
        with pytest.raises(OverlappingPrices):
            second.result(30)
    assert db.session.scalars(sa.select(SmsPrice.name)).all() == ["A"]


def test_of_many_who_keep_a_price_at_once_one_does(database: Flask) -> None:
    engine = db.engine
    with ThreadPoolExecutor(8) as pool:
        kept = [pool.submit(keep, engine, price(f"P{day}", MARCH + timedelta(days=day))) for day in range(8)]
    assert sum(each.exception() is None for each in kept) == 1
    assert {type(each.exception()) for each in kept} == {type(None), OverlappingPrices}
    assert db.session.scalar(sa.select(sa.func.count(SmsPrice.id))) == 1
