"""What a reply means: the three ways to fail, and the bounce table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.outcomes import Accepted, AccountRefused, Refused, Unavailable, Uncertain
from domain.smtp_replies import (
    VERDICT_BY_ENHANCED_CODE,
    BounceVerdict,
    Stage,
    bounce_verdict,
    enhanced_code,
    outcome_of_loss,
    outcome_of_reply,
    queue_id,
    readable,
    verdict_of_enhanced_code,
)

BEFORE_RCPT = [
    Stage.CONNECT,
    Stage.GREETING,
    Stage.HELLO,
    Stage.STARTTLS,
    Stage.LOGIN,
    Stage.MAIL_FROM,
]
ABOUT_THE_MESSAGE = [Stage.RCPT_TO, Stage.DATA, Stage.END_OF_DATA]


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("code", [400, 421, 450, 451, 452, 454, 499])
def test_a_4xx_at_any_stage_is_surely_not_sent(stage, code):
    assert type(outcome_of_reply(stage, code, "later")) is Unavailable


@pytest.mark.parametrize("code", [500, 530, 535, 550, 554])
@pytest.mark.parametrize("stage", Stage)
def test_a_5xx_refuses_the_message_from_rcpt_on_and_the_account_before(stage, code):
    about_the_message = stage in ABOUT_THE_MESSAGE
    expected = Refused(str(code), "no", stage) if about_the_message else AccountRefused(str(code), "no")
    assert outcome_of_reply(stage, code, "no") == expected


@given(code=st.integers(-1, 999), stage=st.sampled_from(Stage))
def test_only_a_2xx_to_the_end_of_data_is_an_acceptance(code, stage):
    accepted = isinstance(outcome_of_reply(stage, code, ""), Accepted)
    assert accepted == (stage is Stage.END_OF_DATA and 200 <= code <= 299)


@pytest.mark.parametrize("code", [-1, 0, 100, 354, 601, 999])
def test_nonsense_is_uncertain_only_after_the_end_of_data(code):
    for stage in Stage:
        expected = Uncertain if stage is Stage.END_OF_DATA else Unavailable
        assert type(outcome_of_reply(stage, code, "hm")) is expected


@pytest.mark.parametrize("stage", Stage)
def test_a_lost_connection_is_uncertain_only_after_the_end_of_data(stage):
    expected = Uncertain if stage is Stage.END_OF_DATA else Unavailable
    assert type(outcome_of_loss(stage, "timed out")) is expected
    assert "timed out" in outcome_of_loss(stage, "timed out").text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.0.0 Ok: queued as 4F2D91A2", "4F2D91A2"),
        ("OK id=1abCDe-0001Xy-2Z", "1abCDe-0001Xy-2Z"),
        ("2.0.0 OK  1700000000 x12-20020a170906.123 - gsmtp", "x12-20020a170906.123"),
        ("2.0.0 4AL9x7rd012 Message accepted for delivery", "4AL9x7rd012"),
        ("2.6.0 <a@b.pl> [InternalId=1234567, Hostname=x] Queued mail for delivery", "1234567"),
        ("Ok 0102018c3f5e7a91-aaaa-000000", "0102018c3f5e7a91-aaaa-000000"),
        ("2.0.0 Ok", ""),
        ("", ""),
    ],
)
def test_the_queue_id_is_found_where_there_is_one(text, expected):
    assert queue_id(text) == expected
    assert outcome_of_reply(Stage.END_OF_DATA, 250, text) == Accepted(expected)


def test_a_reply_is_stored_without_controls_and_no_longer_than_500():
    hostile = b"550 \x1b[31mno\x00\r\nBcc: x\xff " + b"y" * 100_000
    text = readable(hostile)
    assert text.startswith("550  [31mno Bcc: x\ufffd y") and len(text) == 500 and text.isprintable()
    assert readable("a\u202eb") == "a b"


@given(st.text(st.characters(codec=None)) | st.binary())
def test_whatever_a_server_says_can_be_stored(reply):
    text = readable(reply)
    text.encode("utf-8")
    assert len(text) <= 500 and not any(ord(character) < 32 for character in text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5.1.1 no", "5.1.1"),
        (" 4.7.1", "4.7.1"),
        ("5.1.10 x", "5.1.10"),
        ("no 5.1.1", None),
        ("5.1", None),
        ("3.1.1 x", None),
        ("5.1.1.1 x", None),
        ("", None),
    ],
)
def test_an_enhanced_code_stands_at_the_start_of_a_reply(text, expected):
    assert enhanced_code(text) == expected


BLOCK, SOFT, FAULT = BounceVerdict.BLOCK, BounceVerdict.SOFT, BounceVerdict.SENDER_FAULT


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ("5.1.1 5.1.2 5.1.3 5.1.6 5.1.10 5.2.1", BLOCK),
        ("4.0.0 4.1.1 4.2.2 4.7.1 5.2.2 5.2.3 5.3.4", SOFT),
        ("5.0.0 5.1.0 5.1.4 5.1.5 5.1.9 5.1.11 5.2.0 5.2.4 5.3.0 5.4.0 5.4.1 5.4.4 5.9.9", SOFT),
        ("5.7.0 5.7.1 5.7.26 5.1.7 5.1.8 5.5.0 5.5.1 5.6.0 5.6.7", FAULT),
    ],
)
@pytest.mark.parametrize("stage", ABOUT_THE_MESSAGE)
def test_the_enhanced_code_decides_whatever_the_text_says(stage, codes, verdict):
    for code in codes.split():
        basic = int(code[0]) * 100 + 50
        assert bounce_verdict(stage, basic, code, "spam mailbox full user unknown") is verdict
        assert verdict_of_enhanced_code(code) is verdict


def test_every_row_of_the_table_can_be_reached():
    for index, (pattern, verdict) in enumerate(VERDICT_BY_ENHANCED_CODE):
        sample = pattern.replace("x", "99")
        assert verdict_of_enhanced_code(sample) is verdict, index


@pytest.mark.parametrize("code", [550, 551, 553])
@pytest.mark.parametrize(
    "text",
    [
        "No such user here",
        "<spam@policy.example>: user unknown",
        "",
        "Nie ma takiego użytkownika",
        "jan@full.example.pl unknown; see https://example.com/policy/spam",
        "Adresat nieznany",
    ],
)
def test_without_an_enhanced_code_an_unknown_user_blocks(code, text):
    assert bounce_verdict(Stage.RCPT_TO, code, None, text) is BLOCK


@pytest.mark.parametrize(
    "text",
    [
        "Rejected as SPAM",
        "blocked using zen.spamhaus.org",
        "Message rejected due to local policy",
        "Relaying denied",
        "bad sender reputation",
        "Your IP is blacklisted",
        "Authentication required",
        "Odrzucono jako spam",
        "Odrzucone przez politykę serwera",
        "Twój adres jest zablokowany",
        "Sender verify failed",
        "Serwer na czarnej liście",
        "DMARC failure",
        "#5.7.1 Access denied",
        "Access denied (5.7.26)",
        "Message filtered",
        "Forbidden for security reasons",
        "Client has no reverse DNS",
        "Odrzucono: podejrzana wiadomość",
        "Odmowa ze względów bezpieczeństwa",
    ],
)
@pytest.mark.parametrize("code", [550, 551, 553])
def test_without_an_enhanced_code_policy_and_spam_are_the_senders_fault(code, text):
    assert bounce_verdict(Stage.RCPT_TO, code, None, text) is FAULT


@pytest.mark.parametrize(
    "text",
    [
        "Mailbox full",
        "User is over quota",
        "Quota exceeded",
        "Skrzynka odbiorcy jest pełna",
        "Skrzynka przepełniona",
        "Brak miejsca na koncie",
        "Przekroczono pojemność skrzynki",
        "insufficient storage",
    ],
)
@pytest.mark.parametrize("code", [550, 552, 553])
def test_a_full_mailbox_never_blocks(code, text):
    assert bounce_verdict(Stage.RCPT_TO, code, None, text) is SOFT


@pytest.mark.parametrize(
    ("stage", "code", "verdict"),
    [
        (Stage.RCPT_TO, 450, SOFT),
        (Stage.RCPT_TO, 552, SOFT),
        (Stage.RCPT_TO, 554, SOFT),
        (Stage.RCPT_TO, 503, FAULT),
        (Stage.DATA, 550, SOFT),
        (Stage.END_OF_DATA, 550, SOFT),
        (Stage.END_OF_DATA, 250, BounceVerdict.NONE),
        (Stage.RCPT_TO, 250, BounceVerdict.NONE),
        (Stage.RCPT_TO, -1, BounceVerdict.NONE),
    ],
)
def test_without_enhanced_code_or_words_only_rcpt_blocks(stage, code, verdict):
    assert bounce_verdict(stage, code, None, "no") is verdict


@pytest.mark.parametrize("stage", BEFORE_RCPT)
def test_a_refusal_before_rcpt_says_nothing_about_the_address(stage):
    assert bounce_verdict(stage, 550, "5.1.1", "user unknown") is BounceVerdict.NONE
