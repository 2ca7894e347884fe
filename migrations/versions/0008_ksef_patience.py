"""KSeF: how long it has been out of reach, and how often it refused a request

Revision: 0008
After: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "ksef_submission", sa.Column("requests_refused", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("ksef_submission", sa.Column("down_since", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for name in ("down_since", "requests_refused"):
        op.drop_column("ksef_submission", name)
