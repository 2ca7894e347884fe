"""What every correction of a client's address or number has in common: who is held, and what is audited."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.errors import DomainError
from models.client import Client
from services.hold_row import hold_row
from services.record_audit import append_audit


class NoSuchClient(DomainError):
    message = "This client no longer exists."


def hold_client(session: Session, client_id: int) -> Client:
    """The client as they are now, nobody else's until the caller commits.

    Raises NoSuchClient, for one merged into another too.
    """
    hold_row(session, Client.updated_at, client_id)
    session.expire_all()  # the page has read the addresses before, and another may have corrected them since
    client = session.get(Client, client_id)
    if client is None or client.merged_into_id is not None:
        raise NoSuchClient
    return client


def finish_correction(
    session: Session,
    client: Client,
    action: str,
    change: tuple[str, str | None, str],
    *,
    actor_id: int | None,
    now: datetime,
) -> None:
    """End a correction: ``change`` is what was corrected, from what, to what; the same again is no entry."""
    field, before, after = change
    if before != after:
        append_audit(
            session,
            actor_id=actor_id,
            action=action,
            entity="client",
            entity_id=client.id,
            values={"changes": {field: [before, after]}},
            now=now,
        )
    session.commit()
