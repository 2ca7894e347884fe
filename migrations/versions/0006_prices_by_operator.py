"""SMS: a price may be for an operator's numbers, or for every number, instead of for a prefix

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BEFORE = ("uq_sms_price_prefix_valid_from", ["prefix", "valid_from"])
AFTER = ("uq_sms_price_prefix_operator_valid_from", ["prefix", "operator", "valid_from"])
ONE_OF_TWO = ("ck_sms_price_prefix_or_operator", "prefix = '' OR operator = ''")


def _operator() -> sa.Column[str]:
    return sa.Column("operator", sa.String(120), server_default="", nullable=False)


def _table(*changing: sa.schema.SchemaItem) -> sa.Table:
    """What SQLite has to copy to change a key; no other table refers to this one, so none loses a row."""
    return sa.Table(
        "sms_price",
        sa.MetaData(),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("prefix", sa.String(15), nullable=False),
        sa.Column("gross_per_part", sa.BigInteger(), nullable=False),
        sa.Column("vat_rate", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("gross_per_part > 0", name="ck_sms_price_price_positive"),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name="ck_sms_price_validity_in_order"
        ),
        sa.CheckConstraint("vat_rate BETWEEN 0 AND 100", name="ck_sms_price_vat_rate_percent"),
        sa.PrimaryKeyConstraint("id", name="pk_sms_price"),
        *changing,
    )


def _unique(key: tuple[str, list[str]]) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*key[1], name=key[0])


def upgrade() -> None:
    with op.batch_alter_table("sms_price", copy_from=_table(_unique(BEFORE))) as price:
        price.drop_constraint(op.f(BEFORE[0]), type_="unique")
        price.add_column(_operator())
        price.create_check_constraint(op.f(ONE_OF_TWO[0]), sa.text(ONE_OF_TWO[1]))
        price.create_unique_constraint(op.f(AFTER[0]), AFTER[1])


def downgrade() -> None:
    """The prices without a prefix are lost: without its operator each would be for every number."""
    op.execute("DELETE FROM sms_price WHERE prefix = ''")
    now = _table(_operator(), _unique(AFTER), sa.CheckConstraint(ONE_OF_TWO[1], name=ONE_OF_TWO[0]))
    with op.batch_alter_table("sms_price", copy_from=now) as price:
        price.drop_constraint(op.f(AFTER[0]), type_="unique")
        price.drop_constraint(op.f(ONE_OF_TWO[0]), type_="check")
        price.drop_column("operator")
        price.create_unique_constraint(op.f(BEFORE[0]), BEFORE[1])
