"""`domain.eligibility` for e-mail, set-based: the same reasons, computed by the database."""

import sqlalchemy as sa
from sqlalchemy.sql.selectable import FromClause

from domain.channel import Channel, Purpose
from domain.eligibility import Reason
from models.client import Client, EmailAddress
from models.suppression import Suppression
from queries.marketing_grant import marketing_grant


def with_email_facts(clients: FromClause | type[Client]) -> sa.FromClause:
    """``clients`` (which must include Client) joined with the primary address and its active block."""
    return sa.outerjoin(
        clients, EmailAddress, sa.and_(EmailAddress.client_id == Client.id, EmailAddress.is_primary)
    ).outerjoin(
        Suppression,
        sa.and_(
            Suppression.channel == Channel.EMAIL,
            Suppression.address_digest == EmailAddress.address_digest,
            Suppression.lifted_at.is_(None),
        ),
    )


def email_reason_column(purpose: Purpose) -> sa.ColumnElement[str | None]:
    """The first reason not to e-mail the client of a row from `with_email_facts`, NULL when one may."""
    rules: list[tuple[sa.ColumnElement[bool], str]] = [
        (EmailAddress.id.is_(None), Reason.MISSING_EMAIL.value),
        (sa.not_(EmailAddress.is_valid), Reason.INVALID_EMAIL.value),
        (Suppression.id.is_not(None), Reason.BLOCKED_EMAIL.value),
        (sa.not_(Client.allow_email), Reason.OPTED_OUT.value),
    ]
    if purpose == Purpose.MARKETING:
        rules.append((marketing_grant(Client.id, Channel.EMAIL).is_(None), Reason.NO_EMAIL_CONSENT.value))
    return sa.case(*rules, else_=sa.null()).cast(sa.String(24))
