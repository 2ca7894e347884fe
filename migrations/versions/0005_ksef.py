"""KSeF: an invoice's way into the national system of e-invoices

Revision: 0005
After: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DUE = "state IN ('waiting', 'sending', 'sent', 'offline') OR (state = 'accepted' AND upo = '')"
NUMBERED = "ksef_number <> ''"


def upgrade() -> None:
    op.create_table(
        "ksef_submission",
        sa.Column("invoice_id", KEY, nullable=False),
        sa.Column("environment", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("xml", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("verification_url", sa.String(300), nullable=False),
        sa.Column("certificate_url", sa.String(1200), nullable=False),
        sa.Column("session_reference", sa.String(64), nullable=False),
        sa.Column("invoice_reference", sa.String(64), nullable=False),
        sa.Column("ksef_number", sa.String(40), nullable=False),
        sa.Column("upo", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("error_text", sa.String(2000), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claim", sa.String(36), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("offline_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "environment IN ('test', 'demo', 'production', 'sandbox')",
            name=op.f("ck_ksef_submission_environment"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'accepted', 'refused', 'offline')",
            name=op.f("ck_ksef_submission_state"),
        ),
        sa.CheckConstraint(
            "(state = 'accepted') = (ksef_number <> '')",
            name=op.f("ck_ksef_submission_accepted_has_a_number"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'refused') OR length(sha256) = 64",
            name=op.f("ck_ksef_submission_sent_has_a_document"),
        ),
        sa.CheckConstraint(
            "(sha256 = '') = (xml = '')", name=op.f("ck_ksef_submission_digest_of_a_document")
        ),
        sa.CheckConstraint(
            "state <> 'sent' OR invoice_reference <> ''",
            name=op.f("ck_ksef_submission_sent_has_a_reference"),
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_ksef_submission_attempts_not_negative")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.id"], name=op.f("fk_ksef_submission_invoice_id_invoice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ksef_submission")),
        sa.UniqueConstraint("invoice_id", name=op.f("uq_ksef_submission_invoice_id")),
    )
    for name, column, condition, unique in (
        ("uq_ksef_submission_ksef_number", "ksef_number", NUMBERED, True),
        ("ix_ksef_submission_due", "next_try_at", DUE, False),
    ):
        where = sa.text(condition)
        op.create_index(
            name, "ksef_submission", [column], unique=unique, sqlite_where=where, postgresql_where=where
        )


def downgrade() -> None:
    op.drop_table("ksef_submission")
