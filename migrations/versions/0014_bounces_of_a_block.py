"""The bounces that keep an address blocked are found by an index

Revision: 0014
After: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0009"

INDEX = "ix_bounce_suppression_id"


def upgrade() -> None:
    known = sa.text("suppression_id IS NOT NULL")
    op.create_index(INDEX, "bounce", ["suppression_id"], sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    op.drop_index(INDEX, "bounce")
