"""SMS: the gateways that carry them, what ties messages to their account, and the cost by day

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
POSITIVE = "coalesce(per_minute, 1) > 0 AND coalesce(per_hour, 1) > 0 AND coalesce(per_day, 1) > 0"
INDEXES = (
    (
        "ix_message_queued_sms",
        ["sms_account_id", "campaign_id", "id"],
        "status = 'queued' AND sms_account_id IS NOT NULL",
    ),
    ("ix_message_charged_on", ["charged_on", "id"], "charged_on IS NOT NULL"),
    (
        "ix_message_sms_account_id_sent_at",
        ["sms_account_id", "sent_at"],
        "sms_account_id IS NOT NULL AND sent_at IS NOT NULL",
    ),
    (
        "ix_message_gateway_id_provider_reference",
        ["gateway_id", "provider_reference"],
        "gateway_id IS NOT NULL",
    ),
)
MOMENT = "{moment}"


def _reference(table: str, column: str, target: str) -> tuple[str, str]:
    name = f"fk_{table}_{column}_{target}"
    return column, f"{{key}} CONSTRAINT {name} REFERENCES {target} (id)"


# Added in place: SQLite would otherwise copy a table and drop the old one, and with it, by its foreign keys,
# every row that refers to it.
ADDED = {
    "sms_account": (
        ("alerted_at", MOMENT),
        ("sender", "VARCHAR(16) DEFAULT '' NOT NULL"),
        ("is_active", "BOOLEAN DEFAULT true NOT NULL"),
        ("per_minute", "INTEGER"),
        ("per_hour", "INTEGER"),
        ("per_day", f"INTEGER CONSTRAINT ck_sms_account_limits_positive CHECK ({POSITIVE})"),
        ("failures_in_a_row", "INTEGER DEFAULT 0 NOT NULL"),
        ("held_until", MOMENT),
        ("failing_since", MOMENT),
        ("last_failure", "VARCHAR(600) DEFAULT '' NOT NULL"),
    ),
    "message": (
        _reference("message", "sms_account_id", "sms_account"),
        _reference("message", "gateway_id", "sms_gateway"),
        ("sender", "VARCHAR(16) DEFAULT '' NOT NULL"),
        ("charged_on", "DATE"),
    ),
    "delivery_attempt": (_reference("delivery_attempt", "gateway_id", "sms_gateway"),),
    "delivery_claim": (_reference("delivery_claim", "sms_account_id", "sms_account"),),
    "campaign": (
        _reference("campaign", "sms_account_id", "sms_account"),
        ("strip_letters", "BOOLEAN"),
    ),
    "message_template": (("strip_letters", "BOOLEAN"),),
}


def upgrade() -> None:
    op.create_table(
        "sms_gateway",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("username", sa.String(120), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("callback_secret", sa.String(64), nullable=False),
        sa.Column("allowed_addresses", sa.String(600), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("failures_in_a_row", sa.Integer(), nullable=False),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_failure", sa.String(600), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('smsapi', 'kannel', 'smpp', 'sandbox')", name=op.f("ck_sms_gateway_kind")
        ),
        sa.CheckConstraint(
            "length(callback_secret) >= 32", name=op.f("ck_sms_gateway_callback_secret_long")
        ),
        sa.CheckConstraint(
            "kind = 'sandbox' OR length(address) > 0", name=op.f("ck_sms_gateway_has_an_address")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_gateway")),
        sa.UniqueConstraint("name", name=op.f("uq_sms_gateway_name")),
        sa.UniqueConstraint("callback_secret", name=op.f("uq_sms_gateway_callback_secret")),
    )
    op.create_table(
        "sms_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("sender", sa.String(16), nullable=False),
        sa.Column("origin", sa.String(24), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint(
            "messages >= 0 AND parts >= 0 AND cost >= 0", name=op.f("ck_sms_day_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["sms_account.id"], name=op.f("fk_sms_day_account_id_sms_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sms_day")),
        sa.UniqueConstraint(
            "day", "account_id", "sender", "origin", "campaign_id",
            name=op.f("uq_sms_day_day_account_id_sender_origin_campaign_id"),
        ),
    )  # fmt: skip
    for table, columns in ADDED.items():
        for column, definition in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {_typed(definition)}")
    for name, columns, condition in INDEXES:
        where = sa.text(condition)
        op.create_index(name, "message", columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, _columns, _condition in INDEXES:
        op.drop_index(name, "message")
    for table, columns in ADDED.items():
        for column, _definition in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    op.drop_table("sms_day")
    op.drop_table("sms_gateway")


def _typed(definition: str) -> str:
    sqlite = op.get_bind().dialect.name == "sqlite"
    return definition.format(
        key="INTEGER" if sqlite else "BIGINT", moment="DATETIME" if sqlite else "TIMESTAMP WITH TIME ZONE"
    )
