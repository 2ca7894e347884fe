"""Consents in the client's form and on the client's card."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from markupsafe import Markup, escape
from wtforms import Field, SelectMultipleField, StringField
from wtforms.validators import Length, ValidationError

from admin_views.fields import EnumField
from domain.errors import DomainError
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.consent import ConsentAction, ConsentDefinition, ConsentMethod
from services.record_audit import append_audit
from services.record_consent import record_consent, standing_grant

VALID_ALREADY = _("This consent was valid already: nothing was recorded.")
FORM_METHODS = (ConsentMethod.PAPER, ConsentMethod.FORM, ConsentMethod.PHONE, ConsentMethod.EMAIL)


class ConsentNeedsASource(DomainError):
    message = "Say where the consent comes from, e.g. which form the client signed."


class UnknownAnswer(DomainError):
    message = "Choose whether the consent was given or withdrawn, and how."


def active_definitions() -> list[ConsentDefinition]:
    """What a client can be asked today: active definitions that have a wording."""
    statement = (
        sa.select(ConsentDefinition)
        .where(ConsentDefinition.is_active, ConsentDefinition.wordings.any())
        .options(sa.orm.selectinload(ConsentDefinition.wordings))
        .order_by(ConsentDefinition.position, ConsentDefinition.id)
    )
    return list(db.session.scalars(statement))


class TickList:
    """Each definition as a tick with its current wording under it."""

    def __call__(self, field: Field, **_attributes: Any) -> Markup:
        ticked = set(field.data or ())
        rows = []
        for definition in active_definitions():
            rows.append(
                Markup(
                    '<label class="consent-tick d-block">'
                    '<input type="checkbox" class="check" name="{}" value="{}"{}> '
                    "<strong>{}</strong><p>{}</p></label>"
                ).format(
                    field.name,
                    definition.id,
                    Markup(" checked") if definition.id in ticked else "",
                    definition.name,
                    definition.current_wording.text,
                )
            )
        nothing = Markup('<p class="empty-small">{}</p>').format(gettext("No consent has been defined yet."))
        return Markup("").join(rows) if rows else nothing


class ConsentTicks(SelectMultipleField):
    widget = TickList()

    def __init__(self, label: Any = None, **options: Any) -> None:
        super().__init__(label, coerce=int, choices=_choices, default=(), **options)


def consent_fields() -> dict[str, Any]:
    """The fields the new-client form has beside the client's own."""
    return {
        "consents": ConsentTicks(_("Given consents")),
        "consent_method": EnumField(_("How"), enum=ConsentMethod, default=ConsentMethod.PAPER),
        "consent_source": StringField(
            _("Source"),
            [Length(max=300), _source_when_ticked],
            description=_("For example: contract form of 12 March, page 3."),
        ),
    }


def record_ticks(session: Any, client_id: int, form: Any) -> None:
    """Record a grant for every tick, in the transaction that saves the client."""
    by_id = {definition.id: definition for definition in active_definitions()}
    for definition_id in form.consents.data or ():
        _record(
            session,
            client_id,
            by_id[definition_id],
            ConsentAction.GRANTED,
            form.consent_method.data,
            form.consent_source.data,
        )


def record_answer(
    session: Any, client_id: int, definition: ConsentDefinition, answer: Mapping[str, str]
) -> bool:
    """Record one answer given on the card: ``action``, ``method`` and ``source``. The caller commits.

    False, and nothing is recorded, when the client's consent stands on that very proof. Another one is kept:
    the company must be able to show that consent was given (RODO art. 7(1)).
    """
    source = answer.get("source", "").strip()
    if not source:
        raise ConsentNeedsASource
    try:
        action, method = ConsentAction(answer.get("action", "")), ConsentMethod(answer.get("method", ""))
    except ValueError as error:
        raise UnknownAnswer from error
    if action == ConsentAction.GRANTED:
        standing = standing_grant(session, client_id, definition)
        if standing is not None and (standing.method, standing.source) == (method, source[:300]):
            return False
    _record(session, client_id, definition, action, method, source)
    return True


def _record(
    session: Any,
    client_id: int,
    definition: ConsentDefinition,
    action: ConsentAction,
    method: ConsentMethod,
    source: str,
) -> None:
    event = record_consent(
        session,
        client_id=client_id,
        definition=definition,
        action=action,
        method=method,
        source=source,
        actor_id=current_user_id(),
        now=wiring().clock(),
    )
    append_audit(
        session,
        actor_id=current_user_id(),
        action="record_consent",
        entity="client",
        entity_id=client_id,
        values={
            "consent": definition.name,
            "action": action.value,
            "method": method.value,
            "source": source,
            "event": event.id,
        },
        now=wiring().clock(),
    )


def _choices() -> list[tuple[int, str]]:
    return [(definition.id, str(escape(definition.name))) for definition in active_definitions()]


def _source_when_ticked(form: Any, field: Any) -> None:
    if form.consents.data and not (field.data or "").strip():
        raise ValidationError(gettext("Say where the consent comes from, e.g. which form the client signed."))
