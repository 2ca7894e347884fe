"""The writing half of the shared base view: one transaction for a record, its rules and its audit entry."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from flask import flash
from flask_admin.contrib.sqla import ModelView
from flask_babel import gettext
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from wtforms.validators import ValidationError

from admin_views.changes import pending_changes, values_of
from admin_views.refusals import sentence_for
from domain.errors import DomainError
from extensions.babel import translate
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from services.record_audit import append_audit

log = logging.getLogger(__name__)


class Saving(ModelView):
    """Saves through `save_model` and `remove_model`, in one transaction with an audit entry.

    Hooks, in order: `on_model_change` (rules; may raise DomainError or ValidationError; do not commit),
    `before_commit` (the record has its id; append what belongs to it), the commit, `after_model_change`
    (ring the queue). ``refusal_sentences`` adds sentences by constraint name (see `refusals`).
    """

    refusal_sentences: ClassVar[Mapping[str, Any]] = {}

    def before_commit(self, form: Any, model: Any, is_created: bool) -> None:
        """Add what belongs to the record in its own transaction; its id is known."""

    def create_model(self, form: Any) -> Any:
        model = self.build_new_instance()
        return model if self._try(lambda: self._save(form, model, True)) else False

    def update_model(self, form: Any, model: Any) -> bool:
        return self._try(lambda: self._save(form, model, False))

    def delete_model(self, model: Any) -> bool:
        return self._try(lambda: self._remove(model), removing=True)

    def audit(self, action: str, entity_id: object, values: Mapping[str, Any], *, entity: str = "") -> None:
        """Append an entry in the running transaction, in the name of the person who is here."""
        append_audit(
            db.session,
            actor_id=current_user_id(),
            action=action,
            entity=entity or self.model.__tablename__,
            entity_id=entity_id,
            values=values,
            now=wiring().clock(),
        )

    def _save(self, form: Any, model: Any, is_created: bool) -> None:
        with db.session.no_autoflush:
            form.populate_obj(model)
            if is_created:
                db.session.add(model)
            self.on_model_change(form, model, is_created)
            changes = pending_changes(db.session, model)
        db.session.flush()
        self.before_commit(form, model, is_created)
        self.audit("create" if is_created else "update", model.id, changes)
        db.session.commit()
        self.after_model_change(form, model, is_created)

    def _remove(self, model: Any) -> None:
        self.on_model_delete(model)
        values, identifier = values_of(model), model.id
        db.session.delete(model)
        db.session.flush()
        self.audit("delete", identifier, {"removed": values})
        db.session.commit()
        self.after_model_delete(model)

    def _try(self, save: Callable[[], None], *, removing: bool = False) -> bool:
        try:
            save()
        except (DomainError, ValidationError, SQLAlchemyError) as error:
            # First: the sentence is put into the person's language, which asks the database.
            db.session.rollback()
            flash(self._sentence(error, removing), "error")
            return False
        return True

    def _sentence(self, error: Exception, removing: bool) -> str:
        if isinstance(error, DomainError):
            return translate(error)
        if isinstance(error, IntegrityError):
            return sentence_for(error, self.refusal_sentences, removing=removing)
        if isinstance(error, ValidationError):
            return str(error)
        # The text of a database error holds the values, which are personal data.
        log.error("saving a record of %s failed: %s", self.model.__tablename__, type(error).__name__)
        return gettext("The record could not be saved. Try again in a moment.")
