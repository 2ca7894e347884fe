"""Short lists of records to choose from."""

from typing import Any

import sqlalchemy as sa

from models import db
from models.consent import ConsentDefinition
from models.investment import Investment
from models.mail_account import MailAccount
from models.message_template import MessageTemplate
from models.user import User


def investment_choices() -> list[tuple[str, str]]:
    """(id, name) of every investment."""
    return _choices(sa.select(Investment.id, Investment.name).order_by(Investment.name))


def staff_choices() -> list[tuple[str, str]]:
    """(id, name) of every active user."""
    shown = sa.func.coalesce(sa.func.nullif(User.name, ""), User.email)
    return _choices(sa.select(User.id, shown).where(User.active).order_by(shown))


def account_choices() -> list[tuple[str, str]]:
    """(id, name) of every mail account."""
    return _choices(sa.select(MailAccount.id, MailAccount.name).order_by(MailAccount.name))


def template_choices() -> list[tuple[str, str]]:
    """(id, name) of every active message template."""
    active = sa.select(MessageTemplate.id, MessageTemplate.name).where(MessageTemplate.is_active)
    return _choices(active.order_by(MessageTemplate.name))


def consent_choices() -> list[tuple[str, str]]:
    """(id, name) of every active consent."""
    active = sa.select(ConsentDefinition.id, ConsentDefinition.name).where(ConsentDefinition.is_active)
    return _choices(active.order_by(ConsentDefinition.position, ConsentDefinition.id))


def _choices(statement: sa.Select[int, Any]) -> list[tuple[str, str]]:
    return [(str(identifier), name) for identifier, name in db.session.execute(statement)]
