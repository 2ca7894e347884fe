"""What a message is, by what it says: reports first, then free text, and never a machine's courtesy."""

import pytest

from domain.bounces import (
    BounceKind,
    FeedbackReport,
    Finding,
    MessageFacts,
    RecipientFields,
    classify,
)
from domain.smtp_replies import BounceVerdict

BLOCK, SOFT, FAULT, NONE = (
    BounceVerdict.BLOCK,
    BounceVerdict.SOFT,
    BounceVerdict.SENDER_FAULT,
    BounceVerdict.NONE,
)
JAN = "jan@firma.example"
DAEMON = {
    "from": "MAILER-DAEMON@poczta.example",
    "to": "bounce+1@arkada.example",
    "subject": "failure notice",
}


def of_fields(**fields: str) -> Finding:
    [finding] = classify(
        MessageFacts(recipients=(RecipientFields(**{"final": f"rfc822; {JAN}"} | fields),))
    ).recipients
    return finding


def of_text(text: str, **more: str) -> list[tuple[str, str, BounceVerdict]]:
    found = classify(MessageFacts(headers=DAEMON | more, text=text))
    return [(each.address, each.status, each.verdict) for each in found.recipients]


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded", "Delayed (still trying)"])
def test_only_a_failed_delivery_blocks(action: str) -> None:
    assert of_fields(action="failed", status="5.1.1").verdict is BLOCK
    assert of_fields(action=action, status="5.1.1").verdict in (SOFT, NONE)


def test_the_address_we_wrote_to_comes_before_the_one_it_was_forwarded_to() -> None:
    assert of_fields(original="rfc822;adam@firma.example", status="5.1.1").address == "adam@firma.example"
    assert of_fields(original="rfc822;unknown", status="5.1.1").address == JAN


@pytest.mark.parametrize(
    "written",
    [
        "rfc822; <jan@firma.example>",
        "RFC822;jan@firma.example",
        "jan@firma.example",
        "utf-8; jan@firma.example",
    ],
)
def test_an_address_is_found_however_it_is_written(written: str) -> None:
    assert of_fields(final=written, status="5.1.1").address == JAN


def test_a_report_without_clear_words_is_judged_by_its_human_part_too() -> None:
    fields = RecipientFields(final=JAN, action="failed", status="5.1.1")
    [told] = classify(MessageFacts(recipients=(fields,), text="Odrzucono jako spam.")).recipients
    assert told.verdict is FAULT
    vague = RecipientFields(final=JAN, action="failed", status="5.1.1", diagnostic="smtp; 550 rejected")
    [told] = classify(MessageFacts(recipients=(vague,), text="Odrzucono jako spam.")).recipients
    assert told.verdict is FAULT
    spoken = RecipientFields(final=JAN, action="failed", status="5.1.1", diagnostic="smtp; 550 user unknown")
    [told] = classify(MessageFacts(recipients=(spoken,), text="Folder spam jest pusty.")).recipients
    assert told.verdict is BLOCK


def test_a_report_about_two_people_judges_each_by_his_own_fields() -> None:
    facts = MessageFacts(
        recipients=(
            RecipientFields(final=JAN, action="failed", status="5.1.1"),
            RecipientFields(final="ewa@firma.example", action="failed", status="5.2.2"),
            RecipientFields(final=JAN.upper(), action="failed", status="4.2.2"),
        )
    )
    assert [(each.address, each.verdict) for each in classify(facts).recipients] == [
        (JAN, BLOCK),
        ("ewa@firma.example", SOFT),
    ]


def test_a_report_comes_before_the_header_of_an_automatic_reply() -> None:
    facts = MessageFacts(
        headers={"auto-submitted": "auto-replied"}, recipients=(RecipientFields(final=JAN, status="5.1.1"),)
    )
    assert classify(facts).kind is BounceKind.DSN


def test_the_senders_own_address_is_never_blocked() -> None:
    fields = RecipientFields(final=f"rfc822;{JAN}", action="failed", status="5.1.1")
    for facts in (
        MessageFacts(headers={"to": JAN}, recipients=(fields,)),
        MessageFacts(returned_headers={"from": f"Jan <{JAN}>"}, recipients=(fields,)),
    ):
        assert [each.verdict for each in classify(facts).recipients] == [NONE]


@pytest.mark.parametrize(
    ("kind", "verdict"),
    [("abuse", BLOCK), ("Abuse ", BLOCK), ("not-spam", NONE), ("virus", NONE), ("", NONE)],
)
def test_a_complaint_blocks_and_a_not_spam_report_does_not(kind: str, verdict: BounceVerdict) -> None:
    found = classify(MessageFacts(feedback=FeedbackReport(kind, (f"<{JAN}>",))))
    assert found.kind is BounceKind.ARF
    assert [(each.address, each.verdict) for each in found.recipients] == [(JAN, verdict)]


def test_a_complaint_that_names_nobody_is_about_whom_the_returned_message_was_written_to() -> None:
    report = FeedbackReport("abuse", ())
    one = classify(MessageFacts(feedback=report, returned_headers={"to": JAN}))
    two = classify(MessageFacts(feedback=report, returned_headers={"to": f"{JAN}, ewa@firma.example"}))
    assert ([each.address for each in one.recipients], two.recipients) == ([JAN], ())


def test_free_text_says_who_failed_and_why() -> None:
    assert of_text(f"<{JAN}>:\nSorry, no mailbox here by that name. (#5.1.1)") == [(JAN, "5.1.1", BLOCK)]
    assert of_text(f"Użytkownik {JAN} nie istnieje.") == [(JAN, "", BLOCK)]
    assert of_text(f"Skrzynka {JAN} jest przepełniona.") == [(JAN, "", SOFT)]
    assert of_text(f"Wiadomość do {JAN} odrzucono jako spam. Nie ma takiego użytkownika.") == [
        (JAN, "", FAULT)
    ]


def test_each_address_of_free_text_is_judged_by_its_own_words() -> None:
    text = f"  {JAN}\n    unknown user\n  ewa@firma.example\n    quota exceeded\n"
    assert of_text(text) == [(JAN, "", BLOCK), ("ewa@firma.example", "", SOFT)]


def test_an_address_that_is_only_offered_for_questions_did_not_fail() -> None:
    text = f"Adres {JAN} nie istnieje.\nPytania: kontakt@hosting.example, tel. 12 555 01 02\n"
    assert of_text(text) == [(JAN, "", BLOCK)]


@pytest.mark.parametrize(
    "address", ["postmaster@firma.example", "bounce+1@arkada.example", "mailer-daemon@x.example"]
)
def test_nobody_is_blamed_where_only_the_postmaster_or_we_are_named(address: str) -> None:
    assert of_text(f"User unknown. Contact {address}") == []


def test_what_the_returned_message_says_is_not_read() -> None:
    text = (
        f"<{JAN}>:\nuser unknown\n\n--- Below this line is a copy of the message.\n\nspam ewa@firma.example"
    )
    assert of_text(text) == [(JAN, "", BLOCK)]
    assert of_text(f"{JAN}: user unknown\n> spam policy\n> adam@firma.example\n") == [(JAN, "", BLOCK)]


def test_a_header_or_flufl_names_the_address_that_the_text_does_not() -> None:
    assert of_text("user unknown", **{"x-failed-recipients": JAN}) == [(JAN, "", BLOCK)]
    facts = MessageFacts(headers=DAEMON, text="user unknown", suspects=(JAN,))
    assert [each.address for each in classify(facts).recipients] == [JAN]


def test_a_returned_message_in_the_text_names_the_address_that_the_system_does_not() -> None:
    copy = "\n   ----- Unsent message follows -----\nFrom: biuro@arkada.example\nTo: jan@firma.example\n"
    assert of_text("421 Deferred: Connection timed out" + copy) == [(JAN, "", SOFT)]


def test_the_subject_names_the_address_that_nothing_else_does() -> None:
    assert of_text("User unknown.", subject=f"Undeliverable: {JAN}") == [(JAN, "", BLOCK)]


def test_our_own_subject_is_not_held_against_us() -> None:
    assert of_text(f"Temat: Oferta, regulamin i spam\n{JAN}: user unknown") == [(JAN, "", BLOCK)]


def test_a_notice_of_delay_blocks_nobody_whatever_code_it_names() -> None:
    assert of_text(f"{JAN}: 550 5.1.1 user unknown. Your message is delayed.") == [(JAN, "5.1.1", SOFT)]


@pytest.mark.parametrize("said", ["was successfully delivered to", "została dostarczona do"])
def test_a_notice_of_success_says_nothing_against_anybody(said: str) -> None:
    assert of_text(f"Your message {said} {JAN}", subject="Delivery report") == []


def test_a_person_who_passes_a_bounce_on_is_no_mail_system() -> None:
    headers = {"from": "ewa@firma.example", "return-path": "<>", "subject": "Fwd: failure notice"}
    assert classify(MessageFacts(headers=headers, text=f"{JAN}: user unknown")).kind is BounceKind.OTHER


@pytest.mark.parametrize(
    "headers",
    [
        {"from": "System pocztowy <x@poczta.example>"},
        {"from": "noreply@poczta.example", "subject": "Wiadomość nie została dostarczona"},
        {"from": "poczta@poczta.example", "return-path": "<>", "subject": "Zwrot wiadomości"},
    ],
)
def test_a_mail_system_is_known_by_its_name_or_its_empty_path(headers: dict[str, str]) -> None:
    assert of_text(f"Użytkownik {JAN} nie istnieje", **headers) == [(JAN, "", BLOCK)]


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"precedence": "bulk"}, BounceKind.AUTO_REPLY),
        ({"precedence": "bulk", "list-id": "<x>"}, BounceKind.OTHER),
        ({"precedence": "list"}, BounceKind.OTHER),
        ({"auto-submitted": "no"}, BounceKind.OTHER),
        ({"auto-submitted": "auto-generated"}, BounceKind.AUTO_REPLY),
    ],
)
def test_bulk_mail_is_an_automatic_reply_unless_it_is_a_lists(
    headers: dict[str, str], kind: BounceKind
) -> None:
    assert classify(MessageFacts(headers={"from": JAN} | headers, text="Wracam w środę.")).kind is kind


def test_a_failure_whose_cause_is_unclear_is_soft() -> None:
    assert of_text(f"Your message to {JAN} could not be delivered.") == [(JAN, "", SOFT)]


def test_a_persons_message_is_no_bounce_whatever_it_says() -> None:
    facts = MessageFacts(
        headers={"from": JAN, "subject": "Re: naprawa"}, text="ewa@firma.example nie istnieje, 5.1.1"
    )
    assert classify(facts) == classify(MessageFacts(headers={"from": JAN}))
    assert classify(facts).kind is BounceKind.OTHER


@pytest.mark.parametrize(
    "headers",
    [
        {"auto-submitted": "auto-replied"},
        {"auto-submitted": "auto-replied (vacation)"},
        {"x-autoreply": "yes"},
        {"precedence": "auto_reply"},
        {"subject": "Out of Office: urlop"},
        {"subject": "Odpowiedź automatyczna: naprawa"},
        {"subject": "Autoodpowiedź"},
        {"subject": "Jestem na urlopie"},
    ],
)
def test_an_automatic_reply_never_counts(headers: dict[str, str]) -> None:
    facts = MessageFacts(headers={"from": JAN} | headers, text=f"550 5.1.1 User {JAN} unknown")
    assert classify(facts).kind is BounceKind.AUTO_REPLY
    assert classify(facts).recipients == ()


def test_an_absence_announced_by_a_postmaster_is_an_automatic_reply() -> None:
    facts = MessageFacts(headers=DAEMON | {"subject": "Out of office"}, text=f"{JAN}: user unknown")
    assert classify(facts).kind is BounceKind.AUTO_REPLY


def test_a_read_receipt_never_counts() -> None:
    facts = MessageFacts(headers=DAEMON, text=f"{JAN}: user unknown", is_receipt=True)
    assert classify(facts).kind is BounceKind.AUTO_REPLY
