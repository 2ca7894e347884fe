"""The skeleton: whatever the values hold, the message has exactly the headers and bodies asked for."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import charset, message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from html import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.mail_skeleton import AttachedFile, Mailbox, MailSkeleton, Slot, ValueMissing
from domain.merge_tags import escape_html

SENDER = Mailbox("Biuro Łąka", "biuro@example.pl")
RECIPIENT = Mailbox("Anna Żółw", "anna@example.pl")
MESSAGE_ID = "<1.abc@example.pl>"
DATE = datetime(2026, 11, 21, 12, 30, 15, tzinfo=UTC)

# Every kind of character there is, the troublesome ones more often.
troublesome = st.sampled_from(
    [
        "\r\n",
        "\n",
        "\r",
        "\x00",
        ".",
        "..",
        "\r\n.\r\n",
        "\r\nBcc: x@evil.example",
        "=",
        "=?utf-8?q?x?=",
        " ",
        "\t",
        "ż",
        "\ud800",
        "\U0001f600",
        "\u2028",
        "\x85",
        "From ",
        "<&>\"'",
        "x" * 80,
        "ą" * 80,
        "--=_goniec_alternative",
    ]
)
anything = st.lists(troublesome | st.text(st.characters(codec=None), max_size=5), max_size=12).map("".join)


def parsed(message: bytes) -> EmailMessage:
    return message_from_bytes(message, policy=policy.default)


def normalised(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", re.sub("\r\n|\r|\n", "\r\n", text)).replace("\0", "")


def as_header(text: str) -> str:
    text = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)
    return re.sub("[\ud800-\udfff]", "\ufffd", text).strip(" ")


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_payload(decode=True).decode("utf-8")


def splice(skeleton: MailSkeleton, *, to: Mailbox = RECIPIENT, values=None, headers=()) -> bytes:
    return skeleton.splice(to=to, message_id=MESSAGE_ID, date=DATE, values=values or {}, headers=headers)


def build(subject=("Temat",), text=("tekst",), html=("<p>",), **more) -> MailSkeleton:
    return MailSkeleton.build(sender=SENDER, reply_to=None, subject=subject, text=text, html=html, **more)


segments = st.lists(anything | st.builds(Slot, st.sampled_from("abc"), st.booleans()), max_size=6).map(tuple)


def rendered(parts, values, form=lambda text: text) -> str:
    """The slow way: the specification the fast one is held to."""
    return "".join(
        form(
            part
            if isinstance(part, str)
            else escape_html(values[part.path])
            if part.escape
            else values[part.path]
        )
        for part in parts
    )


def assert_safe_on_the_wire(message: bytes) -> None:
    assert b"\n" not in message.replace(b"\r\n", b"") and b"\r" not in message.replace(b"\r\n", b"")
    assert message.isascii() and message.endswith(b"\r\n") and b"\0" not in message
    lines = message.split(b"\r\n")
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert max(map(len, lines)) <= 998
    body_lines = message.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert max(map(len, body_lines)) <= 76


@given(
    subject=segments,
    text=segments,
    html=segments,
    values=st.fixed_dictionaries({"a": anything, "b": anything, "c": anything}),
    name=anything,
    extra=anything,
)
@example(("x" * 2000,), ("." * 300,), ("\n" * 5,), {"a": "", "b": "", "c": ""}, "x" * 2000, " " * 1500 + "x")
@example(
    (Slot("a", False),),
    (Slot("a", False), Slot("a", False), "\nx"),
    ("a ", Slot("b", True)),
    {"a": "..", "b": "q ", "c": ""},
    "",
    "",
)
def test_a_spliced_message_has_exactly_the_headers_and_bodies_asked_for(
    subject, text, html, values, name, extra
):
    skeleton = build(subject, text, html)
    raw = splice(skeleton, to=Mailbox(name, "anna@example.pl"), values=values, headers=(("X-Note", extra),))
    assert_safe_on_the_wire(raw)
    message = parsed(raw)
    assert list(message) == [
        "Date", "Message-ID", "To", "X-Note", "Subject", "From", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert str(message["subject"]) == as_header(rendered(subject, values))
    assert str(message["x-note"]) == as_header(extra)
    assert [str(address.addr_spec) for address in message["to"].addresses] == ["anna@example.pl"]
    assert body(message, "plain") == rendered(text, values, normalised)
    assert body(message, "html") == rendered(html, values, normalised)
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


@given(name=anything)
@example("CASTORAMA POLSKA SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ")
@example('Jan "Sztandar" Kowalski, biuro \\ <x@evil.example>')
def test_a_recipients_name_is_the_one_asked_for(name):
    raw = splice(build(), to=Mailbox(name, "anna@example.pl"))
    (address,) = parsed(raw)["to"].addresses
    shown = address.display_name
    if b"\r\nTo: =?" in raw:  # policy.default puts a space between encoded words in names, against RFC 2047
        phrase = message_from_bytes(raw)["to"].removesuffix("<anna@example.pl>")
        shown = str(make_header(decode_header(phrase))).rstrip(" ")
    assert shown == re.sub(" +", " ", as_header(name))


@given(subject=anything, text=anything, html=anything)
def test_a_body_rendered_whole_gives_the_same_bytes_as_a_static_skeleton(subject, text, html):
    whole = build((), (), ()).splice_whole(
        to=RECIPIENT, message_id=MESSAGE_ID, date=DATE, subject=subject, text=text, html=html
    )
    assert whole == splice(build((subject,), (text,), (html,)))


@given(filename=anything, content=st.binary(max_size=500), kind=anything)
@example("umowa żółta " * 20 + ".pdf", b"", "application/pdf")
@example("", b"\r\n.\r\n", "message/rfc822")
@example("\xa0", b"", "")
def test_an_attachment_arrives_with_its_name_and_bytes(filename, content, kind):
    raw = splice(build(attachments=[AttachedFile(filename, kind, content)]))
    assert_safe_on_the_wire(raw)
    message = parsed(raw)
    assert message.get_content_type() == "multipart/mixed"
    (part,) = message.iter_attachments()
    expected = re.sub(r"[/\\]", "_", as_header(filename)).strip() or "attachment"
    assert part.get_filename() == expected
    assert part.get_payload(decode=True) == content
    assert body(message, "plain") == "tekst"


@given(value=anything)
def test_escaping_is_what_ejs_does(value):
    expected = escape(value).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")
    assert escape_html(value) == expected


def test_static_headers_reply_to_and_own_headers_are_all_there_once():
    skeleton = MailSkeleton.build(
        sender=SENDER,
        reply_to=Mailbox("", "odpowiedz@example.pl"),
        subject=("Zażółć",),
        text=("a",),
        html=("b",),
        static_headers=(("X-Campaign", "7"),),
    )
    one_click = (
        (
            "List-Unsubscribe",
            "<https://panel.example.pl/wypisz/" + "t" * 120 + ">, <mailto:wypisz@example.pl>",
        ),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
    )
    message = parsed(splice(skeleton, headers=one_click))
    assert message["from"].addresses[0].display_name == "Biuro Łąka"
    assert str(message["reply-to"]) == "odpowiedz@example.pl"
    assert message["x-campaign"] == "7"
    assert [(name, str(message[name])) for name, _ in one_click] == list(one_click)
    assert message["date"].datetime == DATE
    assert message["message-id"] == MESSAGE_ID


def test_a_long_polish_subject_is_folded_into_short_encoded_words():
    raw = splice(build(subject=("Zażółć gęślą jaźń " * 20,)))
    header = raw[raw.index(b"Subject:") : raw.index(b"\r\nFrom:")]
    assert all(len(line) <= 76 for line in header.split(b"\r\n"))
    assert all(len(word) <= 75 for word in re.findall(rb"=\?[^?]+\?b\?[^?]*\?=", header))
    assert parsed(raw)["subject"] == ("Zażółć gęślą jaźń " * 20).strip()


def test_the_same_instant_is_written_with_its_offset():
    warsaw = datetime(2026, 7, 1, 9, 5, 6, tzinfo=timezone(timedelta(hours=2)))
    raw = build().splice(to=RECIPIENT, message_id=MESSAGE_ID, date=warsaw, values={})
    assert b"Date: Wed, 01 Jul 2026 09:05:06 +0200\r\n" in raw


def test_the_global_charset_table_changes_nothing():
    before = splice(build(subject=("Łąka",), text=("ąę",)))
    original = charset.CHARSETS["utf-8"]
    charset.add_charset("utf-8", charset.SHORTEST, None, "utf-8")  # as importing Flask-Mail does
    try:
        assert splice(build(subject=("Łąka",), text=("ąę",))) == before
    finally:
        charset.CHARSETS["utf-8"] = original


def test_a_slot_without_a_value_is_named():
    with pytest.raises(ValueMissing, match=r"client\.name"):
        splice(build(text=(Slot("client.name", False),)))
    with pytest.raises(ValueMissing, match=r"client\.name"):
        splice(build(subject=(Slot("client.name", False),)))


@pytest.mark.parametrize(
    "name", ["To", "bcc", "Content-Type", "Subject", "X Note", "X-Note\r\nBcc", "X:", "Ż", ""]
)
def test_a_header_of_the_skeletons_own_or_a_malformed_name_is_refused(name):
    with pytest.raises(ValueError):
        splice(build(), headers=((name, "x"),))
    with pytest.raises(ValueError):
        build(static_headers=((name, "x"),))


def test_a_message_id_that_could_break_a_header_and_a_naive_date_are_refused():
    for wrong in (
        "1@example.pl",
        "<a b@example.pl>",
        "<a@b>\r\nBcc: <x@y>",
        "<ż@example.pl>",
        f"<{'a' * 300}@b>",
    ):
        with pytest.raises(ValueError):
            build().splice(to=RECIPIENT, message_id=wrong, date=DATE, values={})
    with pytest.raises(ValueError):
        build().splice(to=RECIPIENT, message_id=MESSAGE_ID, date=DATE.replace(tzinfo=None), values={})
