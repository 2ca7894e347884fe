"""Texts through a Kannel gateway (``GET sendsms``); what it calls back with is read in ``kannel_callbacks``.

Source: Kannel 1.4.5 itself: its answers, and the user's guide, "Using the HTTP interface to send SMS
messages". Left to itself, Kannel accepts a long text and sends its first part only (``max-messages`` is 1),
and told to split it, it cuts surrogate pairs in two: so each part is a request of its own. How it must be set
up: docs/sms-gateways.md.
"""

import re
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from urllib.parse import quote, urlencode, urlsplit

from domain.diagnoses import Diagnosis
from domain.outcomes import Accepted, AccountRefused, Failure, Outcome, Refused, Unavailable, Uncertain
from domain.segments import Encoding
from domain.sms_diagnoses import (
    GatewayBusy,
    LoginRefused,
    NoGateway,
    NumberRefused,
    RequestRefused,
    SenderRefused,
    SenselessAnswer,
)
from domain.smtp_replies import readable
from domain.text_messages import TextMessage
from gateways.sms_http import Connections
from gateways.sms_parts import Part, hand_over, parts_of
from gateways.sms_sending import AnswerLost, NotSent, lost, refusal_of_ours

SENDSMS = "/cgi-bin/sendsms"
EVERY_REPORT = 31
"""``dlr-mask``: delivered (1), undelivered (2), queued (4), accepted (8) and rejected (16) by the SMSC."""

_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,990}")
_CODINGS = {Encoding.GSM7: 0, Encoding.UCS2: 2}
_ACCEPTED = (b"0:", b"3:", b"Sent.")

# What smsbox says, by its beginning; a sentence is believed only with its own status.
_SENTENCES: tuple[tuple[HTTPStatus, bytes, type[Failure], type[Diagnosis]], ...] = (
    (HTTPStatus.FORBIDDEN, b"Authorization failed", AccountRefused, LoginRefused),
    (HTTPStatus.FORBIDDEN, b"Not routable", Refused, NumberRefused),
    (HTTPStatus.BAD_REQUEST, b"Number(s) has/have been denied", Refused, NumberRefused),
    (HTTPStatus.BAD_REQUEST, b"Sender missing", AccountRefused, SenderRefused),
    (HTTPStatus.BAD_REQUEST, b"DLR-URL field misformed", AccountRefused, RequestRefused),
    (HTTPStatus.BAD_REQUEST, b"", Refused, RequestRefused),
    (HTTPStatus.SERVICE_UNAVAILABLE, b"Temporal failure", Unavailable, GatewayBusy),
)


@dataclass(frozen=True, slots=True)
class KannelSettings:
    """One sendsms-user. ``base_url`` is http://host:13013; without a path it gets Kannel's own.

    ``timeout_seconds`` applies to connecting, to each single wait and to an answer's body as a whole. Raises
    ValueError for an address that is not http(s) or has a query, and for a user without name or password.
    """

    base_url: str
    username: str
    password: str = field(repr=False)
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        if not is_address(self.base_url) or urlsplit(self.base_url).query:
            raise ValueError("base_url is no http(s) address")
        if not self.username or not self.password:
            raise ValueError("username or password is empty")


class KannelGateway:
    """Keeps connections, for all threads; a process that was forked off makes its own.

    ``report_url`` is where Kannel reports to: its answers name no message, so our reference stands there.
    Raises ValueError for one that is no http(s) address or has a ``%``, which Kannel would replace.
    """

    def __init__(self, settings: KannelSettings, report_url: str = "") -> None:
        if report_url and (not is_address(report_url) or "%" in report_url):
            raise ValueError("report_url is no http(s) address")
        self._report_url = report_url
        url = urlsplit(settings.base_url)
        path = url.path if url.path.strip("/") else SENDSMS
        self._prefix = f"?{urlencode({'username': settings.username, 'password': settings.password})}"
        headers = "Accept: text/plain\r\nUser-Agent: Goniec\r\n"
        address = f"{url.scheme}://{url.netloc}{path}"
        self._connections = Connections(address, headers, settings.timeout_seconds)
        self._numbers = count(secrets.randbelow(256))

    def send(self, message: TextMessage) -> Outcome:
        """Hand one text over, part by part; never raises for the network or for what is answered.

        A request that may have arrived is not repeated: Kannel knows no references, so nothing would stop
        the second text. Raises ValueError for a reference that is not of our making.
        """
        refusal = refusal_of_ours(message)
        if refusal is not None:
            return refusal
        parts = parts_of(message.text, next(self._numbers))
        return hand_over(parts, lambda part: self._send(message, part))

    def _send(self, message: TextMessage, part: Part) -> Outcome:
        target = self._prefix + query(message, part, self._report_url)
        try:
            answer = self._connections.exchange("GET", target)
        except NotSent as error:
            return error.outcome
        except AnswerLost as error:
            return lost(str(error))
        return outcome_of(answer.status, answer.body)

    def check(self) -> Failure | None:
        """Why no text could go out through this user now, as far as a request without a number tells; none
        when Kannel misses nothing but that. Sends nothing.
        """
        try:
            answer = self._connections.exchange("GET", self._prefix)
        except NotSent as error:
            return error.outcome
        except AnswerLost as error:
            return Unavailable("", str(NoGateway(why=str(error))))
        if answer.status == HTTPStatus.BAD_REQUEST:
            return None
        outcome = outcome_of(answer.status, answer.body)
        said = readable((answer.body or b"")[:200])
        return outcome if isinstance(outcome, Failure) else Uncertain("", str(SenselessAnswer(answer=said)))

    def close(self) -> None:
        """Close the connections that are idle."""
        self._connections.close()


def is_address(text: str) -> bool:
    try:
        url = urlsplit(text)
        return bool(_ADDRESS.fullmatch(text) and url.hostname and url.port != 0)
    except ValueError:  # brackets that hold no IPv6 address, a port that is none
        return False


def query(message: TextMessage, part: Part, report_url: str) -> str:
    """What differs from part to part, ready to follow the user's name and password.

    Only the last part is reported on: what becomes of it stands for the text.
    """
    fields: dict[str, str | bytes | int] = {
        "to": message.number,
        "text": part.text,
        "charset": "UTF-8",
        "coding": _CODINGS[part.encoding],
    }
    if part.header:
        fields["udh"] = part.header
    if message.sender:
        fields["from"] = message.sender
    if report_url and part.last:
        fields["dlr-mask"] = EVERY_REPORT
        fields["dlr-url"] = dlr_url(report_url, message.reference)
    return f"&{urlencode(fields, quote_via=quote)}"


def dlr_url(report_url: str, reference: str) -> str:
    """The address of one text's reports, with the escapes Kannel fills in (and quotes).

    %d the kind, %T the moment in Unix seconds, %i the SMSC connection, %F the SMSC's own name for the text,
    %A what the SMSC said.
    """
    return f"{report_url}?ref={reference}&status=%d&at=%T&smsc=%i&theirs=%F&said=%A"


def outcome_of(status: int, body: bytes | None) -> Outcome:
    """What an answer means; ``body`` is none when it did not come whole."""
    said = (body or b"").strip()
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Accepted() if said.startswith(_ACCEPTED) else _senseless(status, said)
    code, words = f"HTTP {status}", readable(said[:200]) or f"HTTP {status}"
    for expected, beginning, kind, diagnosis in _SENTENCES:
        if status == expected and said.startswith(beginning):
            failure = kind(code, str(diagnosis(said=words)))
            assert isinstance(failure, Refused | Unavailable)  # noqa: S101 - the table has no other
            return failure
    if status == HTTPStatus.SERVICE_UNAVAILABLE:  # of a proxy, which may have handed it on, or of its limit
        return _senseless(status, said) if b"reset before headers" in said else _busy(code, words)
    redirected = HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST
    if status // 100 == 4 or (redirected and status != HTTPStatus.SEE_OTHER):  # noqa: PLR2004
        return AccountRefused(code, str(RequestRefused(said=words)))
    return _senseless(status, said)  # "500 Sending failed." comes when a part may already be on its way


def _busy(code: str, words: str) -> Unavailable:
    return Unavailable(code, str(GatewayBusy(said=words)))


def _senseless(status: int, said: bytes) -> Uncertain:
    code = f"HTTP {status}"
    return Uncertain(code, str(SenselessAnswer(answer=f"{code} {readable(said[:200])}".strip())))
