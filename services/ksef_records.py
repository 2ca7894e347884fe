"""What is written of an invoice's way into KSeF: what became of a step, and when the next one is due."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from domain.delivery import back_off
from domain.ksef import KsefFailure, KsefRefused, KsefState, KsefUnavailable
from domain.ksef_diagnoses import NoOfflineCertificate, UnusableCertificate
from gateways.ksef_access import BadCertificate
from gateways.ksef_links import certificate_link
from gateways.ksef_settings import KsefSettings
from models.ksef import KsefSubmission
from services.ksef_submissions import write_submission

Clock = Callable[[], datetime]

FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
LONGEST_WAIT = timedelta(hours=6)
SENT_IN_VAIN = 5
"""So often a request about a document is refused before a person is asked: with the usual waits in between
that takes a quarter of an hour.
"""


class KsefRecords:
    """Writes to claimed rows, each time at the moment it is: a round may take longer than a lease."""

    def __init__(self, session: Session, settings: KsefSettings, clock: Clock) -> None:
        self._session, self._settings, self.clock = session, settings, clock

    def write(self, row: KsefSubmission, **values: object) -> bool:
        return write_submission(self._session, row, self.clock(), **values)

    def pause(self, row: KsefSubmission, pause: timedelta) -> None:
        """KSeF has answered; the next question in a while."""
        self.write(row, next_try_at=self.clock() + pause, error_code=None, error_text="", leased_until=None)

    def sent(self, row: KsefSubmission, reference: str) -> None:
        self.write(
            row,
            state=KsefState.SENT,
            invoice_reference=reference,
            sent_at=self.clock(),
            requests_refused=0,
            down_since=None,
        )

    def accept(self, row: KsefSubmission, number: str, **more: object) -> None:
        """It is in KSeF. The claim is kept: the receipt comes next."""
        now = self.clock()
        self.write(
            row,
            state=KsefState.ACCEPTED,
            ksef_number=number,
            decided_at=now,
            error_code=None,
            error_text="",
            next_try_at=now,
            **more,
        )

    def refuse(self, row: KsefSubmission, code: int | None, text: str) -> bool:
        self.write(
            row,
            state=KsefState.REFUSED,
            error_code=code,
            error_text=text,
            decided_at=self.clock(),
            leased_until=None,
        )
        return False

    def refused_request(self, row: KsefSubmission, failure: KsefRefused, *, last_word: str = "") -> None:
        """KSeF said no to a request about a document and nothing of the document. Again, as things were
        before it; a person when it repeats, with ``last_word`` or KSeF's own.
        """
        refused = row.requests_refused + 1
        if refused >= SENT_IN_VAIN:
            self.write(row, requests_refused=refused)
            self.refuse(row, failure.code, last_word or failure.text)
        else:
            self.try_later(row, failure, requests_refused=refused)

    def put_off(
        self, row: KsefSubmission, failure: KsefUnavailable, may_go_offline: Callable[[], bool]
    ) -> None:
        """Surely not taken. ``may_go_offline`` makes the document, unless there can be none: an invoice that
        KSeF has been out of reach for long enough for is issued all the same, as offline24.
        """
        now, since = self.clock(), None
        if failure.is_down:
            since = row.down_since or now
            long_enough = now - since >= self._settings.offline_after
            if long_enough and row.state is KsefState.WAITING and may_go_offline():
                failure = self._go_offline(row, failure)
        if row.state is not KsefState.REFUSED:
            wait = min(timedelta(seconds=failure.retry_after), LONGEST_WAIT)
            self.try_later(row, failure, wait=wait, down_since=since)

    def _go_offline(self, row: KsefSubmission, failure: KsefUnavailable) -> KsefUnavailable:
        """What to say of it. Without the second code nobody could check the invoice: then it waits."""
        try:
            link, why = certificate_link(self._settings, row.sha256), str(NoOfflineCertificate())
        except BadCertificate as error:
            link, why = "", str(UnusableCertificate(why=str(error)))
        if not link:
            return KsefUnavailable(failure.code, why, is_down=True, retry_after=failure.retry_after)
        self.write(row, state=KsefState.OFFLINE, offline_since=self.clock(), certificate_url=link)
        return failure

    def try_later(
        self, row: KsefSubmission, failure: KsefFailure, *, wait: timedelta = timedelta(), **more: object
    ) -> None:
        attempts = row.attempts + 1
        pause = wait or back_off(attempts, first=FIRST_RETRY, longest=LONGEST_RETRY)
        self.write(
            row,
            attempts=attempts,
            next_try_at=self.clock() + pause,
            error_code=failure.code or None,
            error_text=failure.text,
            leased_until=None,
            **more,
        )
