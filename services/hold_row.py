"""One row at a time: of two who change it at once, the second starts from where the first left it.

An UPDATE that changes nothing, not SELECT … FOR UPDATE: SQLite, which knows no such SELECT, takes its write
lock here too, before anything is read that the change rests on. PostgreSQL locks as FOR NO KEY UPDATE does.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, scoped_session


def hold_row(session: Session | scoped_session[Any], column: InstrumentedAttribute[Any], row_id: int) -> None:
    """Nobody else changes the row until the caller commits; what was read of it before may be old.

    ``column``: one of the row's that is no key, `updated_at` where there is one.
    """
    model = column.class_
    session.execute(
        sa.update(model)
        .where(model.id == row_id)
        .values({column: column})
        .execution_options(synchronize_session=False)
    )
