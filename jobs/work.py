"""A worker process: RQ jobs in the foreground, the sweep and the listener beside them."""

import logging
import threading
from datetime import timedelta
from time import monotonic

from flask import Flask
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.serializers import JSONSerializer

from domain.channel import Channel
from extensions.queues import QUEUES, WORKER_TTL
from extensions.wiring import wiring
from jobs.deliver import deliver
from jobs.deliver_sms import deliver_sms
from jobs.sms_listen import listen_to_gateways, listen_until_stopped
from jobs.sms_routes import close_gateways
from jobs.sweep import sweep
from models import db
from queries.due_deliveries import DueRange, due_ranges

RECONNECT_SECONDS = 1.0
JOBS = {Channel.EMAIL: deliver, Channel.SMS: deliver_sms}

log = logging.getLogger(__name__)


class Worker:
    """Takes rings and does their work in this process; no fork is paid per job."""

    def __init__(self, app: Flask, *, sweep_interval: timedelta) -> None:
        self._app = app
        self._interval = sweep_interval.total_seconds()
        self._stopped = threading.Event()

    def run(self, *, burst: bool = False) -> None:
        """Work until SIGTERM or Ctrl-C; with ``burst`` until nothing is due."""
        with self._app.app_context():
            try:
                if burst:
                    self._run_burst()
                else:
                    self._run_beside()
            finally:
                close_gateways()

    def _run_beside(self) -> None:
        beside = [
            threading.Thread(target=self._sweep, name="sweep", daemon=True),
            threading.Thread(target=self._listen, name="sms-listen", daemon=True),
        ]
        for thread in beside:
            thread.start()
        try:
            self._run_forever()
        finally:
            self._stopped.set()
            for thread in beside:
                thread.join()

    def _run_forever(self) -> None:
        while True:
            worker = _rq_worker()
            if worker is not None:
                _work(worker, burst=False)
                if worker._shutdown_requested_date is not None:  # set whether it was busy or idle
                    return
            self._stopped.wait(RECONNECT_SECONDS)

    def _run_burst(self) -> None:
        waiting = None
        while True:
            sweep()
            worker = _rq_worker()
            if worker is not None:
                _work(worker, burst=True)
            listen_to_gateways()
            # What the queue server lost, and what a dead worker's claim still seems to attend to.
            _deliver_without_rings()
            due = _due()
            if not due or due == waiting:
                return
            waiting = due

    def _sweep(self) -> None:
        sweep_until_stopped(self._app, timedelta(seconds=self._interval), self._stopped)

    def _listen(self) -> None:
        listen_until_stopped(self._app, self._stopped)


def sweep_until_stopped(app: Flask, interval: timedelta, stopped: threading.Event | None = None) -> None:
    """Sweep at every interval. A sweep that fails is logged and the next one comes all the same."""
    stopped = stopped or threading.Event()
    with app.app_context():
        while True:
            started = monotonic()
            try:
                sweep()
            except Exception:
                log.exception("the sweep failed; the next one follows in %s", interval)
            if stopped.wait(max(0.05, interval.total_seconds() - (monotonic() - started))):
                return


def _work(worker: SimpleWorker, *, burst: bool) -> None:
    """Take rings until told to stop; a queue server that goes away ends it and no more."""
    try:
        worker.work(burst=burst, logging_level="WARNING")
    except RedisError as error:
        log.warning("the queue server went away: %s", type(error).__name__)


def _rq_worker() -> SimpleWorker | None:
    connection = wiring().doorbell.connection
    try:
        return SimpleWorker(
            list(QUEUES), connection=connection, serializer=JSONSerializer, worker_ttl=WORKER_TTL
        )
    except RedisError as error:
        log.warning("the queue server does not answer: %s", type(error).__name__)
        return None


def _deliver_without_rings() -> None:
    for work in _due():
        JOBS[work.line.channel](work.account_id, work.campaign_id, work.first_id, work.last_id)


def _due() -> list[DueRange]:
    try:
        return list(due_ranges(db.session(), now=wiring().clock()))
    finally:
        db.session.remove()
