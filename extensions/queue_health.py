"""Whether anybody listens for rings: the queue server, its queues and its workers."""

from dataclasses import dataclass
from datetime import datetime

from redis.exceptions import RedisError
from rq import Worker
from rq.worker import WorkerStatus

from extensions.queues import QUEUES, Doorbell


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """``answers``: the queue server can be reached; the rest is empty when it cannot."""

    answers: bool
    waiting: int
    workers: int
    busy: int
    last_heartbeat: datetime | None


def queue_health(doorbell: Doorbell) -> QueueHealth:
    """Ask the queue server once; an answer in any case."""
    try:
        waiting = sum(doorbell.queue(name).count for name in QUEUES)
        workers = Worker.all(connection=doorbell.connection)
        heartbeats = [worker.last_heartbeat for worker in workers if worker.last_heartbeat]
        busy = sum(worker.get_state() == WorkerStatus.BUSY for worker in workers)
    except RedisError:
        return QueueHealth(answers=False, waiting=0, workers=0, busy=0, last_heartbeat=None)
    return QueueHealth(True, waiting, len(workers), busy, max(heartbeats, default=None))
