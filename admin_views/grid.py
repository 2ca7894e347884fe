"""The list half of the shared base view: rows one may see, strict filters, selections, streamed export."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

import sqlalchemy as sa
from flask import Response, abort, request, stream_with_context
from flask_admin.contrib.sqla import ModelView
from flask_admin.model.helpers import get_mdict_item_or_list
from sqlalchemy.orm import Query
from werkzeug.utils import secure_filename

from admin_views.access import WRITE
from admin_views.filters import FilterNotUnderstood, PanelFilter, read_filters
from admin_views.formatters import CELLS
from admin_views.numbers import whole_number
from admin_views.workbook_answer import workbook_answer
from domain.csv_text import ROWS_AT_A_TIME, csv_lines
from domain.errors import DomainError
from extensions.babel import current_language
from extensions.login import may
from models import db


class SelectionChanged(DomainError):
    """More or fewer rows match than the person saw. Parameters: ``expected``, ``found``."""

    message = "The list has changed: %(found)s records match, not %(expected)s. Look again before you act."


LAST_PAGE = 10_000_000
"""Further than any list goes, and near enough for a database to count the rows before it."""


class NothingSelected(DomainError):
    message = "Nothing is selected. Tick at least one row."


@dataclass(frozen=True, slots=True)
class Selection:
    """What a bulk action was asked to act on: ``ids`` is a SELECT of primary keys, ``count`` their number."""

    ids: sa.Select[int]
    count: int


class Grid(ModelView):
    """Flask-Admin's list with its holes closed.

    `scope` is the one place that says which rows a person may see: list, count, card, edit, export and
    actions all go through it. Filters are `PanelFilter`s only, and an address with one that is not
    understood is refused. Actions are refused unless `action_permissions` names what they need.
    """

    action_permissions: ClassVar[dict[str, str]] = {"delete": WRITE}
    eager: ClassVar[tuple[str, ...]] = ()
    """To-many relations the columns show: loaded with one more query each, not one per row."""
    export_max_rows = 0

    def scope(self, query: "Query[Any]") -> "Query[Any]":
        """Narrow a query on the model to the rows this person may see. Override this, never get_query."""
        return query

    def scaffold_auto_joins(self) -> Any:
        return [relation for relation in super().scaffold_auto_joins() if relation.key not in self.eager]

    def get_query(self) -> Any:
        loaded = [sa.orm.selectinload(getattr(self.model, name)) for name in self.eager]
        return self.scope(super().get_query()).options(*loaded)

    def get_count_query(self) -> Any:
        return self.scope(db.session.query(sa.func.count(self.model.id)))

    def get_one(self, id: Any) -> Any:
        number = whole_number(id)
        if number is None:
            return None
        return self.get_query().filter(self.model.id == number).one_or_none()

    # Filters

    def is_valid_filter(self, filter: Any) -> bool:
        return isinstance(filter, PanelFilter)

    def handle_filter(self, filter: Any) -> Any:
        return filter

    def _refresh_filters_cache(self) -> None:
        # Flask-Admin would ask for the options here, once, in English and with no database at hand.
        self._filters = list(self.column_filters or ())
        self._filter_groups: None = None
        self._filter_args: dict[str, Any] = {}

    def filter_definitions(self) -> list[dict[str, Any]]:
        """What the browser builds the filter menu from."""
        return [
            {
                "key": flt.key,
                "name": str(flt.name),
                "verb": str(flt.operation()),
                "type": flt.data_type,
                "options": flt.get_options(self) or None,
            }
            for flt in self._filters
        ]

    def filter_chips(self, active: Sequence[tuple[int, str, str]] | None) -> list[dict[str, str]]:
        """The filters in force, each with the address of the list without it."""
        chips = []
        for index, name, value in active or ():
            flt = self._filters[index]
            options = dict(flt.get_options(self) or ())
            kept = [
                pair
                for pair in request.args.items(multi=True)
                if pair[0] != "page" and (pair[1] != value or not pair[0].endswith(f"_{flt.key}"))
            ]
            url = f"{self.get_url('.index_view')}?{urlencode(kept)}"
            shown = str(options.get(value, value))
            chips.append({"name": name, "verb": str(flt.operation()), "value": shown, "url": url})
        return chips

    def get_filter_arg(self, index: int, flt: Any) -> str:
        return str(flt.key)

    def _get_list_extra_args(self) -> Any:
        arguments = super()._get_list_extra_args()
        arguments.page = max(0, min(arguments.page, LAST_PAGE))
        return arguments

    def _get_list_filter_args(self) -> Any:
        return read_filters(self._filters or (), request.args.items(multi=True))

    # Actions

    def is_action_allowed(self, name: str) -> bool:
        needed = self.action_permissions.get(name)
        return needed is not None and may(needed) and bool(super().is_action_allowed(name))

    def selection(self) -> Selection:
        """The rows an action was asked to act on: the ticked ones, or all that the person's list matched.

        Raises NothingSelected, FilterNotUnderstood when the list's address cannot be read whole, and
        SelectionChanged when it no longer matches as many rows as the person was shown.
        """
        if request.form.get("everything") == "1":
            return self._everything(request.form.get("url", ""), request.form.get("expected", ""))
        ticked = [number for value in request.form.getlist("rowid") if (number := whole_number(value))]
        ids = self.scope(db.session.query(self.model)).filter(self.model.id.in_(ticked))
        return self._selection_of(ids, None)

    def _everything(self, list_url: str, expected: str) -> Selection:
        seen = whole_number(expected)
        if seen is None:
            raise SelectionChanged(expected=expected, found="?")
        try:
            arguments = parse_qsl(urlsplit(list_url).query, keep_blank_values=True)
        except ValueError as error:
            raise FilterNotUnderstood from error
        filters = read_filters(self._filters or (), arguments)
        search = dict(arguments).get("search")
        _count, query = self.get_list(0, None, False, search, filters, execute=False, page_size=0)
        return self._selection_of(query, seen)

    def _selection_of(self, query: Any, expected: int | None) -> Selection:
        bare = query.enable_eagerloads(False).order_by(None)
        ids = bare.with_entities(self.model.id).distinct().statement
        count = db.session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0
        if expected is not None and count != expected:
            raise SelectionChanged(expected=expected, found=count)
        if not count:
            raise NothingSelected
        return Selection(ids, count)

    # Scripts' pages

    def ajax_update(self) -> Any:
        """Editing inside the list is not offered anywhere, and Flask-Admin's own page ignores can_edit."""
        abort(404)

    def get_safe_page_size(self, page_size: int) -> int:
        return page_size if page_size in self.page_size_options else self.page_size

    # Export

    def _export_csv(self, return_url: str) -> Response:
        rows = self._export_rows(self.get_export_value)
        delimiter = ";" if current_language() == "pl" else ","
        return Response(
            stream_with_context(csv_lines(self._export_header(), rows, delimiter)),
            headers={"Content-Disposition": f"attachment; filename={self._export_name('csv')}"},
            mimetype="text/csv",
        )

    def _export_tablib(self, export_type: str, return_url: str) -> Response:
        """Flask-Admin's way to every other of ``export_types``; a workbook is ours."""
        if export_type != "xlsx":
            abort(404)
        rows = self._export_rows(self._cell)
        return workbook_answer(str(self.name), self._export_header(), rows, self._export_name(export_type))

    def _cell(self, row: Any, column: Any) -> Any:
        return self._get_list_value(None, row, column, self.column_formatters_export, CELLS)

    def _export_header(self) -> list[str]:
        return [str(title) for _column, title in self._export_columns]

    def _export_name(self, kind: str) -> str:
        return secure_filename(f"{self.endpoint}-{date.today():%Y-%m-%d}.{kind}")  # noqa: DTZ011 (a name, no moment)

    def _export_rows(self, value: Callable[[Any, Any], Any]) -> Iterator[Sequence[Any]]:
        arguments = self._get_list_extra_args()
        sort = self._get_column_by_idx(arguments.sort)
        _count, query = self.get_list(
            0,
            sort[0] if sort else None,
            arguments.sort_desc,
            arguments.search,
            arguments.filters,
            execute=False,
            page_size=0,
        )
        return (
            [value(row, column) for column, _title in self._export_columns]
            for row in query.yield_per(ROWS_AT_A_TIME)
        )

    def asked_for(self) -> Any:
        """The record that ``id`` in the address names, for ``@expose``d pages; 404 when there is none."""
        record = self.get_one(get_mdict_item_or_list(request.args, "id"))
        return record if record is not None else abort(404)
