"""How many clients stand behind each wording of a consent."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, scoped_session

from models.consent import ConsentState


def grants_by_version(session: Session | scoped_session[Any], definition_id: int) -> dict[int, int]:
    """Clients whose consent stands today, by the version they gave it under."""
    rows = session.execute(
        sa.select(ConsentState.wording_version, sa.func.count())
        .where(ConsentState.definition_id == definition_id, ConsentState.granted)
        .group_by(ConsentState.wording_version)
    )
    return dict(rows.all())
