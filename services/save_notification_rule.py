"""The rule of one event and channel: checked, kept, and brought back to what it was at the beginning."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from domain.channel import Channel, Purpose
from domain.correspondence import SAMPLE_VALUES
from domain.errors import DomainError
from domain.events import RECORD_OF, EventKind
from domain.notification_rules import RuleMode, default_mode
from domain.notification_samples import SAMPLES
from domain.notification_texts import NotificationText, default_text
from domain.segments import check_parts, segment
from gateways.ejs import EjsRuntime
from models.notification import NotificationRule
from models.sessions import rows_changed
from services.check_template import TemplateProblem, template_problem
from services.notification_content import render_notification
from services.notification_rules import Rule, rule_in_force
from services.record_audit import append_audit
from services.sms_settings import sms_settings


class NoConsentNamed(DomainError):
    message = "Name the consent that the rule depends on."


class RuleChanged(DomainError):
    message = "Somebody else saved this rule while you had it open. Yours has not been saved."


class EmptyText(DomainError):
    message = "The text is empty. To get the default one, bring it back."


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What somebody sets; ``consent_definition_id`` counts for the mode ``consent`` alone."""

    mode: RuleMode
    text: NotificationText
    consent_definition_id: int | None = None
    strip_letters: bool | None = None


def rule_problem(
    session: Session, event: EventKind, channel: Channel, text: NotificationText, runtime: EjsRuntime
) -> TemplateProblem | None:
    """The first thing wrong with a text, or None: compiled, and rendered once on sample values."""
    if not text.body.strip():
        return TemplateProblem("body", EmptyText())
    records = SAMPLES[RECORD_OF[event]]
    problem = template_problem(
        text.subject,
        text.body,
        channel=channel,
        purpose=Purpose.SERVICE,
        runtime=runtime,
        records=records,
    )
    if problem is not None:
        return problem
    values = {**SAMPLE_VALUES, **records}
    try:
        rendered = render_notification(session, Rule(event, channel, RuleMode.ALWAYS, text), values, runtime)
        if channel is Channel.SMS:
            check_parts(segment(rendered.text), sms_settings(session).most_parts)
    except DomainError as error:
        return TemplateProblem("body", error)
    return None


def save_rule(
    session: Session,
    event: EventKind,
    channel: Channel,
    change: RuleChange,
    *,
    seen: datetime | None,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Keep a rule whose text `rule_problem` has nothing against, with its audit entry. Commits.

    A text that is the default one stays the default one when that is bettered. ``seen`` is the ``version`` of
    the rule that the change is based on. Raises NoConsentNamed, and RuleChanged where another is in force.
    """
    by_consent = change.mode is RuleMode.CONSENT
    if by_consent and change.consent_definition_id is None:
        raise NoConsentNamed
    own = change.text != default_text(event, channel)
    rule = _taken(session, event, channel, seen, now)
    rule.mode = change.mode
    rule.consent_definition_id = change.consent_definition_id if by_consent else None
    rule.subject, rule.body = (change.text.subject, change.text.body) if own else ("", "")
    rule.strip_letters = change.strip_letters if channel is Channel.SMS else None
    _keep(session, rule, "set_rule", actor_id, now)


def restore_text(
    session: Session,
    event: EventKind,
    channel: Channel,
    *,
    seen: datetime | None,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Bring the default text back; the rest of the rule stays as it is. Commits. See `save_rule`."""
    if not rule_in_force(session, event, channel).own_text:
        return
    rule = _taken(session, event, channel, seen, now)
    rule.subject = rule.body = ""
    _keep(session, rule, "default_text", actor_id, now)


def _taken(
    session: Session, event: EventKind, channel: Channel, seen: datetime | None, now: datetime
) -> NotificationRule:
    """The stored rule, which nobody else changes before our commit, or a new one."""
    pair = NotificationRule.event == event, NotificationRule.channel == channel
    taken = rows_changed(
        session,
        sa.update(NotificationRule).where(*pair, NotificationRule.updated_at == seen).values(updated_at=now),
    )
    stored = session.scalars(
        sa.select(NotificationRule).where(*pair).execution_options(populate_existing=True)
    ).one_or_none()
    if (stored is None) != (seen is None) or (stored is not None and not taken):
        session.rollback()
        raise RuleChanged
    return stored or NotificationRule(
        event=event, channel=channel, mode=default_mode(event, channel), subject="", body=""
    )


def _keep(session: Session, rule: NotificationRule, action: str, actor_id: int | None, now: datetime) -> None:
    rule.updated_by_id = actor_id
    session.add(rule)
    try:
        session.flush()
    except IntegrityError as error:  # the same rule was set for the first time at this very moment
        session.rollback()
        raise RuleChanged from error
    append_audit(
        session,
        actor_id=actor_id,
        action=action,
        entity="notification_rule",
        entity_id=f"{rule.event}:{rule.channel}",
        values={
            "mode": rule.mode.value,
            "consent": rule.consent_definition_id,
            "subject": rule.subject,
            "body": rule.body,
            "strip_letters": rule.strip_letters,
        },
        now=now,
    )
    session.commit()
