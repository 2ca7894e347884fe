"""The SMSAPI stand-in's calls to the panel: how texts fared (GET) and texts to it (POST).

One thread makes them all. One that is not answered with ``OK`` is made again after growing pauses.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3

from sandbox.phones_exchange import Text

USERNAME = "goniec-sandbox"
CALL_SECONDS = 5.0
MOST_TOGETHER = 5
DELIVERED, UNDELIVERED = 404, 405


@dataclass(frozen=True)
class Report:
    """News of one text: the arguments it adds to a call."""

    text: Text
    status: int
    done: int


@dataclass(frozen=True)
class _Call:
    url: str
    reports: tuple[Report, ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    tries: int = 0


class Callbacks:
    """Calls that are due; ``pauses`` are the seconds before each repetition of one."""

    def __init__(self, dlr_url: str, mo_url: str, pauses: Sequence[float]) -> None:
        self.dlr_url, self.mo_url = dlr_url, mo_url
        self._pauses = pauses
        self._due: list[tuple[float, int, _Call]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._busy = False
        self._closed = False
        self._http = urllib3.PoolManager(retries=False, timeout=CALL_SECONDS)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Give up on what has not been told."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join(2 * CALL_SECONDS)
        self._http.clear()

    def report(self, text: Text, status: int, after: float = 0.0) -> bool:
        """Tell how a text fared, ``after`` so many seconds; false when nobody wants to know."""
        url = text.notify_url or self.dlr_url
        if not url:
            text.status = status
            return False
        self._add(after, _Call(url, (Report(text, status, int(time.time() + after)),)))
        return True

    def forward(self, text: Text) -> bool:
        """Hand over a text from a phone; false when nobody wants it."""
        if not self.mo_url:
            return False
        form = {
            "sms_to": text.sender,
            "sms_from": text.number,
            "sms_text": text.text,
            "sms_date": str(int(text.at.timestamp())),
            "username": USERNAME,
            "MsgId": text.id,
        }
        self._add(0.0, _Call(self.mo_url, form=tuple(form.items())))
        return True

    def settle(self, seconds: float = 10.0) -> None:
        """Wait until everything is told or given up. TimeoutError when that takes longer."""
        with self._changed:
            if not self._changed.wait_for(lambda: not self._due and not self._busy, seconds):
                raise TimeoutError

    def _add(self, after: float, call: _Call) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + after, next(self._order), call))
            self._changed.notify_all()

    def _run(self) -> None:
        while (call := self._next()) is not None:
            answered = self._make(call)
            with self._changed:
                if not answered and call.tries < len(self._pauses):
                    again = _Call(call.url, call.reports, call.form, call.tries + 1)
                    when = time.monotonic() + self._pauses[call.tries]
                    heapq.heappush(self._due, (when, next(self._order), again))
                self._busy = False
                self._changed.notify_all()

    def _next(self) -> _Call | None:
        """The next call when it is due, with up to four others of the same kind; none at the end."""
        with self._changed:
            while not self._closed:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                self._busy = True
                return self._together(heapq.heappop(self._due)[2])
        return None

    def _together(self, call: _Call) -> _Call:
        reports = list(call.reports)
        while reports and len(reports) < MOST_TOGETHER and self._due:
            due, _, other = self._due[0]
            same = other.url == call.url and other.tries == call.tries
            if due > time.monotonic() or not same or len(reports) + len(other.reports) > MOST_TOGETHER:
                break
            if not other.reports:
                break
            reports += heapq.heappop(self._due)[2].reports
        return _Call(call.url, tuple(reports), call.form, call.tries)

    def _make(self, call: _Call) -> bool:
        for report in call.reports:
            report.text.status = report.status
        try:
            if call.reports:
                address = f"{call.url}{'&' if '?' in call.url else '?'}{_query(call.reports)}"
                answer = self._http.request("GET", address, redirect=False)
            else:
                fields = dict(call.form)
                answer = self._http.request(
                    "POST", call.url, fields=fields, encode_multipart=False, redirect=False
                )
        except (urllib3.exceptions.HTTPError, ValueError):
            return False
        return bool(answer.status == 200 and answer.data.strip() == b"OK")  # noqa: PLR2004


def _query(reports: Sequence[Report]) -> str:
    def column(value: Callable[[Report], object]) -> str:
        return ",".join(str(value(report)) for report in reports)

    return urlencode(
        {
            "MsgId": column(lambda report: report.text.id),
            "status": column(lambda report: report.status),
            "donedate": column(lambda report: report.done),
            "idx": column(lambda report: report.text.idx),
            "username": column(lambda _report: USERNAME),
            "to": column(lambda report: report.text.number),
        }
    )
