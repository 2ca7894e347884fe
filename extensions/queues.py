"""The doorbell: Redis holds rings, never work (design: idea 1)."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

BULK = "bulk"
PROMPT = "prompt"
QUEUES = (PROMPT, BULK)
RESULT_TTL = 60
FAILURE_TTL = int(timedelta(days=7).total_seconds())
JOB_TIMEOUT = int(timedelta(minutes=15).total_seconds())
WORKER_TTL = 45
"""Seconds. An idle worker gives a sign of life fifteen seconds sooner (RQ)."""
LAST_SWEEP = "goniec:last-sweep"
FAILED_STEPS = "goniec:last-sweep-failed"

log = logging.getLogger(__name__)


class Doorbell:
    """Rings jobs by name. A ring that cannot be heard is only logged: the sweep rings again."""

    def __init__(self, redis_url: str) -> None:
        self.connection = Redis.from_url(
            redis_url, socket_connect_timeout=2, socket_timeout=5, health_check_interval=30
        )

    def queue(self, name: str) -> Queue:
        return Queue(name, connection=self.connection, serializer=JSONSerializer)

    def ring(self, job: str, *arguments: object, queue: str = BULK) -> None:
        try:
            self.queue(queue).enqueue(
                job,
                args=arguments,
                job_timeout=JOB_TIMEOUT,
                result_ttl=RESULT_TTL,
                failure_ttl=FAILURE_TTL,
            )
        except RedisError as error:
            log.warning("nobody heard the ring for %s: %s", job, type(error).__name__)

    def answers(self) -> bool:
        """Whether the queue server can be reached."""
        try:
            return bool(self.connection.ping())
        except RedisError:
            return False

    def note_sweep(self, now: datetime, *, failed: Sequence[str] = ()) -> None:
        """Remember when the last sweep ended, and which of its steps failed. A lost queue server loses only
        these figures.
        """
        try:
            self.connection.mset({LAST_SWEEP: now.timestamp(), FAILED_STEPS: " ".join(failed)})
        except RedisError as error:
            log.warning("nobody noted the sweep: %s", type(error).__name__)

    def last_sweep(self) -> datetime | None:
        """When the last sweep ended (UTC); None when none is known. Raises RedisError."""
        noted = self.connection.get(LAST_SWEEP)
        return datetime.fromtimestamp(float(noted), UTC) if isinstance(noted, bytes) else None

    def failed_steps(self) -> tuple[str, ...]:
        """Which steps of the last sweep failed. Raises RedisError."""
        noted = self.connection.get(FAILED_STEPS)
        return tuple(noted.decode().split()) if isinstance(noted, bytes) else ()
