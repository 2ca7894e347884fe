"""The prepaid SMS account, its payments and invoices, and the price list

Revision: 0003
After: 0002
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

APPEND_ONLY = ("ledger_entry", "payment_news", "invoice")


def upgrade() -> None:
    op.create_table('invoice_series',
    sa.Column('name', sa.String(length=20), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('last_number', sa.Integer(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('last_number >= 0', name=op.f('ck_invoice_series_last_number_not_negative')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice_series')),
    sa.UniqueConstraint('name', 'year', name=op.f('uq_invoice_series_name_year'))
    )
    op.create_table('sms_account',
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('held', sa.BigInteger(), nullable=False),
    sa.Column('low_balance', sa.BigInteger(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('balance >= 0', name=op.f('ck_sms_account_balance_not_negative')),
    sa.CheckConstraint('held BETWEEN 0 AND balance', name=op.f('ck_sms_account_held_is_covered')),
    sa.CheckConstraint('low_balance >= 0', name=op.f('ck_sms_account_low_balance_not_negative')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sms_account')),
    sa.UniqueConstraint('name', name=op.f('uq_sms_account_name'))
    )
    op.create_table('sms_price',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('prefix', sa.String(length=15), nullable=False),
    sa.Column('gross_per_part', sa.BigInteger(), nullable=False),
    sa.Column('vat_rate', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('gross_per_part > 0', name=op.f('ck_sms_price_price_positive')),
    sa.CheckConstraint('valid_until IS NULL OR valid_until >= valid_from', name=op.f('ck_sms_price_validity_in_order')),
    sa.CheckConstraint('vat_rate BETWEEN 0 AND 100', name=op.f('ck_sms_price_vat_rate_percent')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sms_price')),
    sa.UniqueConstraint('prefix', 'valid_from', name=op.f('uq_sms_price_prefix_valid_from'))
    )
    op.create_table('payment',
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('gateway', sa.Enum('payu', 'stripe', 'przelewy24', 'sandbox', name='gateway', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('status', sa.Enum('created', 'pending', 'paid', 'refused', 'failed', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reference', sa.String(length=120), nullable=False),
    sa.Column('redirect_url', sa.String(length=2000), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("(status = 'paid') = (paid_at IS NOT NULL)", name=op.f('ck_payment_paid_has_a_time')),
    sa.CheckConstraint("currency = 'PLN'", name=op.f('ck_payment_currency_is_zloty')),
    sa.CheckConstraint('amount BETWEEN 1000 AND 100000', name=op.f('ck_payment_amount_within_limits')),
    sa.ForeignKeyConstraint(['account_id'], ['sms_account.id'], name=op.f('fk_payment_account_id_sms_account')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_payment_created_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('uuid', name=op.f('uq_payment_uuid'))
    )
    op.create_index('ix_payment_status_created_at', 'payment', ['status', 'created_at'], unique=False)
    op.create_index('uq_payment_gateway_reference', 'payment', ['gateway', 'reference'], unique=True, sqlite_where=sa.text("reference <> ''"), postgresql_where=sa.text("reference <> ''"))
    op.create_table('invoice',
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('series', sa.String(length=20), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('VAT', 'ZAL', 'KOR', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('corrects_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('seller', sa.JSON(), nullable=False),
    sa.Column('buyer', sa.JSON(), nullable=False),
    sa.Column('item', sa.String(length=300), nullable=False),
    sa.Column('vat_rate', sa.Integer(), nullable=False),
    sa.Column('net', sa.BigInteger(), nullable=False),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('gross', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("(kind = 'KOR') = (corrects_id IS NOT NULL)", name=op.f('ck_invoice_a_correction_corrects')),
    sa.CheckConstraint('net + tax = gross', name=op.f('ck_invoice_adds_up')),
    sa.CheckConstraint('sequence >= 1', name=op.f('ck_invoice_sequence_positive')),
    sa.ForeignKeyConstraint(['corrects_id'], ['invoice.id'], name=op.f('fk_invoice_corrects_id_invoice')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_invoice_payment_id_payment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoice')),
    sa.UniqueConstraint('number', name=op.f('uq_invoice_number')),
    sa.UniqueConstraint('payment_id', name=op.f('uq_invoice_payment_id')),
    sa.UniqueConstraint('series', 'year', 'sequence', name=op.f('uq_invoice_series_year_sequence'))
    )
    op.create_index('ix_invoice_issued_on', 'invoice', ['issued_on'], unique=False)
    op.create_table('payment_news',
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source', sa.Enum('notification', 'query', name='source', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('said', sa.String(length=40), nullable=False),
    sa.Column('effect', sa.String(length=40), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_payment_news_payment_id_payment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_news'))
    )
    op.create_index('ix_payment_news_payment_id', 'payment_news', ['payment_id', 'id'], unique=False)
    op.create_table('sms_hold',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('used', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('open', 'used', 'released', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f('ck_sms_hold_open_has_no_end')),
    sa.CheckConstraint('used BETWEEN 0 AND amount', name=op.f('ck_sms_hold_used_is_held')),
    sa.ForeignKeyConstraint(['account_id'], ['sms_account.id'], name=op.f('fk_sms_hold_account_id_sms_account')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_sms_hold_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sms_hold')),
    sa.UniqueConstraint('campaign_id', name=op.f('uq_sms_hold_campaign_id'))
    )
    op.create_table('ledger_entry',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('top_up', 'charge', 'refund', 'reversal', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('idempotency_key', sa.String(length=120), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reverses_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("CASE kind WHEN 'top_up' THEN amount > 0 AND payment_id IS NOT NULL WHEN 'charge' THEN amount < 0 AND message_id IS NOT NULL WHEN 'refund' THEN amount > 0 AND message_id IS NOT NULL AND reverses_id IS NOT NULL ELSE amount <> 0 AND reverses_id IS NOT NULL AND length(reason) > 0 END", name=op.f('ck_ledger_entry_each_kind_has_its_ground')),
    sa.ForeignKeyConstraint(['account_id'], ['sms_account.id'], name=op.f('fk_ledger_entry_account_id_sms_account')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_ledger_entry_actor_id_user')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_ledger_entry_message_id_message')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_ledger_entry_payment_id_payment')),
    sa.ForeignKeyConstraint(['reverses_id'], ['ledger_entry.id'], name=op.f('fk_ledger_entry_reverses_id_ledger_entry')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_entry')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_ledger_entry_idempotency_key')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_ledger_entry_reverses_id'))
    )
    op.create_index('ix_ledger_entry_account_id', 'ledger_entry', ['account_id', 'id'], unique=False)
    op.create_index('ix_ledger_entry_message_id', 'ledger_entry', ['message_id'], unique=False)
    op.create_index('ix_ledger_entry_payment_id', 'ledger_entry', ['payment_id'], unique=False)
    _refuse_changes()
    _make_first_account()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.drop_table('sms_hold')
    op.drop_table('ledger_entry')
    op.drop_table('invoice')
    op.drop_table('payment_news')
    op.drop_table('payment')
    op.drop_table('sms_price')
    op.drop_table('sms_account')
    op.drop_table('invoice_series')


def _refuse_changes() -> None:
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _make_first_account() -> None:
    now = datetime.now(UTC).replace(tzinfo=None if op.get_bind().dialect.name == "sqlite" else UTC)
    tables = sa.MetaData()
    tables.reflect(op.get_bind(), only=["sms_account"])
    op.bulk_insert(
        tables.tables["sms_account"],
        [
            {
                "name": "SMS",
                "balance": 0,
                "held": 0,
                "low_balance": 500_000,
                "created_at": now,
                "updated_at": now,
            }
        ],
    )
