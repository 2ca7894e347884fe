"""The schema

Revision: 0001
After: nothing
Date: 2026-11-21 22:54:28.896085
"""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("consent_event", "consent_wording", "audit_entry", "installation_secret")
ROLES = {
    "administrator": ("read", "write", "send", "report", "administer"),
    "operator": ("read", "write", "send"),
    "accountant": ("read", "report"),
    "viewer": ("read",),
}


def upgrade() -> None:
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_audit_head_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.create_table('consent_definition',
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('channel', sa.Enum('email', 'sms', 'letter', name='channel', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('purpose', sa.Enum('marketing', 'data_processing', 'other', name='purpose', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('minimum_version', sa.Integer(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("purpose <> 'marketing' OR channel IS NOT NULL", name=op.f('ck_consent_definition_marketing_has_a_channel')),
    sa.CheckConstraint('minimum_version >= 1', name=op.f('ck_consent_definition_minimum_version_positive')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_definition')),
    sa.UniqueConstraint('name', name=op.f('uq_consent_definition_name'))
    )
    op.create_table('installation_secret',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_installation_secret')),
    sa.UniqueConstraint('name', name=op.f('uq_installation_secret_name'))
    )
    op.create_table('investment',
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('street', sa.String(length=200), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(trim(name)) > 0', name=op.f('ck_investment_not_blank')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_investment')),
    sa.UniqueConstraint('name', name=op.f('uq_investment_name'))
    )
    op.create_table('mail_account',
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('uses_settings', sa.Boolean(), nullable=False),
    sa.Column('sender_name', sa.String(length=120), nullable=False),
    sa.Column('sender_address', sa.String(length=254), nullable=False),
    sa.Column('reply_to', sa.String(length=254), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('port', sa.Integer(), nullable=False),
    sa.Column('security', sa.Enum('none', 'starttls', 'tls', name='security', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('username', sa.String(length=255), nullable=False),
    sa.Column('password', sa.Text(), nullable=True),
    sa.Column('per_minute', sa.Integer(), nullable=True),
    sa.Column('per_hour', sa.Integer(), nullable=True),
    sa.Column('per_day', sa.Integer(), nullable=True),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('failures_in_a_row', sa.Integer(), nullable=False),
    sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failing_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_failure', sa.String(length=600), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('coalesce(per_minute, 1) > 0 AND coalesce(per_hour, 1) > 0 AND coalesce(per_day, 1) > 0', name=op.f('ck_mail_account_limits_positive')),
    sa.CheckConstraint('port BETWEEN 1 AND 65535', name=op.f('ck_mail_account_port_range')),
    sa.CheckConstraint('uses_settings OR length(host) > 0', name=op.f('ck_mail_account_has_a_host')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_account')),
    sa.UniqueConstraint('name', name=op.f('uq_mail_account_name'))
    )
    op.create_index('uq_mail_account_default', 'mail_account', ['is_default'], unique=True, sqlite_where=sa.text('is_default'), postgresql_where=sa.text('is_default'))
    op.create_table('role',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('description', sa.String(length=200), nullable=False),
    sa.Column('permissions', sa.JSON(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role')),
    sa.UniqueConstraint('name', name=op.f('uq_role_name'))
    )
    op.create_table('user',
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('password', sa.String(length=255), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('locale', sa.String(length=5), nullable=True),
    sa.Column('fs_uniquifier', sa.String(length=64), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('current_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_login_ip', sa.String(length=64), nullable=True),
    sa.Column('current_login_ip', sa.String(length=64), nullable=True),
    sa.Column('login_count', sa.Integer(), nullable=False),
    sa.Column('tf_primary_method', sa.String(length=64), nullable=True),
    sa.Column('tf_totp_secret', sa.String(length=255), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user')),
    sa.UniqueConstraint('email', name=op.f('uq_user_email')),
    sa.UniqueConstraint('fs_uniquifier', name=op.f('uq_user_fs_uniquifier'))
    )
    op.create_table('attachment',
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('filename', sa.String(length=255), nullable=False),
    sa.Column('content_type', sa.String(length=127), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('length(sha256) = 64', name=op.f('ck_attachment_sha256_length')),
    sa.CheckConstraint('size >= 0', name=op.f('ck_attachment_size_not_negative')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_attachment_created_by_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    sa.UniqueConstraint('uuid', name=op.f('uq_attachment_uuid'))
    )
    op.create_table('audit_entry',
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('entity', sa.String(length=60), nullable=False),
    sa.Column('entity_id', sa.String(length=60), nullable=False),
    sa.Column('detail_digest', sa.String(length=64), nullable=False),
    sa.Column('previous_digest', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('length(digest) = 64 AND length(previous_digest) = 64', name=op.f('ck_audit_entry_digest_length')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_audit_entry_actor_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('digest', name=op.f('uq_audit_entry_digest')),
    sa.UniqueConstraint('previous_digest', name=op.f('uq_audit_entry_previous_digest'))
    )
    op.create_index('ix_audit_entry_entity_entity_id', 'audit_entry', ['entity', 'entity_id'], unique=False)
    op.create_index('ix_audit_entry_recorded_at', 'audit_entry', ['recorded_at'], unique=False)
    op.create_table('client',
    sa.Column('kind', sa.Enum('person', 'company', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('first_name', sa.String(length=120), nullable=False),
    sa.Column('last_name', sa.String(length=120), nullable=False),
    sa.Column('company_name', sa.String(length=240), nullable=False),
    sa.Column('name', sa.String(length=250), nullable=False),
    sa.Column('search', sa.String(length=300), nullable=False),
    sa.Column('nip', sa.String(length=10), nullable=True),
    sa.Column('vocative', sa.String(length=120), nullable=False),
    sa.Column('street', sa.String(length=200), nullable=False),
    sa.Column('postal_code', sa.String(length=12), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=False),
    sa.Column('country', sa.String(length=2), nullable=False),
    sa.Column('allow_email', sa.Boolean(), nullable=False),
    sa.Column('allow_sms', sa.Boolean(), nullable=False),
    sa.Column('notes', sa.Text(), nullable=False),
    sa.Column('account_manager_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('merged_into_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("nip IS NULL OR (kind = 'company' AND length(nip) = 10)", name=op.f('ck_client_nip_of_company')),
    sa.CheckConstraint('length(trim(name)) > 0', name=op.f('ck_client_has_a_name')),
    sa.CheckConstraint('merged_into_id IS NULL OR merged_into_id <> id', name=op.f('ck_client_not_merged_into_itself')),
    sa.ForeignKeyConstraint(['account_manager_id'], ['user.id'], name=op.f('fk_client_account_manager_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['merged_into_id'], ['client.id'], name=op.f('fk_client_merged_into_id_client')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_client'))
    )
    op.create_index('ix_client_account_manager_id', 'client', ['account_manager_id'], unique=False)
    op.create_index('ix_client_merged_into_id', 'client', ['merged_into_id'], unique=False)
    op.create_index('ix_client_nip', 'client', ['nip'], unique=False)
    op.create_index('ix_client_search', 'client', ['search'], unique=False)
    op.create_table('consent_wording',
    sa.Column('definition_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('invalidates_previous', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('length(trim(text)) > 0', name=op.f('ck_consent_wording_not_blank')),
    sa.CheckConstraint('version >= 1', name=op.f('ck_consent_wording_version_positive')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_consent_wording_created_by_id_user')),
    sa.ForeignKeyConstraint(['definition_id'], ['consent_definition.id'], name=op.f('fk_consent_wording_definition_id_consent_definition')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_wording')),
    sa.UniqueConstraint('definition_id', 'version', name=op.f('uq_consent_wording_definition_id_version'))
    )
    op.create_table('contract',
    sa.Column('investment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('type', sa.Enum('development', 'preliminary', 'reservation', 'sale', name='type', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('unit', sa.String(length=60), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(trim(number)) > 0', name=op.f('ck_contract_has_a_number')),
    sa.ForeignKeyConstraint(['investment_id'], ['investment.id'], name=op.f('fk_contract_investment_id_investment')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contract')),
    sa.UniqueConstraint('investment_id', 'type', 'number', name=op.f('uq_contract_investment_id_type_number'))
    )
    op.create_table('mail_folder',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('special_use', sa.String(length=20), nullable=False),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=True),
    sa.Column('uidnext', sa.BigInteger(), nullable=True),
    sa.Column('highestmodseq', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['mail_account.id'], name=op.f('fk_mail_folder_account_id_mail_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_folder')),
    sa.UniqueConstraint('account_id', 'path', name=op.f('uq_mail_folder_account_id_path'))
    )
    op.create_table('message_template',
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('channel', sa.Enum('email', 'sms', 'letter', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('purpose', sa.Enum('marketing', 'service', name='purpose', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('subject', sa.String(length=400), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('updated_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("channel <> 'email' OR length(trim(subject)) > 0", name=op.f('ck_message_template_email_has_a_subject')),
    sa.CheckConstraint('length(trim(name)) > 0', name=op.f('ck_message_template_has_a_name')),
    sa.ForeignKeyConstraint(['updated_by_id'], ['user.id'], name=op.f('fk_message_template_updated_by_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_template')),
    sa.UniqueConstraint('name', name=op.f('uq_message_template_name'))
    )
    op.create_table('setting',
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('updated_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['updated_by_id'], ['user.id'], name=op.f('fk_setting_updated_by_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_setting'))
    )
    op.create_table('suppression',
    sa.Column('channel', sa.Enum('email', 'sms', 'letter', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('address_digest', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.Enum('bounce', 'complaint', 'manual', name='reason', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sa.String(length=60), nullable=False),
    sa.Column('detail', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lifted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lifted_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lift_note', sa.String(length=500), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('(lifted_at IS NULL) = (lift_note IS NULL)', name=op.f('ck_suppression_lifted_with_a_note')),
    sa.CheckConstraint('length(address_digest) = 64', name=op.f('ck_suppression_digest_length')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_suppression_created_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['lifted_by_id'], ['user.id'], name=op.f('fk_suppression_lifted_by_id_user'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suppression'))
    )
    op.create_index('uq_suppression_active', 'suppression', ['channel', 'address_digest'], unique=True, sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))
    op.create_table('user_role',
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['role_id'], ['role.id'], name=op.f('fk_user_role_role_id_role'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_user_role_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'role_id', name=op.f('pk_user_role'))
    )
    op.create_table('audit_detail',
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('salt', sa.String(length=32), nullable=False),
    sa.Column('values', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entry.id'], name=op.f('fk_audit_detail_entry_id_audit_entry')),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_audit_detail'))
    )
    op.create_table('campaign',
    sa.Column('kind', sa.Enum('investment', 'clients', 'mail_merge', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('channel', sa.Enum('email', 'sms', 'letter', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('purpose', sa.Enum('marketing', 'service', name='purpose', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('draft', 'scheduled', 'sending', 'paused', 'finished', 'cancelled', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('investment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('template_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contract_types', sa.JSON(), nullable=False),
    sa.Column('subject', sa.String(length=400), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('variables', sa.JSON(), nullable=False),
    sa.Column('skip_errors', sa.Boolean(), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('batch_size', sa.Integer(), nullable=True),
    sa.Column('batch_interval_seconds', sa.Integer(), nullable=False),
    sa.Column('stop_after_errors', sa.Integer(), nullable=False),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('frozen_content', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('frozen_values', sa.JSON(), nullable=False),
    sa.Column('account_failures', sa.Integer(), nullable=False),
    sa.Column('pause_reason', sa.String(length=600), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind <> 'investment' OR investment_id IS NOT NULL", name=op.f('ck_campaign_has_an_investment')),
    sa.CheckConstraint("status IN ('draft', 'cancelled') OR (approved_at IS NOT NULL AND frozen_content IS NOT NULL)", name=op.f('ck_campaign_approved_before_sending')),
    sa.CheckConstraint('batch_interval_seconds >= 0', name=op.f('ck_campaign_batch_interval_not_negative')),
    sa.CheckConstraint('batch_size IS NULL OR batch_size > 0', name=op.f('ck_campaign_batch_size_positive')),
    sa.CheckConstraint('stop_after_errors >= 0', name=op.f('ck_campaign_stop_after_errors_not_negative')),
    sa.ForeignKeyConstraint(['account_id'], ['mail_account.id'], name=op.f('fk_campaign_account_id_mail_account')),
    sa.ForeignKeyConstraint(['approved_by_id'], ['user.id'], name=op.f('fk_campaign_approved_by_id_user')),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_campaign_created_by_id_user')),
    sa.ForeignKeyConstraint(['investment_id'], ['investment.id'], name=op.f('fk_campaign_investment_id_investment')),
    sa.ForeignKeyConstraint(['template_id'], ['message_template.id'], name=op.f('fk_campaign_template_id_message_template'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign'))
    )
    op.create_index('ix_campaign_investment_id', 'campaign', ['investment_id'], unique=False)
    op.create_index('ix_campaign_status', 'campaign', ['status'], unique=False)
    op.create_table('consent_event',
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('definition_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('wording_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('action', sa.Enum('granted', 'withdrawn', name='action', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('method', sa.Enum('form', 'paper', 'phone', 'email', 'sms', 'link', 'import', name='method', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_consent_event_actor_id_user')),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_consent_event_client_id_client')),
    sa.ForeignKeyConstraint(['definition_id'], ['consent_definition.id'], name=op.f('fk_consent_event_definition_id_consent_definition')),
    sa.ForeignKeyConstraint(['wording_id'], ['consent_wording.id'], name=op.f('fk_consent_event_wording_id_consent_wording')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent_event'))
    )
    op.create_index('ix_consent_event_client_id_definition_id', 'consent_event', ['client_id', 'definition_id', 'id'], unique=False)
    op.create_index('ix_consent_event_definition_id', 'consent_event', ['definition_id'], unique=False)
    op.create_table('contract_party',
    sa.Column('contract_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_contract_party_client_id_client')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_contract_party_contract_id_contract'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('contract_id', 'client_id', name=op.f('pk_contract_party'))
    )
    op.create_index('ix_contract_party_client_id', 'contract_party', ['client_id'], unique=False)
    op.create_table('conversation',
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('subject', sa.String(length=400), nullable=False),
    sa.Column('address_digest', sa.String(length=64), nullable=True),
    sa.Column('state', sa.Enum('open', 'closed', name='state', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('assignee_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('unread', sa.Integer(), nullable=False),
    sa.Column('last_message_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('unread >= 0', name=op.f('ck_conversation_unread_not_negative')),
    sa.ForeignKeyConstraint(['assignee_id'], ['user.id'], name=op.f('fk_conversation_assignee_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_conversation_client_id_client')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conversation'))
    )
    op.create_index('ix_conversation_address_digest', 'conversation', ['address_digest'], unique=False)
    op.create_index('ix_conversation_client_id', 'conversation', ['client_id'], unique=False)
    op.create_index('ix_conversation_last_message_at', 'conversation', ['last_message_at'], unique=False)
    op.create_table('email_address',
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('address', sa.String(length=320), nullable=False),
    sa.Column('label', sa.String(length=60), nullable=False),
    sa.Column('is_primary', sa.Boolean(), nullable=False),
    sa.Column('normalised', sa.String(length=400), nullable=False),
    sa.Column('address_digest', sa.String(length=64), nullable=False),
    sa.Column('is_valid', sa.Boolean(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('length(trim(address)) > 0', name=op.f('ck_email_address_not_blank')),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_email_address_client_id_client'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_email_address')),
    sa.UniqueConstraint('client_id', 'address', name=op.f('uq_email_address_client_id_address'))
    )
    op.create_index('ix_email_address_address_digest', 'email_address', ['address_digest'], unique=False)
    op.create_index('ix_email_address_normalised', 'email_address', ['normalised'], unique=False)
    op.create_index('uq_email_address_primary', 'email_address', ['client_id'], unique=True, sqlite_where=sa.text('is_primary'), postgresql_where=sa.text('is_primary'))
    op.create_table('membership',
    sa.Column('company_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('role', sa.String(length=120), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('company_id <> person_id', name=op.f('ck_membership_not_its_own_member')),
    sa.ForeignKeyConstraint(['company_id'], ['client.id'], name=op.f('fk_membership_company_id_client'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['client.id'], name=op.f('fk_membership_person_id_client'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_membership')),
    sa.UniqueConstraint('company_id', 'person_id', name=op.f('uq_membership_company_id_person_id'))
    )
    op.create_index('ix_membership_person_id', 'membership', ['person_id'], unique=False)
    op.create_index('uq_membership_default', 'membership', ['company_id'], unique=True, sqlite_where=sa.text('is_default'), postgresql_where=sa.text('is_default'))
    op.create_table('phone_number',
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.Enum('mobile', 'landline', 'fax', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('label', sa.String(length=60), nullable=False),
    sa.Column('is_primary', sa.Boolean(), nullable=False),
    sa.Column('normalised', sa.String(length=40), nullable=False),
    sa.Column('address_digest', sa.String(length=64), nullable=False),
    sa.Column('is_valid', sa.Boolean(), nullable=False),
    sa.Column('is_polish_mobile', sa.Boolean(), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('length(trim(number)) > 0', name=op.f('ck_phone_number_not_blank')),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_phone_number_client_id_client'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_number')),
    sa.UniqueConstraint('client_id', 'number', 'kind', name=op.f('uq_phone_number_client_id_number_kind'))
    )
    op.create_index('ix_phone_number_address_digest', 'phone_number', ['address_digest'], unique=False)
    op.create_index('ix_phone_number_normalised', 'phone_number', ['normalised'], unique=False)
    op.create_index('uq_phone_number_primary', 'phone_number', ['client_id'], unique=True, sqlite_where=sa.text('is_primary'), postgresql_where=sa.text('is_primary'))
    op.create_table('campaign_attachment',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('attachment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_campaign_attachment_attachment_id_attachment')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_attachment_campaign_id_campaign'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('campaign_id', 'attachment_id', name=op.f('pk_campaign_attachment'))
    )
    op.create_table('campaign_client',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_client_campaign_id_campaign'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_campaign_client_client_id_client')),
    sa.PrimaryKeyConstraint('campaign_id', 'client_id', name=op.f('pk_campaign_client'))
    )
    op.create_index('ix_campaign_client_client_id', 'campaign_client', ['client_id'], unique=False)
    op.create_table('consent_evidence',
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ip_address', sa.String(length=64), nullable=False),
    sa.Column('user_agent', sa.String(length=400), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['consent_event.id'], name=op.f('fk_consent_evidence_event_id_consent_event')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_consent_evidence'))
    )
    op.create_table('consent_state',
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('definition_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=False),
    sa.Column('wording_version', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_consent_state_client_id_client')),
    sa.ForeignKeyConstraint(['definition_id'], ['consent_definition.id'], name=op.f('fk_consent_state_definition_id_consent_definition')),
    sa.ForeignKeyConstraint(['event_id'], ['consent_event.id'], name=op.f('fk_consent_state_event_id_consent_event')),
    sa.PrimaryKeyConstraint('client_id', 'definition_id', name=op.f('pk_consent_state'))
    )
    op.create_index('ix_consent_state_definition_id', 'consent_state', ['definition_id'], unique=False)
    op.create_table('delivery_claim',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('first_message_id', sa.BigInteger(), nullable=False),
    sa.Column('last_message_id', sa.BigInteger(), nullable=False),
    sa.Column('worker', sa.String(length=120), nullable=False),
    sa.Column('boot', sa.String(length=40), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leased_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('first_message_id <= last_message_id', name=op.f('ck_delivery_claim_range_in_order')),
    sa.ForeignKeyConstraint(['account_id'], ['mail_account.id'], name=op.f('fk_delivery_claim_account_id_mail_account')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_delivery_claim_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_claim')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_delivery_claim_open', 'delivery_claim', ['leased_until'], unique=False, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
    op.create_table('message',
    sa.Column('idempotency_key', sa.String(length=480), nullable=False),
    sa.Column('channel', sa.Enum('email', 'sms', 'letter', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('direction', sa.Enum('outgoing', 'incoming', name='direction', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('origin', sa.Enum('campaign', 'event', 'sequence', 'manual', 'test', 'mailbox', name='origin', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('queued', 'sending', 'sent', 'failed', 'uncertain', 'skipped', 'cancelled', 'received', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('delivery_state', sa.Enum('delivered', 'undelivered', 'bounced', name='delivery_state', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('reason', sa.Enum('missing_email', 'invalid_email', 'blocked_email', 'missing_phone', 'not_polish_mobile', 'blocked_phone', 'opted_out', 'no_email_consent', 'no_sms_consent', 'missing_postal_address', name='reason', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('conversation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contract_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('consent_event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('address_digest', sa.String(length=64), nullable=True),
    sa.Column('recipient_name', sa.String(length=250), nullable=False),
    sa.Column('merge_values', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('subject', sa.String(length=998), nullable=True),
    sa.Column('body_html', sa.Text(), nullable=True),
    sa.Column('body_text', sa.Text(), nullable=True),
    sa.Column('rfc_message_id', sa.String(length=400), nullable=True),
    sa.Column('folder_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('uidvalidity', sa.BigInteger(), nullable=True),
    sa.Column('uid', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claim_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('first_failed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error_code', sa.String(length=40), nullable=False),
    sa.Column('error_text', sa.String(length=600), nullable=False),
    sa.Column('provider_reference', sa.String(length=200), nullable=False),
    sa.Column('parts', sa.Integer(), nullable=True),
    sa.Column('unit_price', sa.BigInteger(), nullable=True),
    sa.Column('cost', sa.BigInteger(), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint("(direction = 'incoming') = (status = 'received')", name=op.f('ck_message_incoming_is_received')),
    sa.CheckConstraint("(status = 'sending') = (claim_id IS NOT NULL)", name=op.f('ck_message_sending_is_claimed')),
    sa.CheckConstraint("origin <> 'campaign' OR campaign_id IS NOT NULL", name=op.f('ck_message_campaign_of_origin')),
    sa.CheckConstraint("status <> 'sent' OR sent_at IS NOT NULL", name=op.f('ck_message_sent_has_a_time')),
    sa.CheckConstraint("status <> 'skipped' OR reason IS NOT NULL", name=op.f('ck_message_skipped_has_a_reason')),
    sa.CheckConstraint('(uid IS NULL) = (uidvalidity IS NULL)', name=op.f('ck_message_uid_with_uidvalidity')),
    sa.CheckConstraint('parts IS NULL OR parts > 0', name=op.f('ck_message_parts_positive')),
    sa.ForeignKeyConstraint(['account_id'], ['mail_account.id'], name=op.f('fk_message_account_id_mail_account')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_message_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['claim_id'], ['delivery_claim.id'], name=op.f('fk_message_claim_id_delivery_claim')),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_message_client_id_client')),
    sa.ForeignKeyConstraint(['consent_event_id'], ['consent_event.id'], name=op.f('fk_message_consent_event_id_consent_event')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_message_contract_id_contract')),
    sa.ForeignKeyConstraint(['conversation_id'], ['conversation.id'], name=op.f('fk_message_conversation_id_conversation')),
    sa.ForeignKeyConstraint(['folder_id'], ['mail_folder.id'], name=op.f('fk_message_folder_id_mail_folder')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_message_idempotency_key'))
    )
    op.create_index('ix_message_account_id_sent_at', 'message', ['account_id', 'sent_at'], unique=False)
    op.create_index('ix_message_address_digest', 'message', ['address_digest'], unique=False)
    op.create_index('ix_message_campaign_id_status', 'message', ['campaign_id', 'status'], unique=False)
    op.create_index('ix_message_claimed', 'message', ['claim_id', 'id'], unique=False, sqlite_where=sa.text('claim_id IS NOT NULL'), postgresql_where=sa.text('claim_id IS NOT NULL'))
    op.create_index('ix_message_client_id', 'message', ['client_id', 'id'], unique=False)
    op.create_index('ix_message_conversation_id', 'message', ['conversation_id', 'id'], unique=False)
    op.create_index('ix_message_queued', 'message', ['account_id', 'campaign_id', 'id'], unique=False, sqlite_where=sa.text("status = 'queued'"), postgresql_where=sa.text("status = 'queued'"))
    op.create_index('ix_message_rfc_message_id', 'message', ['rfc_message_id'], unique=False)
    op.create_index('uq_message_folder_uid', 'message', ['folder_id', 'uidvalidity', 'uid'], unique=True, sqlite_where=sa.text('folder_id IS NOT NULL'), postgresql_where=sa.text('folder_id IS NOT NULL'))
    op.create_table('bounce',
    sa.Column('kind', sa.Enum('smtp', 'dsn', 'arf', 'freetext', 'auto_reply', 'manual', 'other', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('verdict', sa.Enum('block', 'soft', 'sender_fault', 'none', name='verdict', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('address_digest', sa.String(length=64), nullable=True),
    sa.Column('status_code', sa.String(length=20), nullable=False),
    sa.Column('diagnostic', sa.String(length=600), nullable=False),
    sa.Column('raw', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('suppression_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_bounce_client_id_client')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_bounce_message_id_message')),
    sa.ForeignKeyConstraint(['suppression_id'], ['suppression.id'], name=op.f('fk_bounce_suppression_id_suppression')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bounce'))
    )
    op.create_index('ix_bounce_address_digest', 'bounce', ['address_digest', 'received_at'], unique=False)
    op.create_index('ix_bounce_client_id', 'bounce', ['client_id'], unique=False)
    op.create_index('ix_bounce_message_id', 'bounce', ['message_id'], unique=False)
    op.create_table('campaign_recipient',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.Enum('email', 'sms', 'letter', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contract_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('contact_person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('address', sa.String(length=400), nullable=True),
    sa.Column('reason', sa.Enum('missing_email', 'invalid_email', 'blocked_email', 'missing_phone', 'not_polish_mobile', 'blocked_phone', 'opted_out', 'no_email_consent', 'no_sms_consent', 'missing_postal_address', name='reason', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.CheckConstraint('(reason IS NULL) = (message_id IS NOT NULL)', name=op.f('ck_campaign_recipient_either_a_message_or_a_reason')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_recipient_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_campaign_recipient_client_id_client')),
    sa.ForeignKeyConstraint(['contact_person_id'], ['client.id'], name=op.f('fk_campaign_recipient_contact_person_id_client')),
    sa.ForeignKeyConstraint(['contract_id'], ['contract.id'], name=op.f('fk_campaign_recipient_contract_id_contract')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_campaign_recipient_message_id_message')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_recipient')),
    sa.UniqueConstraint('campaign_id', 'channel', 'client_id', 'contract_id', 'contact_person_id', 'address', name=op.f('uq_campaign_recipient_campaign_id_channel_client_id_contract_id_contact_person_id_address'))
    )
    op.create_index('ix_campaign_recipient_campaign_id_reason', 'campaign_recipient', ['campaign_id', 'reason'], unique=False)
    op.create_index('ix_campaign_recipient_client_id', 'campaign_recipient', ['client_id'], unique=False)
    op.create_index('ix_campaign_recipient_message_id', 'campaign_recipient', ['message_id'], unique=False)
    op.create_table('delivery_attempt',
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.String(length=36), nullable=False),
    sa.Column('requested_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Enum('accepted', 'refused', 'unavailable', 'uncertain', name='outcome', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('reply_code', sa.String(length=40), nullable=False),
    sa.Column('reply_text', sa.String(length=600), nullable=False),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_delivery_attempt_message_id_message')),
    sa.ForeignKeyConstraint(['requested_by_id'], ['user.id'], name=op.f('fk_delivery_attempt_requested_by_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery_attempt')),
    sa.UniqueConstraint('uuid', name=op.f('uq_delivery_attempt_uuid'))
    )
    op.create_index('ix_delivery_attempt_message_id', 'delivery_attempt', ['message_id', 'id'], unique=False)
    op.create_table('message_address',
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Enum('from', 'to', 'cc', 'bcc', 'reply_to', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('name', sa.String(length=250), nullable=False),
    sa.Column('address', sa.String(length=400), nullable=False),
    sa.Column('address_digest', sa.String(length=64), nullable=False),
    sa.Column('client_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['client.id'], name=op.f('fk_message_address_client_id_client')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_message_address_message_id_message'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message_address'))
    )
    op.create_index('ix_message_address_address_digest', 'message_address', ['address_digest'], unique=False)
    op.create_index('ix_message_address_message_id', 'message_address', ['message_id'], unique=False)
    op.create_table('message_attachment',
    sa.Column('message_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('attachment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['attachment_id'], ['attachment.id'], name=op.f('fk_message_attachment_attachment_id_attachment')),
    sa.ForeignKeyConstraint(['message_id'], ['message.id'], name=op.f('fk_message_attachment_message_id_message'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('message_id', 'attachment_id', name=op.f('pk_message_attachment'))
    )
    _refuse_changes()
    _make_first_rows()


def downgrade() -> None:
    _allow_changes()
    op.drop_table('message_attachment')
    op.drop_table('message_address')
    op.drop_table('delivery_attempt')
    op.drop_table('campaign_recipient')
    op.drop_table('bounce')
    op.drop_table('message')
    op.drop_table('delivery_claim')
    op.drop_table('consent_state')
    op.drop_table('consent_evidence')
    op.drop_table('campaign_client')
    op.drop_table('campaign_attachment')
    op.drop_table('phone_number')
    op.drop_table('membership')
    op.drop_table('email_address')
    op.drop_table('conversation')
    op.drop_table('contract_party')
    op.drop_table('consent_event')
    op.drop_table('campaign')
    op.drop_table('audit_detail')
    op.drop_table('user_role')
    op.drop_table('suppression')
    op.drop_table('setting')
    op.drop_table('message_template')
    op.drop_table('mail_folder')
    op.drop_table('contract')
    op.drop_table('consent_wording')
    op.drop_table('client')
    op.drop_table('audit_entry')
    op.drop_table('attachment')
    op.drop_table('user')
    op.drop_table('role')
    op.drop_table('mail_account')
    op.drop_table('investment')
    op.drop_table('installation_secret')
    op.drop_table('consent_definition')
    op.drop_table('audit_head')


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
            """
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_append_only_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _allow_changes() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute("DROP FUNCTION refuse_change()")


def _make_first_rows() -> None:
    now = datetime.now(UTC).replace(tzinfo=None if op.get_bind().dialect.name == "sqlite" else UTC)
    tables = sa.MetaData()
    tables.reflect(op.get_bind(), only=["installation_secret", "role", "mail_account", "audit_head"])
    op.bulk_insert(
        tables.tables["installation_secret"],
        [
            {"name": name, "value": secrets.token_hex(32), "created_at": now}
            for name in ("suppression", "links")
        ],
    )
    op.bulk_insert(
        tables.tables["role"],
        [{"name": name, "description": "", "permissions": list(may)} for name, may in ROLES.items()],
    )
    op.bulk_insert(
        tables.tables["mail_account"],
        [
            {
                "name": "MAIL_SERVER", "uses_settings": True, "sender_name": "", "sender_address": "",
                "reply_to": "", "host": "", "port": 25, "security": "none", "username": "",
                "is_default": True, "is_active": True, "failures_in_a_row": 0, "last_failure": "",
                "created_at": now, "updated_at": now,
            }
        ],
    )
    op.bulk_insert(tables.tables["audit_head"], [{"id": 1, "digest": "0" * 64}])
