"""The one order in which rows are locked: the account that pays, then the campaign, then messages by id.

Whoever locks them otherwise may wait for somebody who waits for him, and PostgreSQL ends one of the two
(SQLSTATE 40P01).
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.message import Message
from models.sessions import rows_changed


def lock_messages(session: Session, *wanted: sa.ColumnElement[bool]) -> list[int]:
    """The ids of the wanted messages, ascending; nobody else changes them until the caller commits.

    An UPDATE of several rows locks them in whatever order it finds them, so lock them first. SQLite locks
    itself with the first write, even one of no row, and knows no FOR UPDATE.
    """
    if session.get_bind().dialect.name == "sqlite":
        rows_changed(session, sa.update(Message).where(sa.false()).values(failures=Message.failures))
    locked = sa.select(Message.id).where(*wanted).order_by(Message.id).with_for_update(key_share=True)
    return list(session.scalars(locked))
