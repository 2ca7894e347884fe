"""An error's text ends in the log: it names no person."""

import pytest
import sqlalchemy as sa
from flask import Flask

from models import db
from tests import factories as make


def test_a_refusal_of_the_database_repeats_no_value(database: Flask) -> None:
    make.make_user(db.session(), "jan.laka@poczta.example")
    with pytest.raises(sa.exc.IntegrityError) as caught:
        make.make_user(db.session(), "jan.laka@poczta.example")
    said = f"{caught.value} {caught.value.orig}"
    assert "jan.laka" not in said and "email" in said
