"""Who a client is today: of records merged into one another the one that is left."""

from sqlalchemy.orm import Session

from models.client import Client


def survivor_of(session: Session, client_id: int) -> Client | None:
    """The client, or whom it was merged into; None for one that is erased or not there."""
    seen: set[int] = set()
    client = session.get(Client, client_id)
    while client is not None and client.merged_into_id is not None and client.id not in seen:
        seen.add(client.id)
        client = session.get(Client, client.merged_into_id)
    return None if client is None or client.erased_at or client.merged_into_id else client
