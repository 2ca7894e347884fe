"""Whether anybody listens for rings: the queue server, its queues and its workers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from redis.exceptions import RedisError
from rq import Worker
from rq.worker import WorkerStatus

from extensions.queues import QUEUES, Doorbell

SWEEPS_MISSED = 3
SILENT = timedelta(minutes=2)
"""What was killed stays registered for a while; whoever is silent for longer is taken for dead."""


@dataclass(frozen=True, slots=True)
class QueueHealth:
    """``answers``: the queue server can be reached; the rest is empty when it cannot. ``failed_steps`` are
    the last sweep's.
    """

    answers: bool
    waiting: int
    workers: int
    busy: int
    last_heartbeat: datetime | None
    last_sweep: datetime | None
    failed_steps: tuple[str, ...] = ()

    def sweep_is_late(self, now: datetime, interval: timedelta) -> bool:
        """Whether no sweep is known of for longer than three intervals."""
        return self.last_sweep is None or now - self.last_sweep > SWEEPS_MISSED * interval


def queue_health(doorbell: Doorbell, now: datetime) -> QueueHealth:
    """Ask the queue server once; an answer in any case. Workers count that gave a sign of life lately."""
    try:
        waiting = sum(doorbell.queue(name).count for name in QUEUES)
        known = Worker.all(connection=doorbell.connection)
        heartbeats = [worker.last_heartbeat for worker in known if worker.last_heartbeat]
        workers = [each for each in known if each.last_heartbeat and now - each.last_heartbeat <= SILENT]
        busy = sum(worker.get_state() == WorkerStatus.BUSY for worker in workers)
        last_sweep, failed = doorbell.last_sweep(), doorbell.failed_steps()
    except RedisError:
        return QueueHealth(answers=False, waiting=0, workers=0, busy=0, last_heartbeat=None, last_sweep=None)
    heartbeat = max(heartbeats, default=None)
    return QueueHealth(True, waiting, len(workers), busy, heartbeat, last_sweep, failed)
