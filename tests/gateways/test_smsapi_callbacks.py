"""What SMSAPI calls back with: read strictly, and never the cause of any other error."""

from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery import DeliveryState
from domain.text_messages import DeliveryReport, IncomingText
from gateways.sms_callbacks import LONGEST_TEXT, UnreadableCallback
from gateways.smsapi_callbacks import delivery_reports, incoming_text

ONE = {
    "MsgId": "5B1F0C4E",
    "status": "404",
    "donedate": "1763784357",
    "idx": "r-1",
    "username": "x",
    "to": "48600100200",
}
THEN = datetime(2025, 11, 22, 4, 5, 57, tzinfo=UTC)
MO = {
    "sms_to": "48799000111",
    "sms_from": "48600100200",
    "sms_text": "TAK",
    "sms_date": "1763784357",
    "username": "x",
    "MsgId": "AB1",
}


# --- how texts fared ---


def test_one_text_was_delivered():
    assert delivery_reports(ONE) == [
        DeliveryReport("r-1", "5B1F0C4E", DeliveryState.DELIVERED, THEN, "DELIVERED")
    ]


def test_up_to_five_texts_come_in_parallel_lists():
    query = dict(
        parse_qsl("MsgId=A,B,C,D,E&status=404,405,403,402,408&donedate=1,2,0,4,&idx=r-1,,r-3,r-4,r-5", True)
    )
    reports = delivery_reports(query)
    assert [(report.provider_reference, report.reference, report.code) for report in reports] == [
        ("A", "r-1", "DELIVERED"),
        ("B", "", "UNDELIVERED"),
        ("C", "r-3", "SENT"),
        ("D", "r-4", "EXPIRED"),
        ("E", "r-5", "UNKNOWN"),
    ]
    assert [report.moment and report.moment.timestamp() for report in reports] == [1, 2, None, 4, None]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("404", DeliveryState.DELIVERED),
        *((status, DeliveryState.UNDELIVERED) for status in ("402", "405", "406", "407")),
        *((status, None) for status in ("401", "403", "408", "409", "410", "411", "499")),
    ],
)
def test_every_status_has_its_meaning(status, state):
    [report] = delivery_reports({**ONE, "status": status})
    assert report.state is state and report.code


@pytest.mark.parametrize(
    "missing", [{"idx": ""}, {"MsgId": ""}, {"donedate": ""}, {"username": "", "to": ""}]
)
def test_one_name_is_enough(missing):
    query = {name: value for name, value in {**ONE, **missing}.items() if value}
    [report] = delivery_reports(query)
    assert report.reference or report.provider_reference


def test_a_reference_of_others_does_not_spoil_the_batch():
    query = {"MsgId": "A,B", "status": "404,404", "idx": "r-1,faktura nr 7/2026"}
    assert [report.reference for report in delivery_reports(query)] == ["r-1", ""]


BAD_REPORTS = {
    "nothing": {},
    "no status": {"MsgId": "A"},
    "an empty status": {"MsgId": "A,B", "status": "404,"},
    "a status that is none": {"MsgId": "A", "status": "DELIVERED"},
    "other digits": {"MsgId": "A", "status": "４０４"},
    "no name at all": {"status": "404"},
    "one of two without a name": {"MsgId": "A,", "status": "404,404"},
    "more names": {"MsgId": "A,B", "status": "404"},
    "fewer references": {"MsgId": "A,B,C", "status": "404,404,404", "idx": "r-1,r-2"},
    "more times": {"MsgId": "A", "status": "404", "donedate": "1,2"},
    "six texts": {"MsgId": "A,B,C,D,E,F", "status": "404,404,404,404,404,404"},
    "a name with markup": {"MsgId": "<b>", "status": "404"},
    "a long name": {"MsgId": "A" * 65, "status": "404"},
    "a very long list": {"MsgId": "A", "status": "4" * 100_000},
    "a time that is none": {"MsgId": "A", "status": "404", "donedate": "yesterday"},
    "a time before time": {"MsgId": "A", "status": "404", "donedate": "-1"},
    "a time after all": {"MsgId": "A", "status": "404", "donedate": "9" * 11},
    "NUL": {"MsgId": "A\0", "status": "404"},
}


@pytest.mark.parametrize("query", BAD_REPORTS.values(), ids=BAD_REPORTS)
def test_what_is_no_report_is_unreadable(query):
    with pytest.raises(UnreadableCallback):
        delivery_reports(query)


NAMES = st.sampled_from(["MsgId", "status", "donedate", "idx", "username", "to", "x"])
LISTS = st.lists(st.sampled_from(["", "404", "405", "A", "r-1", "0", "9" * 12, "ą"]), max_size=7).map(
    ",".join
)


@given(st.dictionaries(NAMES, st.text() | LISTS))
def test_no_garbage_raises_anything_else(query):
    with suppress(UnreadableCallback):
        for report in delivery_reports(query):
            assert report.reference or report.provider_reference


# --- texts to us ---


def test_a_text_comes_in():
    assert incoming_text(MO) == IncomingText("AB1", "+48600100200", "+48799000111", "TAK", THEN)


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ("48600100200", "+48600100200"),
        ("+48600100200", "+48600100200"),
        ("0048600100200", "+48600100200"),
        ("600100200", "+48600100200"),
        (" 48600100200 ", "+48600100200"),
        ("4915112345678", "+4915112345678"),
        ("7168", "7168"),
        ("Orange", "Orange"),
    ],
)
def test_numbers_get_their_plus(came, kept):
    assert incoming_text({**MO, "sms_from": came}).sender == kept


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ("", ""),
        ("Zażółć 😀\n", "Zażółć 😀\n"),
        ("a\0b", "ab"),
        ("a\ud83db", "a?b"),
        ("x" * LONGEST_TEXT, "x" * LONGEST_TEXT),
    ],
)
def test_a_text_is_kept_as_far_as_it_can_be(came, kept):
    assert incoming_text({**MO, "sms_text": came}).text == kept


@pytest.mark.parametrize("absent", ["MsgId", "sms_to", "sms_date", "username"])
def test_only_the_sender_and_the_text_are_needed(absent):
    form = {name: value for name, value in MO.items() if name != absent}
    assert incoming_text(form).text == "TAK"


@pytest.mark.parametrize("date", ["", "0", "yesterday", "9" * 11, "２"])
def test_a_text_without_a_time_is_still_a_text(date):
    assert incoming_text({**MO, "sms_date": date}).moment is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"sms_from": ""},
        {"sms_from": "4" * 17},
        {"sms_from": "Żółw"},
        {"sms_to": "a\nb"},
        {"sms_text": "x" * (LONGEST_TEXT + 1)},
        {"MsgId": "a b"},
        {"MsgId": "A" * 65},
    ],
)
def test_what_is_no_text_is_unreadable(wrong):
    with pytest.raises(UnreadableCallback):
        incoming_text({**MO, **wrong})
    with pytest.raises(UnreadableCallback):
        incoming_text({name: value for name, value in MO.items() if name != "sms_text"})


@given(
    st.dictionaries(
        st.sampled_from(list(MO)),
        st.text(st.characters(codec=None)) | st.from_regex(r"\+?[0-9]{0,20}", fullmatch=True),
    )
)
def test_no_form_raises_anything_else(form):
    with suppress(UnreadableCallback):
        text = incoming_text(form)
        text.text.encode("utf-8")
        assert text.sender
