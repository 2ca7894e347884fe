"""What our own company is called in messages."""

from sqlalchemy.orm import Session

from models.setting import Setting

COMPANY_NAME = "company.name"
"""The setting's key, and the field's dotted path."""


def company_name(session: Session) -> str:
    """Our own company's name from the settings, empty when it is not set."""
    setting = session.get(Setting, COMPANY_NAME)
    return str(setting.value) if setting and setting.value else ""
