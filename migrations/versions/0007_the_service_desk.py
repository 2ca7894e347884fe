"""The service desk, notifications on its events, asked-for consents, and mail that is fetched

Revision: 0007
After: 0006
"""

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
CHANNELS = ("email", "sms", "letter")
REPAIR_STATES = (
    "awaiting_shipment",
    "received",
    "diagnosis",
    "awaiting_acceptance",
    "awaiting_parts",
    "in_repair",
    "ready_for_pickup",
    "ready_to_ship",
    "closed",
)
EVENTS = (
    "repair_received",
    "repair_delivered",
    "cost_acceptance",
    "awaiting_parts",
    "repair_ready",
    "repair_closed",
    "ticket_received",
    "ticket_done",
    "payment_due",
    "shipment_created",
)
APPEND_ONLY = ("repair_change", "fired_event", "notification")
TABLES = (
    "notification",
    "fired_event",
    "repair_change",
    "cost_offer",
    "consent_request",
    "shipment",
    "payment_due",
    "ticket",
    "repair",
    "push_subscription",
    "notification_rule",
    "api_token",
    "canned_answer",
)
VAPID = "vapid"
# Added in place: SQLite would otherwise copy a table and drop the old one, and with it, by its foreign keys,
# every row that refers to it.
ADDED = {
    "conversation": (
        ("awaits_answer", "BOOLEAN DEFAULT false NOT NULL"),
        ("topic", "VARCHAR(60)"),
    ),
    "message": (("is_ambiguous", "BOOLEAN DEFAULT false NOT NULL"),),
    "mail_account": (
        ("imap_host", "VARCHAR(255) DEFAULT '' NOT NULL"),
        ("imap_port", "INTEGER DEFAULT 993 NOT NULL"),
        (
            "imap_security",
            "VARCHAR(24) DEFAULT 'tls' NOT NULL CONSTRAINT ck_mail_account_imap_security "
            "CHECK (imap_security IN ('none', 'starttls', 'tls'))",
        ),
        ("imap_username", "VARCHAR(255) DEFAULT '' NOT NULL"),
        ("imap_password", "TEXT"),
        ("bounce_address", "VARCHAR(254) DEFAULT '' NOT NULL"),
        ("takes_answers", "BOOLEAN DEFAULT false NOT NULL"),
        ("fetched_at", "{moment}"),
        ("fetch_failure", "VARCHAR(600) DEFAULT '' NOT NULL"),
    ),
}


def upgrade() -> None:
    op.create_table(
        "canned_answer",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(trim(body)) > 0", name=op.f("ck_canned_answer_not_blank")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_answer")),
        sa.UniqueConstraint("name", name=op.f("uq_canned_answer_name")),
    )
    op.create_table(
        "api_token",
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("beginning", sa.String(16), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("last_used_at", MOMENT, nullable=True),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_api_token_digest_length")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_api_token_created_by_id_user"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_api_token_name")),
    )
    op.create_table(
        "notification_rule",
        sa.Column("event", _one_of("event", *EVENTS), nullable=False),
        sa.Column("channel", _one_of("channel", *CHANNELS), nullable=False),
        sa.Column("mode", _one_of("mode", "always", "never", "consent"), nullable=False),
        sa.Column("consent_definition_id", KEY, nullable=True),
        sa.Column("subject", sa.String(400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("strip_letters", sa.Boolean(), nullable=True),
        sa.Column("updated_by_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(mode = 'consent') = (consent_definition_id IS NOT NULL)",
            name=op.f("ck_notification_rule_names_a_consent"),
        ),
        sa.CheckConstraint(
            "event <> 'shipment_created' OR channel <> 'sms'", name=op.f("ck_notification_rule_is_offered")
        ),
        sa.ForeignKeyConstraint(
            ["consent_definition_id"],
            ["consent_definition.id"],
            name=op.f("fk_notification_rule_consent_definition_id_consent_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["updated_by_id"],
            ["user.id"],
            name=op.f("fk_notification_rule_updated_by_id_user"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_rule")),
        sa.UniqueConstraint("event", "channel", name=op.f("uq_notification_rule_event_channel")),
    )
    op.create_table(
        "push_subscription",
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("endpoint", sa.String(800), nullable=False),
        sa.Column("p256dh", sa.String(120), nullable=False),
        sa.Column("auth", sa.String(60), nullable=False),
        sa.Column("browser", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_push_subscription_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
    )
    op.create_index("ix_push_subscription_user_id", "push_subscription", ["user_id"])

    op.create_table(
        "repair",
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("device", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", _one_of("state", *REPAIR_STATES), nullable=False),
        sa.Column("state_since", MOMENT, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(trim(device)) > 0", name=op.f("ck_repair_has_a_device")),
        sa.CheckConstraint("length(trim(number)) > 0", name=op.f("ck_repair_has_a_number")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_repair_client_id_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair")),
        sa.UniqueConstraint("number", name=op.f("uq_repair_number")),
    )
    op.create_index("ix_repair_client_id", "repair", ["client_id"])
    op.create_index("ix_repair_state", "repair", ["state", "id"])

    op.create_table(
        "ticket",
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", _one_of("state", "open", "done"), nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(state = 'done') = (done_at IS NOT NULL)", name=op.f("ck_ticket_done_has_a_time")
        ),
        sa.CheckConstraint("length(trim(number)) > 0", name=op.f("ck_ticket_has_a_number")),
        sa.CheckConstraint("length(trim(subject)) > 0", name=op.f("ck_ticket_has_a_subject")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_ticket_client_id_client")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
    )
    op.create_index("ix_ticket_client_id", "ticket", ["client_id"])
    op.create_index("ix_ticket_state", "ticket", ["state", "id"])

    op.create_table(
        "payment_due",
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("repair_id", KEY, nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("pay_url", sa.String(500), nullable=False),
        sa.Column("state", _one_of("state", "due", "paid", "cancelled"), nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(state = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_payment_due_paid_has_a_time")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_due_amount_positive")),
        sa.CheckConstraint("length(trim(number)) > 0", name=op.f("ck_payment_due_has_a_number")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_payment_due_client_id_client")),
        sa.ForeignKeyConstraint(["repair_id"], ["repair.id"], name=op.f("fk_payment_due_repair_id_repair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_due")),
        sa.UniqueConstraint("number", name=op.f("uq_payment_due_number")),
    )
    op.create_index("ix_payment_due_client_id", "payment_due", ["client_id"])
    op.create_index("ix_payment_due_repair_id", "payment_due", ["repair_id"])

    op.create_table(
        "shipment",
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("repair_id", KEY, nullable=True),
        sa.Column("carrier", sa.String(80), nullable=False),
        sa.Column("tracking_number", sa.String(80), nullable=False),
        sa.Column("tracking_url", sa.String(500), nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(trim(carrier)) > 0", name=op.f("ck_shipment_has_a_carrier")),
        sa.CheckConstraint(
            "length(trim(tracking_number)) > 0", name=op.f("ck_shipment_has_a_tracking_number")
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_shipment_client_id_client")),
        sa.ForeignKeyConstraint(["repair_id"], ["repair.id"], name=op.f("fk_shipment_repair_id_repair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("carrier", "tracking_number", name=op.f("uq_shipment_carrier_tracking_number")),
    )
    op.create_index("ix_shipment_client_id", "shipment", ["client_id"])
    op.create_index("ix_shipment_repair_id", "shipment", ["repair_id"])

    op.create_table(
        "consent_request",
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("definition_id", KEY, nullable=False),
        sa.Column("wording_id", KEY, nullable=False),
        sa.Column("channel", _one_of("channel", *CHANNELS), nullable=False),
        sa.Column("address_digest", sa.String(64), nullable=False),
        sa.Column("message_id", KEY, nullable=True),
        sa.Column("requested_at", MOMENT, nullable=False),
        sa.Column("requested_by_id", KEY, nullable=True),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("event_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (event_id IS NULL)", name=op.f("ck_consent_request_answered_by_an_event")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_consent_request_client_id_client")
        ),
        sa.ForeignKeyConstraint(
            ["definition_id"],
            ["consent_definition.id"],
            name=op.f("fk_consent_request_definition_id_consent_definition"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["consent_event.id"], name=op.f("fk_consent_request_event_id_consent_event")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_consent_request_message_id_message")
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["user.id"],
            name=op.f("fk_consent_request_requested_by_id_user"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["wording_id"], ["consent_wording.id"], name=op.f("fk_consent_request_wording_id_consent_wording")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_request")),
    )
    op.create_index("ix_consent_request_client_id", "consent_request", ["client_id", "definition_id"])

    op.create_table(
        "cost_offer",
        sa.Column("repair_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("state", _one_of("state", "open", "accepted", "rejected", "replaced"), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by_id", KEY, nullable=True),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by_id", KEY, nullable=True),
        sa.Column("decided_by_message_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint(
            "(state IN ('accepted', 'rejected')) = (decided_at IS NOT NULL)",
            name=op.f("ck_cost_offer_decided"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_cost_offer_amount_positive")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR decided_by_message_id IS NULL",
            name=op.f("ck_cost_offer_decided_by_one"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_cost_offer_version_positive")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_cost_offer_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["user.id"], name=op.f("fk_cost_offer_decided_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_message_id"],
            ["message.id"],
            name=op.f("fk_cost_offer_decided_by_message_id_message"),
        ),
        sa.ForeignKeyConstraint(["repair_id"], ["repair.id"], name=op.f("fk_cost_offer_repair_id_repair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cost_offer")),
        sa.UniqueConstraint("repair_id", "version", name=op.f("uq_cost_offer_repair_id_version")),
    )
    op.create_index(
        "uq_cost_offer_open",
        "cost_offer",
        ["repair_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )

    op.create_table(
        "repair_change",
        sa.Column("repair_id", KEY, nullable=False),
        sa.Column("from_state", _one_of("from_state", *REPAIR_STATES), nullable=True),
        sa.Column("to_state", _one_of("to_state", *REPAIR_STATES), nullable=False),
        sa.Column("source", _one_of("source", "panel", "api", "command", "answer"), nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("message_id", KEY, nullable=True),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint(
            "(source = 'answer') = (message_id IS NOT NULL)",
            name=op.f("ck_repair_change_answer_is_a_message"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_repair_change_actor_id_user")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_repair_change_message_id_message")
        ),
        sa.ForeignKeyConstraint(["repair_id"], ["repair.id"], name=op.f("fk_repair_change_repair_id_repair")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repair_change")),
    )
    op.create_index("ix_repair_change_repair_id", "repair_change", ["repair_id", "id"])

    op.create_table(
        "fired_event",
        sa.Column("kind", _one_of("kind", *EVENTS), nullable=False),
        sa.Column("change_key", sa.String(200), nullable=False),
        sa.Column("request_digest", sa.String(64), nullable=False),
        sa.Column("client_id", KEY, nullable=False),
        sa.Column("repair_id", KEY, nullable=True),
        sa.Column("offer_id", KEY, nullable=True),
        sa.Column("ticket_id", KEY, nullable=True),
        sa.Column("payment_due_id", KEY, nullable=True),
        sa.Column("shipment_id", KEY, nullable=True),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("actor_id", KEY, nullable=True),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint(
            "CASE WHEN kind IN ('ticket_received', 'ticket_done') THEN ticket_id IS NOT NULL WHEN kind = 'payment_due' THEN payment_due_id IS NOT NULL WHEN kind = 'shipment_created' THEN shipment_id IS NOT NULL ELSE repair_id IS NOT NULL END",
            name=op.f("ck_fired_event_of_its_record"),
        ),
        sa.ForeignKeyConstraint(["actor_id"], ["user.id"], name=op.f("fk_fired_event_actor_id_user")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_fired_event_client_id_client")),
        sa.ForeignKeyConstraint(
            ["offer_id"], ["cost_offer.id"], name=op.f("fk_fired_event_offer_id_cost_offer")
        ),
        sa.ForeignKeyConstraint(
            ["payment_due_id"], ["payment_due.id"], name=op.f("fk_fired_event_payment_due_id_payment_due")
        ),
        sa.ForeignKeyConstraint(["repair_id"], ["repair.id"], name=op.f("fk_fired_event_repair_id_repair")),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_fired_event_shipment_id_shipment")
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], name=op.f("fk_fired_event_ticket_id_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fired_event")),
        sa.UniqueConstraint("change_key", name=op.f("uq_fired_event_change_key")),
    )
    op.create_index("ix_fired_event_client_id", "fired_event", ["client_id", "id"])
    op.create_index("ix_fired_event_repair_id", "fired_event", ["repair_id", "id"])

    op.create_table(
        "notification",
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("channel", _one_of("channel", *CHANNELS), nullable=False),
        sa.Column(
            "reason",
            _one_of(
                "reason",
                "not_offered",
                "held_back",
                "rule_never",
                "client_gone",
                "no_processing_consent",
                "missing_email",
                "invalid_email",
                "blocked_email",
                "missing_phone",
                "not_polish_mobile",
                "blocked_phone",
                "opted_out",
                "no_named_consent",
                "no_account",
                "text_failed",
            ),
            nullable=True,
        ),
        sa.Column("detail", sa.String(600), nullable=False),
        sa.Column("message_id", KEY, nullable=True),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint(
            "(reason IS NULL) = (message_id IS NOT NULL)", name=op.f("ck_notification_sent_or_a_reason")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["fired_event.id"], name=op.f("fk_notification_event_id_fired_event")
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_notification_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("event_id", "channel", name=op.f("uq_notification_event_id_channel")),
        sa.UniqueConstraint("message_id", name=op.f("uq_notification_message_id")),
    )
    for table, columns in ADDED.items():
        for column, definition in columns:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {_typed(definition)}")
    op.create_index("uq_conversation_topic", "conversation", ["topic"], unique=True)
    _refuse_changes()
    _make_push_key()


def downgrade() -> None:
    op.drop_index("uq_conversation_topic", "conversation")
    for table, columns in ADDED.items():
        for column, _definition in reversed(columns):
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    for table in TABLES:
        op.drop_table(table)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def _typed(definition: str) -> str:
    sqlite = op.get_bind().dialect.name == "sqlite"
    return definition.format(moment="DATETIME" if sqlite else "TIMESTAMP WITH TIME ZONE")


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


def _make_push_key() -> None:
    """The private key of Web Push (RFC 8292): any 256 bits but nought and those past the curve's order."""
    now = datetime.now(UTC).replace(tzinfo=None if op.get_bind().dialect.name == "sqlite" else UTC)
    tables = sa.MetaData()
    tables.reflect(op.get_bind(), only=["installation_secret"])
    kept = tables.tables["installation_secret"]
    known = sa.select(sa.exists().where(kept.c.name == VAPID))
    if op.get_bind().scalar(known):  # a downgrade leaves it: the table is append-only
        return
    key = secrets.randbelow(2**255) + 1
    op.bulk_insert(kept, [{"name": VAPID, "value": f"{key:064x}", "created_at": now}])
