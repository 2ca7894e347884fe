"""Storage. Importing the package registers every table and every listener."""

from models import (
    attachment,
    audit,
    bounce,
    campaign,
    client,
    consent,
    contact_checks,
    conversation,
    investment,
    mail_account,
    message,
    message_template,
    setting,
    suppression,
    user,
)
from models.base import db

__all__ = [
    "attachment",
    "audit",
    "bounce",
    "campaign",
    "client",
    "consent",
    "contact_checks",
    "conversation",
    "db",
    "investment",
    "mail_account",
    "message",
    "message_template",
    "setting",
    "suppression",
    "user",
]
