"""Fewer indexes to keep up with every acknowledgement, and recipients that are listed once

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

LEANER = (
    ("ix_message_account_id_sent_at", ["account_id", "sent_at"], "sent_at"),
    ("ix_message_conversation_id", ["conversation_id", "id"], "conversation_id"),
    ("ix_message_rfc_message_id", ["rfc_message_id"], "rfc_message_id"),
)
CLAIMED = "claim_id IS NOT NULL"
LISTED_ONCE = (
    ("uq_campaign_recipient_contract_once", ["contract_id"], "contract_id IS NOT NULL"),
    ("uq_campaign_recipient_client_once", [], "contract_id IS NULL"),
)


def upgrade() -> None:
    op.drop_index("ix_message_claimed", "message")
    for name, columns, known in LEANER:
        where = sa.text(f"{known} IS NOT NULL")
        op.drop_index(name, "message")
        op.create_index(name, "message", columns, sqlite_where=where, postgresql_where=where)
    for name, columns, condition in LISTED_ONCE:
        once = sa.text(f"{condition} AND contact_person_id IS NULL")
        op.create_index(
            name,
            "campaign_recipient",
            ["campaign_id", "channel", "client_id", *columns],
            unique=True,
            sqlite_where=once,
            postgresql_where=once,
        )


def downgrade() -> None:
    for name, _columns, _condition in LISTED_ONCE:
        op.drop_index(name, "campaign_recipient")
    for name, columns, _known in LEANER:
        op.drop_index(name, "message")
        op.create_index(name, "message", columns)
    where = sa.text(CLAIMED)
    op.create_index(
        "ix_message_claimed", "message", ["claim_id", "id"], sqlite_where=where, postgresql_where=where
    )
