"""One Message per (campaign, channel, normalised address), shared by the recipients behind it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.delivery import Status
from models.base import UtcDateTime
from models.campaign import CampaignRecipient
from models.client import Client
from models.message import Direction, Message, Origin
from models.sending_lines import MAIL, SendingLine
from models.sessions import rows_changed
from queries.audience import one_per_address
from queries.merge_values import merge_values_column, with_records


@dataclass(frozen=True, slots=True)
class FrozenAudience:
    """An audience to be written down; ``rows`` is `queries.audience.pairs_once`.

    Its WITH stands inside the INSERT, not before it: Python's sqlite3 takes a statement that begins
    with WITH for a read, and neither begins a transaction nor counts its rows.
    """

    campaign_id: int
    rows: sa.CTE
    with_contract: bool
    account_id: int
    due_at: datetime
    now: datetime
    line: SendingLine = MAIL
    sender: str = ""

    def write(self, session: Session) -> int:
        """Messages for the eligible, a reason for each of the others; the number of messages.

        An address shared by clients gets one message, with the data of the lowest eligible client id,
        then contract id. Two INSERT … SELECT statements, whatever the size; the caller commits.
        """
        queued = rows_changed(session, self._messages())
        rows_changed(session, self._recipients())
        return queued

    def _key(self, normalised: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
        prefix = f"campaign:{self.campaign_id}:{self.line.channel.value}:"
        return sa.literal(prefix, sa.String).concat(normalised)

    def _messages(self) -> sa.Insert:
        ranked = one_per_address(self.rows)
        columns = self._columns(ranked)
        chosen = (
            sa.select(*columns.values())
            .select_from(with_records(ranked, with_contract=self.with_contract))
            .order_by(ranked.c.client_id, ranked.c.contract_id)
        )
        return sa.insert(Message).from_select(list(columns), chosen, include_defaults=False)

    def _columns(self, ranked: sa.Subquery) -> dict[str, Any]:
        return {
            "idempotency_key": self._key(ranked.c.normalised),
            "channel": sa.literal(self.line.channel.value),
            "direction": sa.literal(Direction.OUTGOING.value),
            "origin": sa.literal(Origin.CAMPAIGN.value),
            "status": sa.literal(Status.QUEUED.value),
            "campaign_id": sa.literal(self.campaign_id),
            self.line.of_message.key: sa.literal(self.account_id),
            "sender": sa.literal(self.sender),
            "client_id": ranked.c.client_id,
            "contract_id": ranked.c.contract_id,
            "consent_event_id": ranked.c.consent_event_id,
            "address": ranked.c.address,
            "address_digest": ranked.c.address_digest,
            "recipient_name": Client.name,
            "merge_values": merge_values_column(with_contract=self.with_contract),
            "created_at": sa.literal(self.now, UtcDateTime()),
            "due_at": sa.literal(self.due_at, UtcDateTime()),
            "failures": sa.literal(0),
            "error_code": sa.literal(""),
            "error_text": sa.literal(""),
            "provider_reference": sa.literal(""),
        }

    def _recipients(self) -> sa.Insert:
        rows = sa.select(self.rows).subquery("listed")
        frozen = sa.outerjoin(
            rows,
            Message,
            sa.and_(rows.c.reason.is_(None), Message.idempotency_key == self._key(rows.c.normalised)),
        )
        values: dict[str, Any] = {
            "campaign_id": sa.literal(self.campaign_id),
            "channel": sa.literal(self.line.channel.value),
            "client_id": rows.c.client_id,
            "contract_id": rows.c.contract_id,
            "address": rows.c.address,
            "reason": rows.c.reason,
            "message_id": Message.id,
        }
        listed = (
            sa.select(*values.values()).select_from(frozen).order_by(rows.c.client_id, rows.c.contract_id)
        )
        return sa.insert(CampaignRecipient).from_select(list(values), listed, include_defaults=False)
