"""Answers by e-mail: the message each one answers, and whether a machine wrote it

Revision: 0009
After: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0013"

INDEX = "ix_message_answers_id"
KEY = "fk_message_answers_id_message"
# Added in place: see 0007.
ADDED = (
    ("is_automatic", "BOOLEAN DEFAULT false NOT NULL"),
    ("answers_id", f"{{key}} CONSTRAINT {KEY} REFERENCES message (id)"),
)


def upgrade() -> None:
    key = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for column, definition in ADDED:
        op.execute(f"ALTER TABLE message ADD COLUMN {column} {definition.format(key=key)}")
    known = sa.text("answers_id IS NOT NULL")
    op.create_index(INDEX, "message", ["answers_id"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    op.drop_index(INDEX, "message")
    for column, _definition in reversed(ADDED):
        op.execute(f"ALTER TABLE message DROP COLUMN {column}")
