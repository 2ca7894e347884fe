"""What a deliver_sm brings: read strictly, and never the cause of any other error."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.delivery import DeliveryState
from domain.gsm_alphabet import decode_gsm, encode_gsm
from domain.segments import Encoding, segment
from domain.text_messages import DeliveryReport, IncomingText
from gateways.smpp_deliveries import Piece, UnreadableDelivery, read_delivery
from gateways.smpp_pieces import MISSING, PATIENCE_SECONDS, Pieces
from sandbox.smpp_pdus import RECEIPT, decode, delivered, encode, tlv

USUAL = (
    b"id:0A1B-2c sub:001 dlvrd:001 submit date:2603021000 done date:2603021001 stat:DELIVRD err:000"
    b" text:id:FALSE stat:REJECTD"
)
FROM, TO = "48600100200", "48123"


def receipt(content=USUAL, tlvs=b"", esm_class=RECEIPT):
    return read_delivery(delivered(FROM, TO, content, esm_class=esm_class, tlvs=tlvs))


def state(value):
    return tlv(0x0427, bytes((value,)))


def text_of(content, coding, **more):
    item = read_delivery(delivered(FROM, TO, content, coding=coding, **more))
    assert isinstance(item, IncomingText)
    return item.text


# --- receipts ---


def test_a_receipt_is_read_from_its_text_and_not_from_the_text_it_quotes():
    assert receipt() == DeliveryReport("", "0A1B-2c", DeliveryState.DELIVERED, None, "DELIVRD")


def test_a_receipts_tlvs_count_more_than_its_text():
    tlvs = tlv(0x001E, b"other\0") + state(5) + tlv(0x1401, b"vendor") + tlv(0x0423, b"\3\0\1")
    assert receipt(tlvs=tlvs) == DeliveryReport("", "other", DeliveryState.UNDELIVERED, None, "UNDELIV")
    assert receipt(b"", tlv(0x001E, b"other") + state(2)).state is DeliveryState.DELIVERED


@pytest.mark.parametrize(
    ("word", "number", "known"),
    [
        ("DELIVRD", 2, DeliveryState.DELIVERED),
        ("EXPIRED", 3, DeliveryState.UNDELIVERED),
        ("DELETED", 4, DeliveryState.UNDELIVERED),
        ("UNDELIV", 5, DeliveryState.UNDELIVERED),
        ("REJECTD", 8, DeliveryState.UNDELIVERED),
        ("ENROUTE", 1, None),
        ("ACCEPTD", 6, None),
        ("UNKNOWN", 7, None),
        ("SOMETHING", 99, None),
    ],
)
def test_a_state_has_its_meaning(word, number, known):
    assert receipt(f"id:1 stat:{word}".encode()).state is known
    assert receipt(b"id:1", state(number)).state is known


def test_an_intermediate_notification_is_no_end():
    assert receipt(esm_class=0x20).state is None


@pytest.mark.parametrize("content", [b"", b"stat:DELIVRD", b"id:\xff stat:DELIVRD"])
def test_a_receipt_of_nothing_is_refused(content):
    with pytest.raises(UnreadableDelivery):
        receipt(content)


# --- texts ---


@pytest.mark.parametrize(
    ("content", "coding", "read"),
    [
        (b"TAK \x1b\x65", 0, "TAK €"),
        ("żółć 😀".encode("utf-16-be"), 8, "żółć 😀"),
        ("déjà".encode("latin-1"), 3, "déjà"),
        (b"TAK @", 1, "TAK @"),
        (b"", 0, ""),
    ],
)
def test_a_text_is_read_in_its_coding(content, coding, read):
    assert text_of(content, coding) == read


def test_a_text_may_stand_in_a_tlv():
    assert text_of(b"", 8, tlvs=tlv(0x0424, ("ż" * 300).encode("utf-16-be"))) == "ż" * 300


@pytest.mark.parametrize(
    ("source", "read"),
    [("48600100200", "+48600100200"), ("7123", "7123"), ("Allegro", "Allegro"), ("600100200", "600100200")],
)
def test_a_number_gets_its_plus(source, read):
    item = read_delivery(delivered(source, TO, b"a"))
    assert isinstance(item, IncomingText) and (item.sender, item.recipient) == (read, TO)


def test_the_same_text_twice_is_two_texts():
    body = delivered(FROM, TO, b"TAK")
    assert read_delivery(body).provider_reference != read_delivery(body).provider_reference


@pytest.mark.parametrize(
    ("content", "esm_class", "tlvs"),
    [
        (b"\5\0\3\7\3\2x", 0x40, b""),
        (b"\6\x08\4\0\7\3\2x", 0x40, b""),
        (b"\x0b\5\4\x15\x8a\0\0\0\3\7\3\2x", 0x40, b""),
        (b"x", 0, tlv(0x020C, b"\0\7") + tlv(0x020E, b"\3") + tlv(0x020F, b"\2")),
    ],
)
def test_a_piece_knows_its_place(content, esm_class, tlvs):
    piece = read_delivery(delivered(FROM, TO, content, esm_class=esm_class, tlvs=tlvs))
    assert isinstance(piece, Piece)
    assert (piece.number, piece.total, piece.place, decoded(piece)) == (7, 3, 2, "x")


def decoded(piece):
    return piece.text.text


@pytest.mark.parametrize("content", [b"\5\0\3\7\0\0x", b"\5\0\3\7\1\1x", b"\5\0\3\7\2\3x", b"\4\0\3\7\2x"])
def test_a_numbering_that_makes_no_sense_leaves_a_text(content):
    assert isinstance(read_delivery(delivered(FROM, TO, content, esm_class=0x40)), IncomingText)


@given(st.binary(max_size=400))
@example(b"")
@example(delivered(FROM, TO, b"\xff", esm_class=0x40))
@example(delivered(FROM, TO, b"\xd8\x3d", coding=8))
@example(delivered(FROM, TO, b"id:1", esm_class=RECEIPT, tlvs=b"\0\x1e\0\xff1"))
def test_anything_is_read_or_refused(body):
    for each in (body, delivered(FROM, TO, body[:200], coding=len(body) % 16, esm_class=len(body) % 128)):
        with suppress(UnreadableDelivery):
            item = read_delivery(each)
            text = item.text if isinstance(item, Piece) else item
            if isinstance(text, IncomingText):
                assert text.text.encode("utf-8") is not None and "\0" not in text.text


# --- pieces ---


@given(st.permutations(range(1, 5)), st.booleans())
def test_pieces_are_joined_in_whatever_order_they_come(order, twice):
    pieces, texts = Pieces(), []
    for place in order:
        text = IncomingText(str(place), FROM, TO, f"<{place}>", None)
        for _ in range(2 if twice and place != order[-1] else 1):
            texts.append(pieces.add(Piece(text, 7, place, 4), 0.0))
    assert [text.text for text in texts if text] == ["<1><2><3><4>"]
    assert pieces.given_up(None) == []


def test_texts_of_two_telephones_are_not_mixed():
    pieces = Pieces()
    for sender in ("a", "b"):
        assert pieces.add(Piece(IncomingText("1", sender, TO, sender, None), 7, 1, 2), 0.0) is None
    whole = pieces.add(Piece(IncomingText("2", "a", TO, "!", None), 7, 2, 2), 1.0)
    assert whole is not None and whole.text == "a!"


def test_what_has_waited_too_long_is_given_up_with_a_gap():
    pieces = Pieces()
    pieces.add(Piece(IncomingText("1", FROM, TO, "begin", None), 7, 1, 2), 0.0)
    assert pieces.given_up(PATIENCE_SECONDS) == []
    assert [text.text for text in pieces.given_up(PATIENCE_SECONDS + 1)] == [f"begin{MISSING}"]
    assert pieces.given_up(None) == []


# --- the alphabet ---


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_gsm_is_what_the_bill_takes_for_gsm(text):
    if segment(text).encoding is Encoding.GSM7:
        assert decode_gsm(encode_gsm(text)) == text
        assert (encode_gsm(text), 0) == encode(text)
        assert decode(encode_gsm(text), 0) == text
        assert len(encode_gsm(text)) == segment(text).units
    else:
        with pytest.raises(ValueError, match="GSM"):
            encode_gsm(text)


@given(st.text(st.sampled_from("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ[]{}€^~|\\\f§¿`a"), max_size=200))
def test_every_letter_of_gsm_comes_back(text):
    test_gsm_is_what_the_bill_takes_for_gsm.hypothesis.inner_test(text)


def test_an_escape_before_nothing_costs_no_text():
    assert decode_gsm(b"a\x1b") == "a"
    assert decode_gsm(b"a\x1bA\xff") == "aA\N{REPLACEMENT CHARACTER}"
