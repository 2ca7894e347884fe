"""A text while it is written: whose values and whose price it is shown with."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from domain.tariff import Tariff
from gateways.ejs import EjsRuntime
from models import db
from models.client import Client
from services.preview_text import (
    ANY_POLISH,
    Reader,
    TypedText,
    count_typed,
    reader_alone,
    reader_in_campaign,
    render_typed,
)
from tests.sms_campaigns import NUMBERS, make_sms_draft, make_texted

EJS = EjsRuntime(Path(__file__).resolve().parents[2] / "static" / "vendor" / "ejs" / "ejs.min.js")


@pytest.fixture
def session(database: Flask) -> Session:
    return db.session()


def test_the_price_is_that_of_the_readers_own_number(session: Session) -> None:
    draft = make_sms_draft(session)
    tariff = Tariff({"48": 1_000, NUMBERS[1].removeprefix("+"): 5_000})
    first = reader_in_campaign(session, draft, None)
    assert first.number == NUMBERS[0] and first.values["client.first_name"] == "Jan"
    second = reader_in_campaign(session, draft, _client_of(session, "Ewa"))
    prices = [
        count_typed(session, TypedText("x"), reader, EJS, tariff).unit_price for reader in (first, second)
    ]
    assert prices == [1_000, 5_000]


def _client_of(session: Session, first_name: str) -> int:
    return session.scalars(sa.select(Client.id).where(Client.first_name == first_name)).one()


def test_a_client_alone_has_no_contract(session: Session) -> None:
    client = make_texted(session, None, None, first_name="Ola")
    reader = reader_alone(session, client.id)
    assert reader.number == ANY_POLISH
    shown = render_typed(session, TypedText("{first_name}, {contract_number}"), reader, EJS)
    assert shown == "Ola, {contract_number}"


def test_an_empty_text_is_of_no_parts_and_no_price(session: Session) -> None:
    counted = count_typed(session, TypedText("\r\n "), Reader({}), EJS, Tariff({}))
    assert (counted.text, counted.counted.parts, counted.problem) == ("", 0, None)
