"""How our e-mails look, a version for each change

Revision: 0013
After: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "branding_version",
        sa.Column("colour", sa.String(7), nullable=False),
        sa.Column("link_colour", sa.String(7), nullable=False),
        sa.Column("footer_html", sa.Text(), nullable=False),
        sa.Column("logo_uuid", sa.String(36), nullable=True),
        sa.Column("logo_type", sa.String(20), nullable=False),
        sa.Column("logo_url", sa.String(600), nullable=False),
        sa.Column("logo_width", sa.Integer(), nullable=True),
        sa.Column("logo_height", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint(
            "(logo_uuid IS NULL) = (logo_width IS NULL) AND (logo_uuid IS NULL) = (logo_height IS NULL)",
            name=op.f("ck_branding_version_logo_has_a_size"),
        ),
        sa.CheckConstraint(
            "(logo_uuid IS NULL) = (logo_url = '')", name=op.f("ck_branding_version_logo_has_an_address")
        ),
        sa.CheckConstraint(
            "length(colour) IN (0, 7) AND length(link_colour) IN (0, 7)",
            name=op.f("ck_branding_version_colours"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["user.id"],
            name=op.f("fk_branding_version_created_by_id_user"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branding_version")),
    )
    op.create_index("ix_branding_version_logo_uuid", "branding_version", ["logo_uuid"])


def downgrade() -> None:
    op.drop_table("branding_version")
