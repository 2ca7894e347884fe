"""A bulk action reaches the rows the person saw: never more, never others."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_login import login_user
from sqlalchemy.orm import Session

from admin_views.clients import ClientView
from admin_views.filters import FilterNotUnderstood
from admin_views.grid import NothingSelected, Selection, SelectionChanged
from models import db
from models.user import User
from tests import factories as make


@pytest.fixture
def grid(panel: Flask, stored: Session) -> Iterator[ClientView]:
    """The clients' grid, with four clients: three people of Łódź and a company of Kraków."""
    for name in ("Ala", "Ola", "Ela"):
        make.make_person(stored, name, city="Łódź")
    make.make_company(stored, city="Kraków")
    stored.commit()
    yield next(view for view in panel.extensions["admin"][0]._views if isinstance(view, ClientView))


def select(panel: Flask, grid: ClientView, **form: str | list[str]) -> tuple[Selection, list[int]]:
    with panel.test_request_context("/admin/client/action/", method="POST", data=form):
        login_user(db.session.scalars(sa.select(User)).first())
        selection = grid.selection()
        return selection, sorted(db.session.scalars(selection.ids))


def test_the_ticked_rows_are_selected(panel: Flask, grid: ClientView) -> None:
    assert select(panel, grid, rowid=["1", "3"])[1] == [1, 3]


def test_a_ticked_row_that_is_not_there_is_not_selected(panel: Flask, grid: ClientView) -> None:
    assert select(panel, grid, rowid=["1", "99", "x"])[1] == [1]


def test_everything_means_what_the_filter_and_the_search_left(panel: Flask, grid: ClientView) -> None:
    url = "/admin/client/?flt0_kind=person&search=lodz&sort=0&page=3"
    assert select(panel, grid, everything="1", url=url, expected="3")[1] == [1, 2, 3]


@pytest.mark.parametrize("expected", ["2", "4", "", "x"])
def test_a_list_that_changed_since_it_was_seen_is_refused(
    panel: Flask, grid: ClientView, expected: str
) -> None:
    with pytest.raises(SelectionChanged):
        select(panel, grid, everything="1", url="/admin/client/?flt0_kind=person", expected=expected)


@pytest.mark.parametrize("query", ["flt0_kind=robot", "flt0_gone=1", "flt=1"])
def test_an_address_that_cannot_be_read_whole_selects_nothing(
    panel: Flask, grid: ClientView, query: str
) -> None:
    with pytest.raises(FilterNotUnderstood):
        select(panel, grid, everything="1", url=f"/admin/client/?{query}", expected="4")


def test_nothing_ticked_is_refused(panel: Flask, grid: ClientView) -> None:
    with pytest.raises(NothingSelected):
        select(panel, grid, rowid=[])
