"""The sample company's texts, as the accountant finds them."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from models import db
from models.ledger import LedgerEntry
from models.message import Message, Origin
from models.sms_day import SmsDay
from queries.ledger_check import check_ledger
from queries.reports_check import check_reports
from tests.sample_company import MONDAY, USUAL, copy_of_company, opened


@pytest.fixture
def seeded(tmp_path: Path) -> Iterator[Flask]:
    with opened(copy_of_company(USUAL, tmp_path)) as app:
        yield app


def test_texts_left_on_many_days_of_the_last_weeks_and_the_ledger_is_in_order(seeded: Flask) -> None:
    written = SmsDay.origin == Origin.CAMPAIGN.value  # what a repair's move tells goes out on any day
    days = sorted(db.session.scalars(sa.select(SmsDay.day).distinct().where(written)))
    assert len(days) >= 15
    assert date(2026, 2, 2) < days[0] and days[-1] < MONDAY.date()
    assert all(day.isoweekday() <= 5 for day in days)
    charges = sa.select(LedgerEntry.recorded_at).join(Message, Message.id == LedgerEntry.message_id)
    of_campaign = charges.where(Message.campaign_id.is_not(None)).order_by(LedgerEntry.id)
    moments = list(db.session.scalars(of_campaign))
    assert len(moments) >= 300 and moments == sorted(moments)
    assert check_ledger(db.session()).problems == ()
    assert check_reports(db.session()).problems == ()
