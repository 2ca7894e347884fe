"""`domain.eligibility` for SMS, set-based: the same reasons, computed by the database."""

import sqlalchemy as sa
from sqlalchemy.sql.selectable import FromClause

from domain.channel import Channel, Purpose
from domain.eligibility import Reason
from models.client import Client, PhoneNumber
from models.suppression import Suppression
from queries.marketing_grant import marketing_grant


def with_sms_facts(clients: FromClause | type[Client]) -> sa.FromClause:
    """``clients`` (which must include Client) joined with the primary number and its active block."""
    return sa.outerjoin(
        clients, PhoneNumber, sa.and_(PhoneNumber.client_id == Client.id, PhoneNumber.is_primary)
    ).outerjoin(
        Suppression,
        sa.and_(
            Suppression.channel == Channel.SMS,
            Suppression.address_digest == PhoneNumber.address_digest,
            Suppression.lifted_at.is_(None),
        ),
    )


def sms_reason_column(purpose: Purpose) -> sa.ColumnElement[str | None]:
    """The first reason not to text the client of a row from `with_sms_facts`, NULL when one may."""
    rules: list[tuple[sa.ColumnElement[bool], str]] = [
        (PhoneNumber.id.is_(None), Reason.MISSING_PHONE.value),
        (sa.not_(PhoneNumber.is_polish_mobile), Reason.NOT_POLISH_MOBILE.value),
        (Suppression.id.is_not(None), Reason.BLOCKED_PHONE.value),
        (sa.not_(Client.allow_sms), Reason.OPTED_OUT.value),
    ]
    if purpose == Purpose.MARKETING:
        rules.append((marketing_grant(Client.id, Channel.SMS).is_(None), Reason.NO_SMS_CONSENT.value))
    return sa.case(*rules, else_=sa.null()).cast(sa.String(24))
