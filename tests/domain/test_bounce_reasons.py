"""Every verdict says what it rests on, and a stored message is read as the one that came."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bounce_reasons import BounceReason, bounce_reason
from domain.bounces import BounceKind, classify_typed
from domain.smtp_replies import BounceVerdict
from domain.stored_mail import kept_bytes, kept_text

V, R, K = BounceVerdict, BounceReason, BounceKind


@pytest.mark.parametrize(
    ("kind", "verdict", "code", "words", "why"),
    [
        (K.DSN, V.BLOCK, "5.1.1", "No such user", R.NO_SUCH_ADDRESS_CODE),
        (K.SMTP, V.BLOCK, "550", "No such user", R.NO_SUCH_ADDRESS_WORDS),
        (K.FREETEXT, V.BLOCK, "", "nie ma takiej skrzynki", R.NO_SUCH_ADDRESS_WORDS),
        (K.ARF, V.BLOCK, "", "complaint: abuse", R.COMPLAINT),
        (K.DSN, V.SENDER_FAULT, "5.7.1", "denied", R.POLICY),
        (K.FREETEXT, V.SENDER_FAULT, "", "odrzucono jako spam", R.POLICY),
        (K.DSN, V.SENDER_FAULT, "5.6.0", "cannot convert", R.OUR_MESSAGE),
        (K.DSN, V.SOFT, "5.2.2", "", R.MAILBOX_FULL),
        (K.FREETEXT, V.SOFT, "", "skrzynka przepełniona", R.MAILBOX_FULL),
        (K.DSN, V.SOFT, "5.4.4", "host unreachable", R.COUNTED),
        (K.DSN, V.SOFT, "4.4.1", "timed out", R.PASSING),
        (K.AUTO_REPLY, V.NONE, "", "", R.AUTO_REPLY),
        (K.OTHER, V.NONE, "", "", R.NO_FAILURE),
        (K.ARF, V.NONE, "", "complaint: not-spam", R.NO_FAILURE),
    ],
)
def test_a_verdict_says_what_it_rests_on(
    kind: BounceKind, verdict: BounceVerdict, code: str, words: str, why: BounceReason
) -> None:
    assert bounce_reason(kind, verdict, code, words) is why


@pytest.mark.parametrize(
    ("code", "said", "status", "verdict"),
    [
        ("5.1.1", "", "5.1.1", V.BLOCK),
        ("", "550 5.1.1 <anna@poczta.example>: user unknown", "5.1.1", V.BLOCK),
        ("550", "Nie ma takiego użytkownika", "", V.BLOCK),
        ("", "konto zostało zamknięte", "", V.BLOCK),
        ("550", "", "", V.SOFT),
        ("5.7.1", "", "5.7.1", V.SENDER_FAULT),
        ("5.7.26", "User unknown", "5.7.26", V.SENDER_FAULT),
        ("5.1.1", "Rejected as spam by our policy", "5.1.1", V.SENDER_FAULT),
        ("5.1.1", "550 5.7.1 denied", "5.1.1", V.SENDER_FAULT),
        ("550", "bad reputation of the sending host", "", V.SENDER_FAULT),
        ("5.2.2", "", "5.2.2", V.SOFT),
        ("5.4.4", "", "5.4.4", V.SOFT),
        ("", "Jestem na urlopie do 15 sierpnia, odpiszę po powrocie.", "", V.NONE),
        ("", "Dziękuję, do usłyszenia", "", V.NONE),
    ],
)
def test_what_a_person_types_is_judged_by_the_same_rules(
    code: str, said: str, status: str, verdict: BounceVerdict
) -> None:
    finding = classify_typed("anna@poczta.example", code, said)
    assert (finding.status, finding.verdict) == (status, verdict)


@given(st.binary())
def test_any_message_can_be_kept_as_text(raw: bytes) -> None:
    text = kept_text(raw)
    text.encode("utf-8")
    assert "\0" not in text


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_a_message_in_utf_8_is_read_again_as_it_came(text: str) -> None:
    raw = text.encode().replace(b"\\x", b"")
    assert kept_bytes(kept_text(raw)) == raw


def test_a_message_in_an_older_charset_is_read_again_as_it_came() -> None:
    raw = "Skrzynka już nie istnieje: żółć".encode("iso-8859-2")
    assert kept_bytes(kept_text(raw)) == raw
