"""The SMS report counts notifications by event; browsers that are still to be told of a message

Revision: 0012
After: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SAME_LINE = (
    "told.day = sms_day.day AND told.account_id = sms_day.account_id AND told.sender = sms_day.sender "
    "AND told.campaign_id = sms_day.campaign_id"
)
EVENTS = (
    "'repair_received', 'repair_delivered', 'cost_acceptance', 'awaiting_parts', 'repair_ready', "
    "'repair_closed', 'ticket_received', 'ticket_done', 'payment_due', 'shipment_created'"
)


def upgrade() -> None:
    op.create_table(
        "push_notice",
        sa.Column("subscription_id", KEY, nullable=False),
        sa.Column("conversation_id", KEY, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_push_notice_failures_not_negative")),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["push_subscription.id"],
            name=op.f("fk_push_notice_subscription_id_push_subscription"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"],
            name=op.f("fk_push_notice_conversation_id_conversation"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_notice")),
        sa.UniqueConstraint(
            "subscription_id", "conversation_id", name=op.f("uq_push_notice_subscription_id_conversation_id")
        ),
    )  # fmt: skip
    op.create_index("ix_push_notice_due_at", "push_notice", ["due_at"])
    _tell_events_apart()


def downgrade() -> None:
    _count_events_as_one()
    op.drop_index("ix_push_notice_due_at", "push_notice")
    op.drop_table("push_notice")


def _tell_events_apart() -> None:
    """Lines of origin 'event' become one for each kind of event; what is of no kind stays there."""
    op.execute(
        "INSERT INTO sms_day (day, account_id, sender, origin, campaign_id, messages, parts, cost) "
        "SELECT message.charged_on, message.sms_account_id, message.sender, fired_event.kind, 0, "
        "count(*), sum(message.parts), sum(message.cost) FROM message "
        "JOIN notification ON notification.message_id = message.id "
        "JOIN fired_event ON fired_event.id = notification.event_id "
        "WHERE message.origin = 'event' AND message.campaign_id IS NULL "
        "AND message.charged_on IS NOT NULL AND message.cost > 0 "
        "GROUP BY message.charged_on, message.sms_account_id, message.sender, fired_event.kind"
    )
    taken = ", ".join(
        f"{name} = {name} - COALESCE((SELECT sum(told.{name}) FROM sms_day AS told "
        f"WHERE told.origin IN ({EVENTS}) AND {SAME_LINE}), 0)"
        for name in ("messages", "parts", "cost")
    )
    op.execute(f"UPDATE sms_day SET {taken} WHERE origin = 'event'")
    op.execute("DELETE FROM sms_day WHERE origin = 'event' AND messages = 0")


def _count_events_as_one() -> None:
    op.execute(
        "INSERT INTO sms_day (day, account_id, sender, origin, campaign_id, messages, parts, cost) "
        "SELECT day, account_id, sender, 'event', campaign_id, sum(messages), sum(parts), sum(cost) "
        f"FROM sms_day WHERE origin IN ({EVENTS}) GROUP BY day, account_id, sender, campaign_id "
        "ON CONFLICT (day, account_id, sender, origin, campaign_id) DO UPDATE SET "
        "messages = sms_day.messages + excluded.messages, parts = sms_day.parts + excluded.parts, "
        "cost = sms_day.cost + excluded.cost"
    )
    op.execute(f"DELETE FROM sms_day WHERE origin IN ({EVENTS})")
