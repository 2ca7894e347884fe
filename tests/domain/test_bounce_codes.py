"""What a code says about an address, and what the words beside it take back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.bounce_codes import (
    best_code,
    counts_towards_block,
    enhanced_codes,
    verdict_of_code,
    verdict_of_words,
)
from domain.bounce_phrases import names_policy
from domain.names import fold
from domain.smtp_replies import BounceVerdict

BLOCK, SOFT, FAULT, NONE = (
    BounceVerdict.BLOCK,
    BounceVerdict.SOFT,
    BounceVerdict.SENDER_FAULT,
    BounceVerdict.NONE,
)
BLOCKING = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
POLICY = (
    "spam", "message rejected due to local policy", "poor reputation of your IP", "content rejected",
    "greylisted, try later", "listed in a blocklist", "see https://www.spamhaus.org/query/ip/192.0.2.1",
    "SPF check failed", "odrzucono przez politykę serwera", "nadawca na czarnej liście", "podejrzana treść",
    "zbyt niska reputacja", "filtr antyspamowy", "wiadomość niechciana", "ograniczenia serwera",
    "unsolicited mail", "DMARC", "blacklisted", "DNSBL", "prohibited attachment",
    "receiving mail at a rate that prevents",
)  # fmt: skip
FULL = ("mailbox full", "over quota", "quota exceeded", "skrzynka przepełniona", "brak miejsca na koncie")


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        (" ".join(BLOCKING), BLOCK),
        ("4.0.0 4.1.1 4.2.1 4.4.7 4.7.1 5.2.2 5.2.3 5.3.4", SOFT),
        ("5.7.1 5.7.26 5.7.606 5.1.7 5.1.8 5.5.0 5.5.4 5.6.0 5.6.7", FAULT),
        ("5.0.0 5.4.1 5.4.4 5.1.0 5.1.4 5.2.0 5.3.0 5.1.20", SOFT),
        ("2.0.0 2.1.5", NONE),
    ],
)
def test_the_table_decides_where_no_words_contradict(codes: str, verdict: BounceVerdict) -> None:
    for code in codes.split():
        assert verdict_of_code(code, "550 <jan@firma.example>: no") is verdict, code


@pytest.mark.parametrize("words", POLICY)
@pytest.mark.parametrize("code", [*BLOCKING, "5.0.0", "5.4.1", "5.9.9"])
def test_policy_words_make_it_the_senders_fault_whatever_the_code(code: str, words: str) -> None:
    verdict = verdict_of_code(code, f"550 {code} User unknown; {words}")
    assert verdict is FAULT
    assert not counts_towards_block(code, verdict, words)


@pytest.mark.parametrize("words", FULL)
@pytest.mark.parametrize("code", [*BLOCKING, "5.0.0", "5.2.2", "4.2.2"])
def test_a_full_mailbox_is_soft_and_never_counts(code: str, words: str) -> None:
    verdict = verdict_of_code(code, words)
    assert verdict is SOFT
    assert not counts_towards_block(code, verdict, words)


@given(before=st.text(max_size=60), words=st.sampled_from(POLICY), after=st.text(max_size=60))
def test_no_words_around_a_policy_bring_the_block_back(before: str, words: str, after: str) -> None:
    text = f"{before} . {words} . {after}"
    for code in (*BLOCKING, ""):
        verdict = verdict_of_code(code, text) if code else verdict_of_words(text)
        assert verdict is not BLOCK


@pytest.mark.parametrize(
    "words",
    [
        "User unknown in relay recipient table",
        "User jan not listed in Domino Directory",
        "konto zablokowane",
        "mailbox has been blocked",
        "<spam@policy.example>: user unknown",
        "host relay.spam.example said: user unknown",
        "the addresses listed below do not exist",
        "returned to sender: no such user",
        "Nadawca: biuro@firma.example, odbiorca nieznany",
    ],
)
def test_words_that_accuse_nobody_are_no_policy(words: str) -> None:
    assert not names_policy(fold(words))
    assert verdict_of_code("5.1.1", words) is BLOCK


@pytest.mark.parametrize(
    ("status", "diagnostic", "code"),
    [
        ("5.0.0", "smtp; 550 5.1.1 User unknown", "5.1.1"),
        ("5.0.0", "smtp; 550 No such user", "5.0.0"),
        ("5.1.0", "smtp; 550-5.1.1 user unknown", "5.1.1"),
        ("5.1.0", "smtp; 550 5.4.4 no route", "5.1.0"),
        ("5.0.350", "550 5.0.350 error -> 550 5.1.1 unknown", "5.1.1"),
        ("5.1.1", "smtp; 550 5.7.1 no", "5.1.1"),
        ("5.1.1 (bad destination mailbox address)", "", "5.1.1"),
        ("4.4.7", "smtp; 550 5.1.1 User unknown", "4.4.7"),
        ("", "smtp; 550 5.1.1 User unknown", "5.1.1"),
        ("", "250 2.0.0 accepted, then 5.0.0 and 5.2.2", "5.2.2"),
        ("", "550 no", ""),
        ("failed", "", ""),
    ],
)
def test_the_more_specific_code_is_taken(status: str, diagnostic: str, code: str) -> None:
    assert best_code(status, diagnostic) == code


def test_a_policy_code_in_the_diagnostic_takes_the_block_back() -> None:
    assert verdict_of_code("5.1.1", "smtp; 550 5.7.1 no") is FAULT


@pytest.mark.parametrize("text", ["10.5.1.1", "5.1.1.2", "Exim 4.94.2", "15.1.1", "5.1", "5.9.1", "3.1.1"])
def test_addresses_of_machines_and_versions_are_no_codes(text: str) -> None:
    assert enhanced_codes(f"by {text} with SMTP") == []


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("550 No such user here", BLOCK),
        ("450 User unknown", SOFT),
        ("nie ma takiego użytkownika", BLOCK),
        ("Nie ma takiej skrzynki", BLOCK),
        ("Skrzynka pocztowa o podanej nazwie nie istnieje", BLOCK),
        ("nieznany odbiorca", BLOCK),
        ("odbiorca nieznany", BLOCK),
        ("konto zostalo usuniete", BLOCK),
        ("adres jan.k@firma.example jest nieprawidłowy", BLOCK),
        ("Nie znaleziono adresu", BLOCK),
        ("this user doesn't have a yahoo.com account", BLOCK),
        ("the mailbox jan@firma.example is disabled", BLOCK),
        ("Nieistniejący adres odbiorcy: jan@firma.example", BLOCK),
        ("Skrzynka jan@firma.example nieodnaleziona", BLOCK),
        ("nie znaleźliśmy użytkownika jan@firma.example", BLOCK),
        ("Adres jan@firma.example nie jest już używany", BLOCK),
        ("Konto jan@firma.example zostało zablokowane", BLOCK),
        ("jan@firma.example: account disabled", BLOCK),
        ("bad destination email address", BLOCK),
        ("skrzynka przepełniona", SOFT),
        ("serwer odbiorcy nie odpowiada", SOFT),
        ("your message is delayed, user unknown yet", SOFT),
        ("wiadomość nie została jeszcze dostarczona", SOFT),
        ("550 Requested action not taken: mailbox unavailable", SOFT),
        ("odrzucono jako spam", FAULT),
        ("Zapraszamy na zebranie, tel. 512 345 678", NONE),
        ("", NONE),
    ],
)
def test_words_alone_decide_where_there_is_no_code(text: str, verdict: BounceVerdict) -> None:
    assert verdict_of_words(text) is verdict


@pytest.mark.parametrize(
    ("code", "counts"),
    [("5.0.0", True), ("5.4.4", True), ("5.3.0", True), ("5.2.2", False), ("4.4.7", False), ("", False)],
)
def test_only_permanent_unlisted_codes_count_towards_a_block(code: str, counts: bool) -> None:
    assert counts_towards_block(code, SOFT, "no") is counts
    assert not counts_towards_block(code, BLOCK, "no")
