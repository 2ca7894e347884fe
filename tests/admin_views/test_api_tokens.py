"""Keys of other systems: shown once, revoked for good, and nobody's business but an administrator's."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.api_token import ApiToken
from services.api_tokens import PREFIX
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
LIST = "/admin/api_token/"


def test_a_key_is_shown_once_and_kept_as_a_digest(visit: Visit, stored: Session) -> None:
    administrator = visit("administrator")
    assert administrator.post(f"{LIST}new/", name="Sklep").status_code == 302
    shown = " ".join(administrator.sentences(LIST))
    assert re.search(PREFIX + r"[\w-]{43}", shown)
    assert PREFIX + shown.split(PREFIX)[1] not in administrator.get(LIST).text
    key = stored.scalars(sa.select(ApiToken)).one()
    assert (key.name, key.scopes) == ("Sklep", ["events:write"]) and key.created_by_id


def test_a_revoked_key_stays_on_record(visit: Visit, stored: Session) -> None:
    administrator = visit("administrator")
    administrator.post(f"{LIST}new/", name="Sklep")
    key = stored.scalars(sa.select(ApiToken)).one()
    assert administrator.post(f"{LIST}revoke/?id={key.id}").status_code == 302
    stored.refresh(key)
    assert key.revoked_at is not None
    assert "Revoke the key" not in administrator.get(f"{LIST}details/", id=str(key.id)).text


@pytest.mark.parametrize("name", ["", "   ", "n" * 121])
def test_a_key_has_a_name(visit: Visit, stored: Session, name: str) -> None:
    visit("administrator").post(f"{LIST}new/", name=name)
    assert not stored.scalars(sa.select(ApiToken)).all()


def test_one_name_is_for_one_key(visit: Visit, stored: Session) -> None:
    for _time in range(2):
        visit("administrator").post(f"{LIST}new/", name="Sklep")
    assert len(stored.scalars(sa.select(ApiToken)).all()) == 1


@pytest.mark.parametrize("role", ["operator", "accountant", "viewer"])
def test_others_neither_see_nor_make_keys(visit: Visit, stored: Session, role: str) -> None:
    assert visit(role).get(LIST).status_code == 403
    assert visit(role).post(f"{LIST}new/", name="Sklep").status_code == 403
    assert not stored.scalars(sa.select(ApiToken)).all()
