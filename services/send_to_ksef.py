"""Sending issued invoices into KSeF, each once, whatever is killed and whenever.

Before the network is used a row has its document and that document's digest. From the moment it may have
arrived until somebody knows (SENDING), the session is asked first; and if it is sent a second time after all,
KSeF refuses the second as a duplicate (440) and names the first, which is ours if it is the same document.
"""

from collections import deque
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from domain.delivery import back_off
from domain.ksef import (
    DocumentStatus,
    KsefFailure,
    KsefLost,
    KsefRefused,
    KsefState,
    KsefUnavailable,
    Verdict,
    verdict_of,
)
from domain.ksef_diagnoses import OtherDocument, OtherSeller
from gateways.ksef import KsefGateway
from gateways.ksef_access import BadCertificate
from gateways.ksef_links import certificate_link, invoice_link
from models.invoice import Invoice
from models.ksef import KsefSubmission
from services.fa3_document import NotForKsef, fa3_document
from services.ksef_receipts import fetch_receipt
from services.ksef_submissions import claim_submission, due_submissions, enrol_invoices, write_submission

FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)
LONGEST_WAIT = timedelta(hours=6)
ASKED_EVERY = timedelta(seconds=30)
ASKED_IN_VAIN = 2


class _Stop(Exception):
    """KSeF cannot be used now; the text of ``failure`` says why."""

    def __init__(self, failure: KsefUnavailable) -> None:
        super().__init__(failure.text)
        self.failure = failure


def send_to_ksef(session: Session, ksef: KsefGateway, now: datetime) -> int:
    """One round: take new invoices in, send what waits, ask about what was sent; the number worked on.

    May run twice at once and be killed at any moment. Commits each step; no transaction is open while the
    network is used.
    """
    enrol_invoices(session, ksef.settings, now)
    due = due_submissions(session, ksef.settings, now)
    run = _Run(session, ksef, now)
    waiting = deque(due)
    try:
        while waiting:
            run.work_on(waiting.popleft())
    except _Stop as stop:
        for submission_id in waiting:
            run.put_off(submission_id, stop.failure)
    finally:
        ksef.close_sessions()
        ksef.close()
    return len(due)


class _Run:
    """One round; it opens one session for all it sends."""

    def __init__(self, session: Session, ksef: KsefGateway, now: datetime) -> None:
        self._session, self._ksef, self._now = session, ksef, now
        self._open = ""

    def work_on(self, submission_id: int) -> None:
        """Take a row as far as it goes now. Raises _Stop."""
        row = claim_submission(self._session, submission_id, self._now)
        if row is None:
            return
        try:
            self._advance(row)
        except KsefUnavailable as failure:
            self._put_off(row, failure)
            raise _Stop(failure) from failure
        except KsefLost as failure:
            self._try_later(row, failure)
            raise _Stop(KsefUnavailable(failure.code, failure.text, is_down=False)) from failure

    def put_off(self, submission_id: int, failure: KsefUnavailable) -> None:
        """KSeF did not work for the row before this one."""
        row = claim_submission(self._session, submission_id, self._now)
        if row is not None:
            self._put_off(row, failure)

    def _advance(self, row: KsefSubmission) -> None:
        if row.state in (KsefState.WAITING, KsefState.OFFLINE) and not self._prepare(row):
            return
        if row.state is KsefState.SENDING:
            self._look_for(row)
        if row.state in (KsefState.WAITING, KsefState.SENDING, KsefState.OFFLINE):
            self._send(row)
        if row.state is KsefState.SENT:
            self._ask(row)
        if row.state is KsefState.ACCEPTED and not row.upo:
            fetch_receipt(self._session, self._ksef, row, self._now)

    def _prepare(self, row: KsefSubmission) -> bool:
        """Make the document, unless it is there; False when there can be none."""
        if row.xml:
            return True
        settings, invoice = self._ksef.settings, self._session.get_one(Invoice, row.invoice_id)
        corrected = invoice.corrects.ksef if invoice.corrects else None
        if corrected is not None and corrected.state is not KsefState.ACCEPTED:
            self._write(row, next_try_at=self._now + FIRST_RETRY, leased_until=None)  # its number is needed
            return False
        try:
            document = fa3_document(invoice)
        except NotForKsef as problem:
            return self._refuse(row, None, str(problem))
        if invoice.seller.get("nip") != settings.nip:
            return self._refuse(row, None, str(OtherSeller()))
        digest = sha256(document).hexdigest()
        link = invoice_link(settings, invoice.issued_on, digest)
        return self._write(row, xml=document.decode(), sha256=digest, verification_url=link)

    def _look_for(self, row: KsefSubmission) -> None:
        """It may have arrived: ask its session."""
        try:
            reference = self._ksef.find(row.session_reference, row.sha256)
        except KsefRefused:  # a session that KSeF has forgotten holds nothing
            return
        if reference:
            self._write(row, state=KsefState.SENT, invoice_reference=reference, sent_at=self._now)

    def _send(self, row: KsefSubmission) -> None:
        if not self._open:
            self._open = self._ksef.open_session()
        if not self._write(row, state=KsefState.SENDING, session_reference=self._open):
            return
        try:
            offline = row.offline_since is not None
            reference = self._ksef.send(self._open, row.xml.encode(), offline=offline)
        except KsefRefused as failure:
            self._refuse(row, failure.code, failure.text)
            return
        self._write(row, state=KsefState.SENT, invoice_reference=reference, sent_at=self._now)

    def _ask(self, row: KsefSubmission) -> None:
        try:
            status = self._ksef.status(row.session_reference, row.invoice_reference)
        except KsefRefused as failure:
            # KSeF knows nothing of it, or no more. Sent again it is at worst a duplicate of itself.
            forgotten = row.attempts >= ASKED_IN_VAIN
            self._try_later(row, failure, state=_unsent(row) if forgotten else row.state)
            return
        match verdict_of(status.code):
            case Verdict.PENDING:
                self._write(row, next_try_at=self._now + ASKED_EVERY, leased_until=None)
            case Verdict.ACCEPTED:
                self._accept(row, status.ksef_number)
            case Verdict.DUPLICATE:
                self._settle_duplicate(row, status)
            case Verdict.AGAIN:
                self._try_later(row, KsefFailure(status.code, status.text), state=_unsent(row))
            case Verdict.REFUSED:
                self._refuse(row, status.code, status.text)

    def _settle_duplicate(self, row: KsefSubmission, status: DocumentStatus) -> None:
        """Ours if it is the same document: then an earlier sending had arrived."""
        number = status.original_number
        try:
            is_ours = bool(number) and self._ksef.digest_of(number) == row.sha256
        except KsefRefused:
            is_ours = False
        if is_ours:
            self._accept(row, number, session_reference=status.original_session)
        else:
            self._refuse(row, status.code, str(OtherDocument(number=number)) if number else status.text)

    def _accept(self, row: KsefSubmission, number: str, **more: object) -> None:
        self._write(
            row,
            state=KsefState.ACCEPTED,
            ksef_number=number,
            decided_at=self._now,
            error_code=None,
            error_text="",
            next_try_at=self._now,
            leased_until=None,
            **more,
        )

    def _refuse(self, row: KsefSubmission, code: int | None, text: str) -> bool:
        self._write(
            row,
            state=KsefState.REFUSED,
            error_code=code,
            error_text=text,
            decided_at=self._now,
            leased_until=None,
        )
        return False

    def _put_off(self, row: KsefSubmission, failure: KsefUnavailable) -> None:
        """Surely not taken. While KSeF is down an invoice is issued all the same: offline24."""
        if row.state is KsefState.SENDING and self._open == row.session_reference:
            self._write(row, state=_unsent(row))
        if failure.is_down and row.state is KsefState.WAITING and self._prepare(row):
            self._go_offline(row)
        if row.state is not KsefState.REFUSED:
            self._try_later(row, failure, wait=min(timedelta(seconds=failure.retry_after), LONGEST_WAIT))

    def _go_offline(self, row: KsefSubmission) -> None:
        try:
            link = certificate_link(self._ksef.settings, row.sha256)
        except BadCertificate:
            link = ""
        self._write(row, state=KsefState.OFFLINE, offline_since=self._now, certificate_url=link)

    def _try_later(
        self,
        row: KsefSubmission,
        failure: KsefFailure,
        *,
        wait: timedelta = timedelta(),
        **more: object,
    ) -> None:
        attempts = row.attempts + 1
        pause = wait or back_off(attempts, first=FIRST_RETRY, longest=LONGEST_RETRY)
        self._write(
            row,
            attempts=attempts,
            next_try_at=self._now + pause,
            error_code=failure.code or None,
            error_text=failure.text,
            leased_until=None,
            **more,
        )

    def _write(self, row: KsefSubmission, **values: object) -> bool:
        return write_submission(self._session, row, self._now, **values)


def _unsent(row: KsefSubmission) -> KsefState:
    return KsefState.OFFLINE if row.offline_since else KsefState.WAITING
