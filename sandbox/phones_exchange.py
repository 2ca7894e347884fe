"""What the SMSAPI stand-in keeps: the texts it took, what it was told to do wrong, and whom it calls back.

Codes and rules are made here from the protocol's description, not by the gateway's code, so that a mistake
in one does not hide behind the same mistake in the other.
"""

import re
import secrets
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from domain.segments import Encoding, segment

INBOX = "48799000111"
"""The number that takes answers to texts from a sender's name."""

PRICE = 0.16
MOST_PARTS = 10
_DIGITS = re.compile(r"[1-9][0-9]{7,14}")
_POLISH_MOBILE = re.compile(r"48((45|5[0137]|6[069]|7[2389]|88)[0-9]{7}|21(1[013-5]|2[0-9]|3[1-9])[0-9]{5})")
_SENDER = re.compile(r"[\x20-\x7e]{1,11}|[0-9]{3,15}")
_ADDRESS = re.compile(r"https?://[\x21-\x7e]{1,1990}")


class Refusal(Exception):
    """A text SMSAPI would refuse, with its code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Trouble(StrEnum):
    """What can go wrong, on demand."""

    REFUSE = "refuse"  # error 13
    NO_CREDITS = "no_credits"  # error 103
    BUSY = "busy"  # HTTP 503
    HANG = "hang"  # taken, and the answer is withheld until it is released
    DROP_BEFORE = "drop_before"  # the connection is closed and nothing taken
    DROP_AFTER = "drop_after"  # taken, and the connection closed without an answer


@dataclass
class Rule:
    """``trouble`` with texts to ``number`` (empty: any), after ``skip`` of them, ``times`` (none: always)."""

    trouble: Trouble
    number: str = ""
    times: int | None = None
    skip: int = 0

    def applies(self, number: str) -> bool:
        """Whether it applies to this text, counting it."""
        if (self.number and self.number != number) or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Text:
    """One text, out (``idx`` is the panel's) or in; numbers are digits without the +."""

    id: str
    idx: str
    number: str
    sender: str
    text: str
    parts: int
    at: datetime
    incoming: bool = False
    notify_url: str = ""
    status: int = 409


class Exchange:
    """Every text, for all threads. A text is taken under one lock, so an ``idx`` is never taken twice."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: list[Text] = []
        self._by_id: dict[str, Text] = {}
        self._idx: set[str] = set()
        self._handed: Counter[str] = Counter()
        self._rules: list[Rule] = []
        self._released = threading.Event()
        self.withheld = 0

    def take(self, form: Mapping[str, str]) -> Text:
        """Take a text as ``sms.do`` would. Raises Refusal."""
        idx = form.get("idx", "")
        with self._lock:
            self._handed[idx] += 1
        text = _checked(form)
        with self._lock:
            if idx and form.get("check_idx") == "1" and idx in self._idx:
                raise Refusal(53, "Nieunikalny parametr idx.")
            self._idx.add(idx)
            self._keep(text)
        return text

    def receive(self, number: str, text: str) -> Text:
        """A text that somebody sends from a phone. Raises Refusal for a number that is none."""
        digits = number_of(number)
        if not text.strip() or len(text) > 2000:  # noqa: PLR2004 - as much as anybody types
            raise Refusal(11, "Brak treści.")
        with self._lock:
            last = next((t for t in reversed(self._texts) if t.number == digits and not t.incoming), None)
            to = last.sender if last and last.sender.isdigit() else INBOX
            parts = segment(text).parts
            return self._keep(
                Text(_new_id(), "", digits, to, text, parts, datetime.now(UTC), incoming=True, status=404)
            )

    def _keep(self, text: Text) -> Text:
        self._texts.append(text)
        self._by_id[text.id] = text
        return text

    def handed_over(self) -> Counter[str]:
        """How often each ``idx`` was brought, refusals included: here whoever sends twice is found out."""
        with self._lock:
            return self._handed.copy()

    def get(self, text_id: str) -> Text | None:
        return self._by_id.get(text_id)

    def texts(self, number: str = "") -> list[Text]:
        """Every text in the order of time, or those of one phone."""
        with self._lock:
            return [text for text in self._texts if not number or text.number == number]

    def clear(self) -> None:
        """Forget every text; what was taken stays taken, so no ``idx`` can be used again."""
        with self._lock:
            self._texts.clear()
            self._by_id.clear()

    # --- what goes wrong ---

    def misbehave(self, rule: Rule) -> None:
        """Add a rule; the first one that applies decides."""
        with self._lock:
            self._rules.append(rule)
            if rule.trouble is Trouble.HANG:
                self._released.clear()

    def behave(self) -> None:
        """Forget every rule and give the answers that are withheld."""
        with self._lock:
            self._rules.clear()
        self._released.set()

    def trouble_unread(self) -> bool:
        """Whether to drop this connection before a byte of the text is read."""
        with self._lock:
            unread = [r for r in self._rules if r.trouble is Trouble.DROP_BEFORE and not r.number]
            return any(rule.applies("") for rule in unread)

    def trouble(self, number: str) -> Trouble | None:
        """What goes wrong with a text to this number."""
        with self._lock:
            for rule in self._rules:
                read = rule.trouble is not Trouble.DROP_BEFORE or rule.number
                if read and rule.applies(number):
                    return rule.trouble
        return None

    def wait_for_release(self) -> None:
        """Until `behave` or the end."""
        with self._lock:
            self.withheld += 1
        self._released.wait()
        with self._lock:
            self.withheld -= 1


def number_of(text: str) -> str:
    """A number's digits with the country's. Raises Refusal 13 for what is no mobile number."""
    digits = re.sub(r"[\s-]", "", text).removeprefix("+").removeprefix("00")
    if re.fullmatch(r"[1-9][0-9]{8}", digits):
        digits = f"48{digits}"
    if not _DIGITS.fullmatch(digits) or (digits.startswith("48") and not _POLISH_MOBILE.fullmatch(digits)):
        raise Refusal(13, "Brak prawidłowych numerów telefonów.")
    return digits


def _checked(form: Mapping[str, str]) -> Text:
    number, body, sender = number_of(form.get("to", "")), form.get("message", ""), form.get("from", "")
    if sender and not _SENDER.fullmatch(sender):
        raise Refusal(14, "Nieprawidłowe pole nadawcy.")
    counted = segment(body)
    unicode_forbidden = form.get("nounicode") == "1" and counted.encoding is Encoding.UCS2
    if not body or counted.parts > MOST_PARTS or unicode_forbidden:
        raise Refusal(11, "Zbyt długa lub brak wiadomości.")
    limit = form.get("max_parts", "")
    if limit and (not re.fullmatch("[0-9]{1,2}", limit) or counted.parts > int(limit)):
        raise Refusal(
            12, "Wiadomość składa się z większej ilości części niż określono w parametrze max_parts."
        )
    idx, notify = form.get("idx", ""), form.get("notify_url", "")
    if len(idx) > 255:  # noqa: PLR2004
        raise Refusal(27, "Parametr IDX za długi. Maksymalnie 255 znaków.")
    if notify and not is_address(notify):
        raise Refusal(70, "Błędny adres CALLBACK w parametrze notify_url.")
    now = datetime.now(UTC)
    return Text(_new_id(), idx, number, sender or "Info", body, counted.parts, now, notify_url=notify)


def is_address(text: str) -> bool:
    try:
        return bool(_ADDRESS.fullmatch(text) and urlsplit(text).hostname)
    except ValueError:
        return False


def _new_id() -> str:
    return secrets.token_hex(12).upper()
