"""The view every screen of the panel is built on.

How to add a screen: subclass `RecordView` (a grid over a model) or `PanelView` (any page), state
``title``, ``menu_section`` and ``icon``, and add the class to `admin_views.SCREENS`. Views take no
constructor arguments.

Seams, from the most to the least often needed:

- columns, labels, form and its rules: Flask-Admin's own class attributes. Filters are made by `filters`,
  sections and rows of a form by `fields`.
- ``allows_create``, ``allows_edit``, ``allows_delete``: what the screen offers at all (nothing by default); a
  person also needs ``write_permission``. ``read_permission``, ``write_permission``: see `access.GuardedView`.
- ``@expose`` a page and mark it ``@needs(SEND)``; raise DomainError from it to refuse with one sentence.
- ``@action`` and ``action_permissions``: the action calls `selection()`, which gives the ticked rows, or
  all rows the person's list matched, as a SELECT of ids; it refuses a list that changed or cannot be
  read whole.
- `scope(query)`: which rows a person may see, everywhere.
- `on_model_change`, `before_commit`, `after_model_change`: see `saving.Saving`. `audit(...)` appends an
  entry.
- ``empty_title``, ``empty_hint``: what an empty grid says. `card_banners`, `card_actions` and
  `card_sections`: what a record's card has beside its details.
- ``details_template``, ``list_template``: a template last.
"""

from typing import Any, ClassVar

from flask import render_template, request
from flask_babel import lazy_gettext
from markupsafe import Markup

from admin_views.access import GuardedView
from admin_views.fields import PanelConverter
from admin_views.formatters import EXPORTED, SHOWN
from admin_views.grid import Grid
from admin_views.saving import Saving
from extensions.login import may
from models import db


class PanelView(GuardedView):
    """A page of the panel that is no grid."""

    def __init__(self) -> None:
        super().__init__(
            name=self.title,
            category=self.menu_section,
            endpoint=self.panel_endpoint(),
            menu_icon_type="bi",
            menu_icon_value=self.icon,
        )

    @classmethod
    def panel_endpoint(cls) -> str:
        return cls.__name__.removesuffix("View").lower()


class RecordView(GuardedView, Grid, Saving):
    """A grid over ``record``: list, card, form, export, audit; see this module's docstring for its seams."""

    record: ClassVar[Any]
    endpoint_name: ClassVar[str] = ""

    allows_create: ClassVar[bool] = False
    allows_edit: ClassVar[bool] = False
    allows_delete: ClassVar[bool] = False
    writing_pages = frozenset({"create_view", "edit_view", "delete_view", "ajax_lookup"})
    own_check_pages = frozenset({"action_view"})  # each action: see `Grid.is_action_allowed`

    empty_title: ClassVar[Any] = lazy_gettext("Nothing here yet")
    empty_hint: ClassVar[Any] = ""
    create_label: ClassVar[Any] = lazy_gettext("Add")
    intro: ClassVar[Any] = ""
    title_column: ClassVar[str] = ""

    model_form_converter = PanelConverter
    can_view_details = True
    can_export = True
    can_set_page_size = True
    page_size = 50
    page_size_options = (20, 50, 100, 200)
    column_display_pk = False
    column_default_sort = ("id", True)
    column_type_formatters = SHOWN
    column_type_formatters_detail = SHOWN
    column_type_formatters_export = EXPORTED
    column_formatters_export: ClassVar[dict[str, Any]] = {}
    form_excluded_columns: Any = ("created_at", "updated_at")

    def __init__(self) -> None:
        # Relations in an export are text, whatever they look like in the grid.
        super().__init__(
            self.record,
            db,
            name=self.title,
            category=self.menu_section,
            endpoint=self.endpoint_name or self.record.__tablename__,
            menu_icon_type="bi",
            menu_icon_value=self.icon,
        )

    # Flask-Admin asks these at every step; a class attribute could not tell one person from another.

    @property
    def can_create(self) -> bool:
        return self.allows_create and may(self.write_permission)

    @property
    def can_edit(self) -> bool:
        return self.allows_edit and may(self.write_permission)

    @property
    def can_delete(self) -> bool:
        return self.allows_delete and may(self.write_permission)

    def is_action_allowed(self, name: str) -> bool:
        return (name != "delete" or self.can_delete) and super().is_action_allowed(name)

    def record_title(self, model: Any) -> str:
        """What the card and the breadcrumbs call a record."""
        return str(getattr(model, self.title_column)) if self.title_column else str(model)

    def card_actions(self, model: Any) -> list[Markup]:
        """Buttons at the head of a record's card, beside Edit."""
        return []

    def card_sections(self, model: Any) -> list[Markup]:
        """Cards under the details of a record: rendered HTML, see `section`."""
        return []

    def card_banners(self, model: Any) -> list[Markup]:
        """What has to be said before the details of a record."""
        return []

    def section(self, template: str, /, **values: Any) -> Markup:
        """One template of ``templates/sections/`` rendered for `card_sections`."""
        # The template escapes what it is given.
        return Markup(render_template(f"sections/{template}.html", admin_view=self, **values))  # noqa: S704

    def render(self, template: str, **kwargs: Any) -> Any:
        kwargs.setdefault("is_modal", request.args.get("modal"))
        return super().render(template, **kwargs)
