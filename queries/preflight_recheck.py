"""One client of an audience looked at again, without counting everybody."""

from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.eligibility import REASONS, Reason
from queries.audience import Audience, pairs


@dataclass(frozen=True, slots=True)
class ClientStanding:
    """What one client adds to a pre-flight report.

    ``errors``: its failing pairs by reason; ``recipients``: 1 when it brings an address nobody else
    eligible has; ``is_skipped``: some pair of it fails.
    """

    errors: dict[Reason, int]
    recipients: int

    @property
    def is_skipped(self) -> bool:
        return any(self.errors.values())

    @property
    def reason(self) -> Reason | None:
        """The first reason that still keeps the client out."""
        return next((reason for reason, count in self.errors.items() if count), None)


def standing_of(session: Session, audience: Audience, client_id: int) -> ClientStanding:
    """How one client stands in an audience now."""
    own = pairs(replace(audience, only_clients=(client_id,))).cte("own")
    rows = session.execute(
        sa.select(own.c.reason, own.c.normalised, sa.func.count()).group_by(own.c.reason, own.c.normalised)
    )
    errors = dict.fromkeys(REASONS[audience.channel], 0)
    address = None
    for reason, normalised, count in rows:
        if reason is None:
            address = normalised
        else:
            errors[Reason(reason)] += count
    alone = address is not None and not _somebody_else_has(session, audience, client_id, address)
    return ClientStanding(errors=errors, recipients=int(alone))


def _somebody_else_has(session: Session, audience: Audience, client_id: int, normalised: str) -> bool:
    everybody = pairs(audience).subquery("everybody")
    found = session.scalar(
        sa.select(
            sa.exists().where(
                everybody.c.normalised == normalised,
                everybody.c.reason.is_(None),
                everybody.c.client_id != client_id,
            )
        )
    )
    return bool(found)
