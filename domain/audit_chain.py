"""The audit's chain of digests: each entry is bound to the one before, so that a change or a gap shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """What an entry states; ``detail_digest`` stands for the personal values kept apart."""

    recorded_at: datetime
    actor_id: int | None
    action: str
    entity: str
    entity_id: str
    detail_digest: str


def detail_digest(salt: str, values: Mapping[str, Any]) -> str:
    """SHA-256 of the values under a random salt, so that erased values cannot be guessed from it."""
    return sha256(f"{salt}\n{_canonical(values)}".encode()).hexdigest()


def entry_digest(previous: str, facts: AuditFacts) -> str:
    """SHA-256 over the previous entry's digest and this one's facts; 64 hexadecimal digits."""
    moment = facts.recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
    stated = [moment, facts.actor_id, facts.action, facts.entity, facts.entity_id, facts.detail_digest]
    return sha256(f"{previous}\n{_canonical(stated)}".encode()).hexdigest()


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
