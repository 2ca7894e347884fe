"""Texts through an SMSC that speaks SMPP 3.4; what it hands to us is read in ``smpp_deliveries``.

Sources: SMPP 3.4 (4.4 submit_sm, 5.1.3 the statuses, 5.2 the fields). The SMSC's default alphabet (data
coding 0) is taken to be GSM-7, one septet an octet, which the specification leaves open. What is left out:
docs/sms-gateways.md.
"""

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count

from smpplib import consts  # type: ignore[import-untyped]

from domain.diagnoses import Diagnosis
from domain.gsm_alphabet import encode_gsm
from domain.outcomes import Accepted, AccountRefused, Failure, Outcome, Refused, Unavailable
from domain.segments import Encoding
from domain.sms_diagnoses import (
    GatewayBusy,
    GatewayFault,
    LoginRefused,
    NumberRefused,
    RequestRefused,
    SenderRefused,
    TextRefused,
)
from domain.text_messages import DeliveryReport, IncomingText, TextMessage
from gateways.smpp_connection import BindRefused, Pdu, SmppConnection, SmppSettings
from gateways.smpp_deliveries import Piece, UnreadableDelivery, read_delivery
from gateways.smpp_pieces import Pieces
from gateways.sms_parts import Part, hand_over, parts_of
from gateways.sms_sending import AnswerLost, NotSent, lost, refusal_of_ours

Receive = Callable[[DeliveryReport | IncomingText], bool]
"""Keeps what came; false when it cannot now, or knows nothing of the text a report is of."""

IDLE_SECONDS = 5.0
"""After so long without a word, the SMSC is asked whether it is there before a text is risked on it."""

KEEPALIVE_SECONDS = 30.0
"""After so long it is asked in any case."""

RECONNECT_SECONDS = 15.0
_PAUSES = (0.5, 1.0, 2.0)
_MOST_ASKED_AGAIN = 10_000
_STATUSES: Mapping[int, tuple[type[Failure], type[Diagnosis]]] = {
    consts.SMPP_ESME_RINVMSGLEN: (Refused, TextRefused),
    consts.SMPP_ESME_RINVESMCLASS: (Refused, TextRefused),
    consts.SMPP_ESME_RINVDSTADR: (Refused, NumberRefused),
    consts.SMPP_ESME_RINVDSTTON: (Refused, NumberRefused),
    consts.SMPP_ESME_RINVDSTNPI: (Refused, NumberRefused),
    consts.SMPP_ESME_RINVSRCADR: (Refused, SenderRefused),
    consts.SMPP_ESME_RINVSRCTON: (Refused, SenderRefused),
    consts.SMPP_ESME_RINVSRCNPI: (Refused, SenderRefused),
    consts.SMPP_ESME_RALYBND: (Unavailable, GatewayBusy),  # another process has the only bind
    consts.SMPP_ESME_RMSGQFUL: (Unavailable, GatewayBusy),
    consts.SMPP_ESME_RTHROTTLED: (Unavailable, GatewayBusy),
    consts.SMPP_ESME_RX_T_APPN: (Unavailable, GatewayBusy),
    consts.SMPP_ESME_RSYSERR: (Unavailable, GatewayFault),
    consts.SMPP_ESME_RINVCMDLEN: (AccountRefused, RequestRefused),
    consts.SMPP_ESME_RINVCMDID: (AccountRefused, RequestRefused),
    consts.SMPP_ESME_RINVBNDSTS: (AccountRefused, RequestRefused),
    consts.SMPP_ESME_RINVREGDLVFLG: (AccountRefused, RequestRefused),
    consts.SMPP_ESME_RINVSERTYP: (AccountRefused, RequestRefused),
    consts.SMPP_ESME_RINVSYSTYP: (AccountRefused, LoginRefused),
    consts.SMPP_ESME_RBINDFAIL: (AccountRefused, LoginRefused),
    consts.SMPP_ESME_RINVPASWD: (AccountRefused, LoginRefused),
    consts.SMPP_ESME_RINVSYSID: (AccountRefused, LoginRefused),
}
_BUSY = frozenset({consts.SMPP_ESME_RMSGQFUL, consts.SMPP_ESME_RTHROTTLED})
_SMALLEST_NUMBER = 7


class SmppGateway:
    """Keeps one connection, for all threads, which take turns; a process that was forked off makes its own.

    ``receive`` is given what the SMSC hands over: between two texts, and whenever `listen` is called. An SMSC
    is answered only after it said that it has kept it.
    """

    def __init__(self, settings: SmppSettings, receive: Receive = lambda _item: True) -> None:
        self._settings = settings
        self._receive = receive
        self._turn = threading.RLock()
        self._connection: SmppConnection | None = None
        self._owner = os.getpid()
        self._numbers = count(secrets.randbelow(256))
        self._pieces = Pieces()
        self._asked_again: dict[str, None] = {}
        self._not_before = 0.0

    def send(self, message: TextMessage) -> Outcome:
        """Hand one text over, part by part; never raises for the network or for what is answered.

        Nothing is sent twice: a part whose answer is lost is not repeated. Raises ValueError for a reference
        that is not of our making.
        """
        refusal = refusal_of_ours(message)
        if refusal is not None:
            return refusal
        parts = parts_of(message.text, next(self._numbers))
        pauses = iter(_PAUSES)  # of one text together: a worker's claim lasts two minutes
        with self._turn:
            outcome = self._ready(IDLE_SECONDS)
            return outcome or hand_over(parts, lambda part: self._submit(message, part, pauses))

    def listen(self) -> Unavailable | None:
        """Take what the SMSC has for us, bound anew where that is needed; why there is no connection."""
        with self._turn:
            self._forget_a_parents()
            if self._connection is None and time.monotonic() < self._not_before:
                return None
            outcome = self._ready(KEEPALIVE_SECONDS)
            for text in self._pieces.given_up(time.monotonic()):
                self._receive(text)
            return outcome

    def check(self) -> Failure | None:
        """Why there is no connection that texts could leave by; none when there is one."""
        with self._turn:
            return self._ready(0.0)

    @property
    def is_bound(self) -> bool:
        return self._connection is not None and self._owner == os.getpid()

    def close(self) -> None:
        """Unbind. Pieces of texts whose rest has not come are handed over as they are."""
        with self._turn:
            self._drop(politely=True)
            for text in self._pieces.given_up(None):
                self._receive(text)

    def _ready(self, idle_seconds: float) -> Unavailable | None:
        """See to a connection that was alive so many seconds ago, with nothing waiting in it; why there is
        none.
        """
        self._forget_a_parents()
        for _ in range(2):
            try:
                if self._connection is None:
                    self._connection = SmppConnection(self._settings)
                self._connection.read_waiting()
                self._hear(self._connection)
                if time.monotonic() - self._connection.used_at > idle_seconds:
                    self._connection.request("enquire_link")
            except BindRefused as error:
                self._not_before = time.monotonic() + RECONNECT_SECONDS
                return _unavailable(error.status)
            except NotSent as error:
                gone, outcome = self._connection is not None, error.outcome
            except AnswerLost as error:
                gone, outcome = True, Unavailable("", str(lost(str(error)).text))
            else:
                return None
            self._drop()
            if not gone:
                break
        self._not_before = time.monotonic() + RECONNECT_SECONDS
        return outcome

    def _submit(self, message: TextMessage, part: Part, pauses: Iterator[float]) -> Outcome:
        while True:
            outcome = self._submit_once(message, part)
            pause = next(pauses, None) if _is_busy(outcome) else None
            if pause is None:
                return outcome
            time.sleep(pause)

    def _submit_once(self, message: TextMessage, part: Part) -> Outcome:
        assert self._connection is not None  # noqa: S101 - what drops it also ends the text
        try:
            answer = self._connection.request("submit_sm", **fields_of(message, part))
        except NotSent as error:
            self._drop()
            return error.outcome
        except AnswerLost as error:
            self._drop()
            return lost(str(error))
        return outcome_of(answer)

    def _hear(self, connection: SmppConnection) -> None:
        """Hand on what has come, and answer for it: kept, come again later, or never again."""
        while connection.deliveries:
            delivery = connection.deliveries[0]
            connection.answer(delivery, self._heard(delivery))
            connection.deliveries.popleft()

    def _heard(self, delivery: Pdu) -> int:
        try:
            item = read_delivery(delivery.body)
        except UnreadableDelivery:
            return int(consts.SMPP_ESME_RX_P_APPN)
        if isinstance(item, Piece):
            whole = self._pieces.add(item, time.monotonic())
            if whole is None:
                return int(consts.SMPP_ESME_ROK)
            item = whole
        if self._receive(item) or self._was_asked_again(item):
            return int(consts.SMPP_ESME_ROK)
        return int(consts.SMPP_ESME_RX_T_APPN)

    def _was_asked_again(self, item: DeliveryReport | IncomingText) -> bool:
        """Whether a report nobody knows has come before. The first time it may have overtaken our own record
        of the text, so the SMSC is asked to bring it once more.
        """
        if isinstance(item, IncomingText):
            return False
        name = f"{item.provider_reference} {item.code}"
        if name in self._asked_again:
            del self._asked_again[name]
            return True
        if len(self._asked_again) >= _MOST_ASKED_AGAIN:
            self._asked_again.clear()
        self._asked_again[name] = None
        return False

    def _forget_a_parents(self) -> None:
        if self._owner != os.getpid():  # two would write into one stream and mix up the answers
            if self._connection is not None:
                self._connection.close(politely=False)
            self._connection, self._owner = None, os.getpid()

    def _drop(self, *, politely: bool = False) -> None:
        if self._connection is not None:
            self._connection.close(politely=politely)
            self._connection = None


def fields_of(message: TextMessage, part: Part) -> dict[str, object]:
    """The fields of a submit_sm. Only the last part is reported on: its fate stands for the text's."""
    gsm = part.encoding is Encoding.GSM7
    text = encode_gsm(part.text) if gsm else part.text.encode("utf-16-be")
    ton, npi, sender = _source(message.sender)
    return {
        "source_addr_ton": ton,
        "source_addr_npi": npi,
        "source_addr": sender,
        "dest_addr_ton": consts.SMPP_TON_INTL,
        "dest_addr_npi": consts.SMPP_NPI_ISDN,
        "destination_addr": message.number.removeprefix("+"),
        "esm_class": consts.SMPP_GSMFEAT_UDHI if part.header else consts.SMPP_MSGMODE_DEFAULT,
        "registered_delivery": int(part.last),
        "data_coding": consts.SMPP_ENCODING_DEFAULT if gsm else consts.SMPP_ENCODING_ISO10646,
        "short_message": part.header + text,
    }


def outcome_of(answer: Pdu) -> Outcome:
    """What a submit_sm_resp, or a generic_nack in its place, means for a part."""
    if answer.status != consts.SMPP_ESME_ROK:
        return _failure(answer.status)
    theirs = answer.body.partition(b"\0")[0].decode("latin-1")
    return Accepted(theirs if theirs.isascii() and theirs.isprintable() else "")


def _source(sender: str) -> tuple[int, int, str]:
    """Type of number, numbering plan and address: a number, a short number or a name."""
    digits = sender.removeprefix("+")
    if not digits.isdecimal():
        return (consts.SMPP_TON_ALNUM if sender else consts.SMPP_TON_UNK), consts.SMPP_NPI_UNK, sender
    long = sender.startswith("+") or len(digits) > _SMALLEST_NUMBER
    return (consts.SMPP_TON_INTL if long else consts.SMPP_TON_UNK), consts.SMPP_NPI_ISDN, digits


def _failure(status: int) -> Refused | Unavailable:
    kind, diagnosis = _STATUSES.get(status, (AccountRefused, RequestRefused))  # perhaps all will get it
    said = consts.DESCRIPTIONS.get(status, "")
    code = f"0x{status:08X}"
    failure = kind(code, str(diagnosis(said=f"{code} {said}".strip())))
    assert isinstance(failure, Refused | Unavailable)  # noqa: S101 - the table has no other
    return failure


def _unavailable(status: int) -> Unavailable:
    """A bind that was refused holds every text back, whatever the reason."""
    failure = _failure(status)
    return failure if isinstance(failure, Unavailable) else AccountRefused(failure.code, failure.text)


def _is_busy(outcome: Outcome) -> bool:
    return isinstance(outcome, Unavailable) and outcome.code in {f"0x{status:08X}" for status in _BUSY}
