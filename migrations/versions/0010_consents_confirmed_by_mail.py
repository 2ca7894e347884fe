"""Consents that count only once their giver has confirmed them from the e-mail address

Revision: 0010
After: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "consent_definition",
        sa.Column("confirm_by_email", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("consent_definition", "confirm_by_email")
