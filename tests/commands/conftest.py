"""A small company, and a way to run commands as a shell does."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from domain.contract_types import ContractType
from models import db
from models.investment import Investment
from tests import factories as make
from tests.conftest import build_app, dispose


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code and both its streams."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        assert self.code == 0 or self.out, self.err
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def application(environment: dict[str, str], sqlite_url: str) -> Iterator[Flask]:
    """The application without SECRET_KEY, as the commands must do without it."""
    given = {name: value for name, value in environment.items() if name != "SECRET_KEY"}
    app = build_app({**given, "DATABASE_URL": sqlite_url}, panel=False)
    yield app
    with app.app_context():
        dispose(app)


@pytest.fixture
def run(application: Flask) -> Run:
    """``run("send", "1", …)``: the command's exit code, output and error."""

    def run(*arguments: object) -> Ran:
        with application.app_context():  # as the flask script does
            result = application.test_cli_runner().invoke(args=[str(each) for each in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def investment(application: Flask) -> int:
    """Two buyers who may be written to; behind reservations, one without an address and one opted out."""
    with application.app_context():
        session = db.session()
        definition = make.make_definition(session)
        place: Investment = make.make_investment(session, "Osiedle Słoneczne")
        for name in ("anna", "jan"):
            buyer = make.make_ready_client(session, definition, f"{name}@poczta.example", first_name=name)
            make.make_contract(session, place, buyer)
        without = make.make_person(session, "Ewa", "Zielińska")
        company = make.make_company(session, "Arkada Sp. z o.o.", email="biuro@arkada.example")
        make.grant(session, company, definition)
        company.allow_email = False
        for client in (without, company):
            make.make_contract(session, place, client, type=ContractType.RESERVATION)
        session.commit()
        return place.id
