"""Sending issued invoices into KSeF, each once, whatever is killed and whenever.

Before the network is used a row has its document and that document's digest. From the moment it may have
arrived until somebody knows (SENDING), the session is asked first; and if it is sent a second time after all,
KSeF refuses the second as a duplicate (440) and names the first, which is ours if it is the same document.
"""

from collections import deque
from datetime import timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

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
from gateways.ksef_links import invoice_link
from models.invoice import Invoice
from models.ksef import KsefSubmission
from services.fa3_document import NotForKsef, fa3_document
from services.ksef_receipts import fetch_receipt
from services.ksef_records import FIRST_RETRY, Clock, KsefRecords
from services.ksef_submissions import claim_submission, due_submissions, enrol_invoices

ASKED_EVERY = timedelta(seconds=30)
ASKED_IN_VAIN = 2
SESSIONS_IN_VAIN = 2
"""So many refused in a row, each in a session of its own: it is no longer about one document."""


class _Stop(Exception):
    """KSeF cannot be used now; the text of ``failure`` says why."""

    def __init__(self, failure: KsefUnavailable) -> None:
        super().__init__(failure.text)
        self.failure = failure


def send_to_ksef(session: Session, ksef: KsefGateway, clock: Clock) -> int:
    """One round: take new invoices in, send what waits, ask about what was sent; the number worked on.

    May run twice at once and be killed at any moment. Commits each step; no transaction is open while the
    network is used.
    """
    enrol_invoices(session, ksef.settings, clock())
    due = due_submissions(session, ksef.settings, clock())
    run = _Run(session, ksef, clock)
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
    """One round. It opens one session for all it sends, and another when that one takes no more."""

    def __init__(self, session: Session, ksef: KsefGateway, clock: Clock) -> None:
        self._session, self._ksef, self._clock = session, ksef, clock
        self._records = KsefRecords(session, ksef.settings, clock)
        self._open, self._in_vain = "", 0

    def work_on(self, submission_id: int) -> None:
        """Take a row as far as it goes now. Raises _Stop."""
        row = claim_submission(self._session, submission_id, self._clock())
        if row is None:
            return
        try:
            self._advance(row)
        except KsefUnavailable as failure:
            self._put_off(row, failure)
            raise _Stop(failure) from failure
        except KsefLost as failure:
            self._records.try_later(row, failure)
            raise _Stop(KsefUnavailable(failure.code, failure.text, is_down=False)) from failure

    def put_off(self, submission_id: int, failure: KsefUnavailable) -> None:
        """KSeF did not work for the row before this one."""
        row = claim_submission(self._session, submission_id, self._clock())
        if row is not None:
            self._put_off(row, failure)

    def _put_off(self, row: KsefSubmission, failure: KsefUnavailable) -> None:
        if row.state is KsefState.SENDING and self._open == row.session_reference:
            self._records.write(row, state=_unsent(row))
        self._records.put_off(row, failure, lambda: self._prepare(row))

    def _advance(self, row: KsefSubmission) -> None:
        if row.state in (KsefState.WAITING, KsefState.OFFLINE) and not self._prepare(row):
            return
        if row.state is KsefState.SENDING:
            self._look_for(row)
        if row.state in (KsefState.WAITING, KsefState.SENDING, KsefState.OFFLINE) and not self._send(row):
            return
        if row.state is KsefState.SENT:
            self._ask(row)
        if row.state is KsefState.ACCEPTED and not row.upo:
            fetch_receipt(self._session, self._ksef, row, self._clock)

    def _prepare(self, row: KsefSubmission) -> bool:
        """Make the document, unless it is there; False when there can be none."""
        if row.xml:
            return True
        settings, invoice = self._ksef.settings, self._session.get_one(Invoice, row.invoice_id)
        corrected = invoice.corrects.ksef if invoice.corrects else None
        if corrected is not None and corrected.state is not KsefState.ACCEPTED:
            self._records.pause(row, FIRST_RETRY)  # its number is needed
            return False
        try:
            document = fa3_document(invoice)
        except NotForKsef as problem:
            return self._records.refuse(row, None, str(problem))
        if invoice.seller.get("nip") != settings.nip:
            return self._records.refuse(row, None, str(OtherSeller()))
        digest = sha256(document).hexdigest()
        link = invoice_link(settings, invoice.issued_on, digest)
        return self._records.write(row, xml=document.decode(), sha256=digest, verification_url=link)

    def _look_for(self, row: KsefSubmission) -> None:
        """It may have arrived: ask its session."""
        try:
            reference = self._ksef.find(row.session_reference, row.sha256)
        except KsefRefused:  # a session that KSeF has forgotten holds nothing
            return
        if reference:
            self._records.sent(row, reference)

    def _send(self, row: KsefSubmission) -> bool:
        if not self._open:
            self._open = self._ksef.open_session()
        if not self._records.write(row, state=KsefState.SENDING, session_reference=self._open):
            return False
        try:
            offline = row.offline_since is not None
            reference = self._ksef.send(self._open, row.xml.encode(), offline=offline)
        except KsefRefused as failure:
            self._leave_session(row, failure)
            return False
        self._in_vain = 0
        self._records.sent(row, reference)
        return True

    def _leave_session(self, row: KsefSubmission, failure: KsefRefused) -> None:
        """The session takes nothing more, for all we know: the document was not even looked at."""
        self._open = ""
        self._in_vain += 1
        self._records.write(row, state=_unsent(row))
        if self._in_vain >= SESSIONS_IN_VAIN:
            raise KsefUnavailable(failure.code, failure.text, is_down=False) from failure
        self._records.refused_request(row, failure)

    def _ask(self, row: KsefSubmission) -> None:
        try:
            status = self._ksef.status(row.session_reference, row.invoice_reference)
        except KsefRefused as failure:
            # KSeF knows nothing of it, or no more. Sent again it is at worst a duplicate of itself.
            forgotten = row.attempts >= ASKED_IN_VAIN
            self._records.try_later(row, failure, state=_unsent(row) if forgotten else row.state)
            return
        match verdict_of(status.code):
            case Verdict.PENDING:
                self._records.pause(row, ASKED_EVERY)
            case Verdict.ACCEPTED:
                self._records.accept(row, status.ksef_number)
            case Verdict.DUPLICATE:
                self._settle_duplicate(row, status)
            case Verdict.AGAIN:
                self._records.try_later(row, KsefFailure(status.code, status.text), state=_unsent(row))
            case Verdict.REFUSED:
                self._records.refuse(row, status.code, status.text)

    def _settle_duplicate(self, row: KsefSubmission, status: DocumentStatus) -> None:
        """Ours if it is the same document: then an earlier sending had arrived."""
        number = status.original_number
        if not number:
            self._records.refuse(row, status.code, status.text)
            return
        other = str(OtherDocument(number=number))
        try:
            is_ours = self._ksef.digest_of(number) == row.sha256
        except KsefRefused as failure:  # says nothing of whose it is
            self._records.refused_request(row, failure, last_word=other)
            return
        if is_ours:
            self._records.accept(row, number, session_reference=status.original_session)
        else:
            self._records.refuse(row, status.code, other)


def _unsent(row: KsefSubmission) -> KsefState:
    return KsefState.OFFLINE if row.offline_since else KsefState.WAITING
