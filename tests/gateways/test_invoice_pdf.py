"""The invoice as a PDF: everything the law asks for, and nothing anybody typed is read as markup."""

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PageObject, PdfReader

from domain.invoices import Party
from gateways.invoice_pdf import Amounts, Correction, InvoiceSheet, render_invoice

RIGHT_MARGIN = (210 - 18) / 25.4 * 72
SELLER = Party("Operator Łączności Sp. z o.o.", "1060000062", "ul. Kurierska 5", "30-002", "Kraków")
BUYER = Party("Nadrzecze Development Sp. z o.o.", "1234563218", "ul. Nadrzeczna 14", "50-001", "Wrocław")
SHEET = InvoiceSheet(
    number="FV/17/2026",
    kind="VAT",
    issued_on=date(2026, 11, 22),
    paid_on=date(2026, 11, 21),
    seller=SELLER,
    buyer=BUYER,
    item="Doładowanie konta SMS",
    vat_rate=23,
    net=100_360,
    tax=23_083,
    gross=123_443,
    payment="płatność elektroniczna",
)


def pages(sheet: InvoiceSheet) -> list[str]:
    reader = PdfReader(io.BytesIO(render_invoice(sheet)))
    return [" ".join(page.extract_text().replace("\u00a0", " ").split()) for page in reader.pages]


def starts_of_texts(page: PageObject) -> list[float]:
    """The distance of each drawn text's beginning from the left edge, in points."""
    starts: list[float] = []

    def note(text: str, place: list[float], line: list[float], *_font: object) -> None:
        if text.strip():
            starts.append(place[0] * line[4] + place[2] * line[5] + place[4])

    page.extract_text(visitor_text=note)
    return starts


def test_it_says_all_that_article_106e_asks_for() -> None:
    [page] = pages(SHEET)
    for words in (
        "Faktura VAT nr FV/17/2026", "22.11.2026", "21.11.2026", "Kraków", "płatność elektroniczna",
        SELLER.name, "ul. Kurierska 5", "30-002 Kraków", "NIP: 1060000062",
        BUYER.name, "ul. Nadrzeczna 14", "50-001 Wrocław", "NIP: 1234563218",
        "Doładowanie konta SMS", "usł.", "23%", "1 003,60", "230,83", "1 234,43",
        "Do zapłaty: 0,00 zł", "zapłacono 1 234,43 zł dnia 21.11.2026",
        "tysiąc dwieście trzydzieści cztery złote 43/100", "strona 1/1",
    ):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize(
    ("kind", "title"),
    [("VAT", "Faktura VAT nr"), ("ZAL", "Faktura zaliczkowa nr"), ("KOR", "Faktura korygująca nr")],
)
def test_each_kind_is_called_by_its_name(kind: str, title: str) -> None:
    correction = Correction("FV/16/2026", date(2026, 10, 1), "Błędna kwota", Amounts(8_130, 1_870, 10_000))
    sheet = replace(SHEET, kind=kind, correction=correction if kind == "KOR" else None)
    assert title in pages(sheet)[0]


def test_a_correction_says_what_it_corrects_and_why() -> None:
    correction = Correction("FV/16/2026", date(2026, 10, 1), "Błędna kwota", Amounts(8_130, 1_870, 10_000))
    sheet = replace(SHEET, kind="KOR", net=-4_065, tax=-935, gross=-5_000, correction=correction)
    [page] = pages(sheet)
    for words in (
        "FV/16/2026 z dnia 01.10.2026", "Błędna kwota", "Przed korektą", "100,00", "Po korekcie", "50,00",
        "-50,00",
        "Do zwrotu: 50,00 zł",
    ):  # fmt: skip
        assert words in page, words


def test_only_a_correction_corrects() -> None:
    with pytest.raises(ValueError, match="a correction"):
        replace(SHEET, kind="KOR")


def test_the_same_sheet_is_the_same_file() -> None:
    assert render_invoice(SHEET) == render_invoice(SHEET)


def test_a_ksef_number_stands_there_only_when_it_is_known() -> None:
    assert "KSeF" not in pages(SHEET)[0]
    assert "1234563218-20261122-ABC" in pages(replace(SHEET, ksef_number="1234563218-20261122-ABC"))[0]


@pytest.mark.parametrize(
    "hostile",
    [
        "#panic()",
        "$x$ _a_ *b*",
        "\\",
        "[",
        '"',
        '#read("/etc/passwd")',
        "a\x00b",
        "\u202eabc",
        "📄",
        "<b>&amp;",
    ],
)
def test_what_somebody_typed_is_text(hostile: str) -> None:
    page = pages(replace(SHEET, buyer=replace(BUYER, name=f"X {hostile} Y"), item=f"Z {hostile}"))[0]
    assert "root:" not in page and "X" in page
    if hostile.isascii() and hostile.isprintable():
        assert f"X {hostile} Y" in page


@pytest.mark.parametrize("dropped", ["a\x00b", "a\u202eb", "a\ud800b", "a📄b", "ab\u0336\u0353"])
def test_what_no_font_shows_is_left_out(dropped: str) -> None:
    assert "X ab Y" in pages(replace(SHEET, buyer=replace(BUYER, name=f"X {dropped} Y")))[0]


@pytest.mark.parametrize("name", ["Bardzo długa nazwa " * 12, "X" * 200, "Ż" * 2_000])
def test_a_monstrous_name_stands_there_whole(name: str) -> None:
    text = "".join(pages(replace(SHEET, buyer=replace(BUYER, name=name)))).replace(" ", "")
    assert "1234,43" in text and text.count(name[0]) >= name.count(name[0])


def test_a_word_wider_than_its_column_stays_on_the_page() -> None:
    wide = Party("W" * 200, "7" * 60, "W" * 120, "00-950", "Ź" * 80)
    sheet = replace(
        SHEET, number="FV/" + "9" * 57, seller=wide, buyer=wide, item="W" * 300, payment="W" * 200
    )
    sheet = replace(sheet, net=81_300_812_900, tax=18_699_186_999, gross=99_999_999_899, ksef_number="W" * 60)
    starts = [x for page in PdfReader(io.BytesIO(render_invoice(sheet))).pages for x in starts_of_texts(page)]
    assert len(starts) > 1_000 and max(starts) < RIGHT_MARGIN


def test_a_code_waiting_for_its_ksef_number_is_called_offline() -> None:
    code = [[True, False], [False, True]]
    assert "OFFLINE" in pages(replace(SHEET, ksef_qr=code))[0]
    assert "OFFLINE" not in pages(replace(SHEET, ksef_qr=code, ksef_number="1234563218-20261122-ABC"))[0]


@settings(max_examples=25)
@given(st.text(max_size=60))
def test_no_text_at_all_stops_an_invoice(text: str) -> None:
    assert render_invoice(replace(SHEET, buyer=replace(BUYER, name=text), item=text)).startswith(b"%PDF")
