"""How often a message template has been used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from models.campaign import Campaign


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """Approved campaigns that began with the template; ``last_at`` is None when there is none."""

    campaigns: int
    last_at: datetime | None


def template_use(session: Session | scoped_session[Any], template_id: int) -> TemplateUse:
    """Counted by approval: a draft is no use yet."""
    approved = (Campaign.template_id == template_id, Campaign.approved_at.is_not(None))
    campaigns, last_at = session.execute(
        sa.select(sa.func.count(Campaign.id), sa.func.max(Campaign.approved_at)).where(*approved)
    ).one()
    return TemplateUse(campaigns, last_at)
