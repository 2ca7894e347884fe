"""Texts through SMSAPI.pl (``POST /sms.do``); what it calls back with is read in ``smsapi_callbacks``.

Source: the official Python client 2.9, whose parameters these are, and www.smsapi.pl/docs.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import quote_plus, urlsplit

from domain.outcomes import Failure, Outcome, Unavailable
from domain.sms_diagnoses import NoGateway
from domain.text_messages import TextMessage
from gateways import smsapi_messages as messages
from gateways.sms_http import Connections
from gateways.sms_sending import AnswerLost, NotSent, lost, refusal_of_ours

_SEND = "/sms.do"
_ACCOUNT = "/user.do?credits=1&details=1&format=json"
_SAME_FOR_ALL = b"format=json&encoding=utf-8&check_idx=1&details=1&nounicode=0&"
_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,1990}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class SmsapiSettings:
    """One account. ``base_url`` is https://api.smsapi.pl, ``token`` an OAuth token with the scope for SMS.

    ``timeout_seconds`` applies to connecting, to each single wait and to an answer's body as a whole.
    Raises ValueError for an address that is not http(s), and for a token that is empty or could end the
    header it stands in.
    """

    base_url: str
    token: str = field(repr=False)
    timeout_seconds: float = 10.0

    def __post_init__(self) -> None:
        if not _is_address(self.base_url):
            raise ValueError("base_url is no http(s) address")
        if not self.token:
            raise ValueError("token is empty")
        if not _TOKEN.fullmatch(self.token):
            raise ValueError("token is no access token")


class SmsapiGateway:
    """Keeps connections, for all threads; a process that was forked off makes its own.

    ``notify_url`` is where delivery is reported to, in place of the address set at SMSAPI. Raises ValueError
    for one that is no http(s) address.
    """

    def __init__(self, settings: SmsapiSettings, notify_url: str = "") -> None:
        if notify_url and not _is_address(notify_url):
            raise ValueError("notify_url is no http(s) address")
        notify = f"notify_url={quote_plus(notify_url)}&" if notify_url else ""
        self._prefix = _SAME_FOR_ALL + notify.encode("ascii")
        headers = (
            f"Authorization: Bearer {settings.token}\r\n"
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
            "Accept: application/json\r\n"
            "User-Agent: Goniec\r\n"
        )
        self._connections = Connections(settings.base_url, headers, settings.timeout_seconds)

    def send(self, message: TextMessage) -> Outcome:
        """Hand one text over; never raises for the network or for what the other side answers.

        Nothing is sent twice: a request that may have arrived is not repeated, and with ``check_idx`` SMSAPI
        refuses a reference it has taken in the last days, which counts as accepted (with no name of theirs).
        Raises ValueError for a reference that is not of our making.
        """
        refusal = refusal_of_ours(message)
        if refusal is not None:
            return refusal
        try:
            answer = self._connections.exchange("POST", _SEND, self._prefix + messages.form(message))
        except NotSent as error:
            return error.outcome
        except AnswerLost as error:
            return lost(str(error))
        return messages.outcome_of(answer.status, answer.body, message.reference)

    def check(self) -> Failure | None:
        """Why no text could go out through this account now, as far as asking for its points tells; none when
        it answers. Sends and costs nothing.
        """
        try:
            answer = self._connections.exchange("GET", _ACCOUNT)
        except NotSent as error:
            return error.outcome
        except AnswerLost as error:
            return Unavailable("", str(NoGateway(why=str(error))))
        return messages.trouble_with_account(answer.status, answer.body)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._connections.close()


def _is_address(text: str) -> bool:
    try:
        url = urlsplit(text)
        return bool(_ADDRESS.fullmatch(text) and url.hostname and url.port != 0)
    except ValueError:  # brackets that hold no IPv6 address, a port that is none
        return False
