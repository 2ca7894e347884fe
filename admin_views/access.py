"""Who may run which page of a view, and what a person reads when a page refuses."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from flask import Response, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import BaseView
from werkzeug.exceptions import Forbidden

from domain.errors import DomainError
from extensions.babel import translate
from extensions.login import may
from models import db

READ, WRITE, SEND, REPORT, ADMINISTER = "read", "write", "send", "report", "administer"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Page = TypeVar("Page", bound=Callable[..., Any])


def needs(permission: str) -> Callable[[Page], Page]:
    """Mark an ``@expose``d page with the permission it asks for, in place of the default for its verb."""

    def mark(page: Page) -> Page:
        page._needs = permission  # type: ignore[attr-defined]
        return page

    return mark


class GuardedView(BaseView):
    """A view that a person sees with ``read_permission`` and changes with ``write_permission``.

    A page marked with `needs` asks for that permission; any other page asks for ``read_permission``, and
    for ``write_permission`` too when the request is no plain read or the page is one of ``writing_pages``.
    A DomainError raised by a page becomes one translated sentence.
    """

    read_permission: ClassVar[str] = READ
    write_permission: ClassVar[str] = WRITE
    writing_pages: ClassVar[frozenset[str]] = frozenset()
    """Pages that are for those who may write even before anything is sent, such as an empty form."""
    own_check_pages: ClassVar[frozenset[str]] = frozenset()
    """Pages that check for themselves what the person may do."""

    # What the menu shows; a view class states them, its constructor takes nothing.
    title: ClassVar[Any] = ""
    menu_section: ClassVar[Any] = None
    icon: ClassVar[str] = "bi-circle"

    def is_accessible(self) -> bool:
        return may(self.read_permission)

    def may_open(self, page: str) -> bool:
        """Whether the person may run the view function of that name with this request's verb."""
        marked = getattr(getattr(type(self), page, None), "_needs", None)
        if marked or page in self.own_check_pages:
            return self.is_accessible() and may(marked or self.read_permission)
        reads = request.method in SAFE_METHODS and page not in self.writing_pages
        return self.is_accessible() and (reads or may(self.write_permission))

    def _handle_view(self, name: str, **kwargs: Any) -> ResponseReturnValue | None:
        if not self.may_open(name):
            raise Forbidden
        return None

    def _run_view(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return fn(self, *args, **kwargs)
        except DomainError as error:
            db.session.rollback()
            return self.refuse(error)

    def refuse(self, error: DomainError) -> ResponseReturnValue:
        """The refusal for a script as text with status 409, for a person as a flashed sentence."""
        sentence = translate(error)
        if asks_as_script():
            return Response(sentence, status=409, mimetype="text/plain")
        flash(sentence, "error")
        home = self.get_url(f".{self._default_view}")
        if request.method in SAFE_METHODS and request.path == home and not request.args:
            raise Forbidden(sentence)
        return redirect(home if request.method in SAFE_METHODS else self.after_refusal(home))

    def after_refusal(self, home: str) -> str:
        """Where a person lands whose change was refused: ``home`` unless a view knows better."""
        return home


def asks_as_script() -> bool:
    """Whether the answer is read by a script of ours (fetch) and not shown as a page."""
    return "HX-Request" in request.headers or request.headers.get("X-Requested-With") == "fetch"
