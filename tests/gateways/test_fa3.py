"""Every invoice that can be issued is a valid FA(3) with the sheet's own sums."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]

from domain.invoices import Party
from domain.money import vat_of_gross
from domain.payments import LARGEST_TOP_UP, SMALLEST_TOP_UP
from gateways.fa3 import NAMESPACE, RATES, NotADocument, fa3_xml
from gateways.invoice_pdf import Amounts, Correction, InvoiceSheet

MADE = datetime(2026, 11, 22, 9, 30, 15, 999, tzinfo=UTC)
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
    net=8_129,
    tax=1_870,
    gross=9_999,
    payment="płatność elektroniczna",
)
CORRECTION = Correction("FV/16/2026", date(2026, 10, 1), "Błędna kwota", Amounts(8_130, 1_870, 10_000))


def read(document: bytes) -> dict[str, list[str]]:
    """Every text by its path below the root."""
    found: dict[str, list[str]] = {}
    root = etree.fromstring(document)
    for element in root.iter():
        if len(element) == 0:
            path = "/".join(
                etree.QName(one).localname for one in [*reversed(list(element.iterancestors()))][1:]
            )
            name = f"{path}/{etree.QName(element).localname}".lstrip("/")
            found.setdefault(name, []).append(element.text)
    return found


def only(document: bytes, path: str) -> str:
    [text] = read(document)[path]
    return text


def test_a_vat_invoice_says_what_the_sheet_says() -> None:
    document = fa3_xml(SHEET, MADE)
    said = {
        "Naglowek/DataWytworzeniaFa": "2026-11-22T09:30:15Z",
        "Naglowek/SystemInfo": "Goniec",
        "Podmiot1/DaneIdentyfikacyjne/NIP": "1060000062",
        "Podmiot1/DaneIdentyfikacyjne/Nazwa": "Operator Łączności Sp. z o.o.",
        "Podmiot1/Adres/AdresL1": "ul. Kurierska 5",
        "Podmiot1/Adres/AdresL2": "30-002 Kraków",
        "Podmiot2/DaneIdentyfikacyjne/NIP": "1234563218",
        "Podmiot2/JST": "2",
        "Podmiot2/GV": "2",
        "Fa/KodWaluty": "PLN",
        "Fa/P_1": "2026-11-22",
        "Fa/P_2": "FV/17/2026",
        "Fa/P_6": "2026-11-21",
        "Fa/P_13_1": "81.29",
        "Fa/P_14_1": "18.70",
        "Fa/P_15": "99.99",
        "Fa/RodzajFaktury": "VAT",
        "Fa/FaWiersz/P_7": "Doładowanie konta SMS",
        "Fa/FaWiersz/P_8A": "usł.",
        "Fa/FaWiersz/P_9B": "99.99",
        "Fa/FaWiersz/P_11": "81.29",
        "Fa/FaWiersz/P_12": "23",
        "Fa/Platnosc/Zaplacono": "1",
        "Fa/Platnosc/DataZaplaty": "2026-11-21",
        "Fa/Platnosc/OpisPlatnosci": "płatność elektroniczna",
    }
    assert {path: only(document, path) for path in said} == said
    assert etree.fromstring(document).tag == f"{{{NAMESPACE}}}Faktura"
    assert document.startswith(b"<?xml") and "ł".encode() in document


def test_the_same_invoice_is_always_the_same_bytes() -> None:
    assert fa3_xml(SHEET, MADE) == fa3_xml(SHEET, MADE)


def test_the_day_of_payment_is_named_only_when_it_is_another() -> None:
    assert "Fa/P_6" not in read(fa3_xml(replace(SHEET, paid_on=SHEET.issued_on), MADE))


def test_an_advance_states_the_order_and_no_lines() -> None:
    document = fa3_xml(replace(SHEET, kind="ZAL", gross=4_003, tax=749, net=3_254), MADE)
    texts = read(document)
    assert texts["Fa/RodzajFaktury"] == ["ZAL"]
    assert texts["Fa/Zamowienie/WartoscZamowienia"] == ["40.03"]
    assert texts["Fa/Zamowienie/ZamowienieWiersz/P_11VatZ"] == ["7.49"]
    assert (texts["Fa/P_13_1"], texts["Fa/P_14_1"], texts["Fa/P_15"]) == (["32.54"], ["7.49"], ["40.03"])
    assert not any(path.startswith("Fa/FaWiersz") for path in texts)


def test_a_correction_has_both_states_and_their_difference() -> None:
    sheet = replace(SHEET, kind="KOR", net=-4_065, tax=-935, gross=-5_000, correction=CORRECTION)
    texts = read(fa3_xml(sheet, MADE))
    assert texts["Fa/RodzajFaktury"] == ["KOR"]
    assert (texts["Fa/P_13_1"], texts["Fa/P_14_1"], texts["Fa/P_15"]) == (["-40.65"], ["-9.35"], ["-50.00"])
    assert texts["Fa/FaWiersz/P_11A"] == ["100.00", "50.00"] and texts["Fa/FaWiersz/StanPrzed"] == ["1"]
    assert texts["Fa/PrzyczynaKorekty"] == ["Błędna kwota"]
    assert texts["Fa/DaneFaKorygowanej/NrFaKorygowanej"] == ["FV/16/2026"]
    assert texts["Fa/DaneFaKorygowanej/NrKSeFN"] == ["1"]
    assert "Fa/Platnosc/Zaplacono" not in texts


def test_a_correction_of_what_is_in_ksef_names_its_number() -> None:
    number = "5265877635-20250916-0200A0D6723E-C2"
    correction = replace(CORRECTION, corrects_ksef_number=number, corrects_kind="ZAL")
    sheet = replace(SHEET, kind="KOR", net=-4_065, tax=-935, gross=-5_000, correction=correction)
    texts = read(fa3_xml(sheet, MADE))
    assert texts["Fa/DaneFaKorygowanej/NrKSeFFaKorygowanej"] == [number]
    assert texts["Fa/RodzajFaktury"] == ["KOR_ZAL"] and texts["Fa/P_15ZK"] == ["100.00"]


@pytest.mark.parametrize(
    "sheet",
    [
        replace(SHEET, vat_rate=17),
        replace(SHEET, seller=replace(SELLER, nip="")),
        replace(SHEET, buyer=replace(BUYER, name="\u0007")),
        replace(SHEET, issued_on=date(1999, 1, 1)),
    ],
)
def test_what_fa3_has_no_place_for_is_refused(sheet: InvoiceSheet) -> None:
    with pytest.raises(NotADocument):
        fa3_xml(sheet, MADE)


def named(longest: int) -> st.SearchStrategy[str]:
    """Anything a person may have typed, with something in it that can be read."""
    some = st.text(st.characters(codec="utf-8"), max_size=longest - 4)
    return st.builds(lambda text, letter: text[: len(text) // 2] + letter + text[len(text) // 2 :], some,
                     st.sampled_from(["Ż", "ółć", "A", "🎉", "ＡＢ", "Ω"]))  # fmt: skip


@st.composite
def parties(draw: st.DrawFn, nip: str) -> Party:
    return Party(draw(named(200)), nip, draw(named(200)), "50-001", draw(named(120)))


@st.composite
def sheets(draw: st.DrawFn) -> InvoiceSheet:
    """What `issue_invoice` and the settings' form allow, and corrections of it."""
    rate = draw(st.sampled_from(RATES))
    gross = draw(st.integers(SMALLEST_TOP_UP, LARGEST_TOP_UP))
    amounts = vat_of_gross(gross, rate)
    kind = draw(st.sampled_from(["VAT", "ZAL", "KOR"]))
    day = draw(st.dates(date(2026, 1, 1), date(2040, 12, 31)))
    series = draw(st.from_regex(r"[A-Z0-9-]{1,10}", fullmatch=True))
    sheet = replace(
        SHEET,
        number=f"{series}/{draw(st.integers(1, 10**9))}/2026",
        issued_on=day,
        paid_on=draw(st.sampled_from([day, date(2026, 1, 1)])),
        seller=draw(parties("1060000062")),
        buyer=draw(parties("1234563218")),
        item=draw(named(300)),
        vat_rate=rate,
    )
    if kind != "KOR":
        return replace(sheet, kind=kind, net=amounts.net, tax=amounts.tax, gross=gross)
    after = draw(st.integers(0, LARGEST_TOP_UP))
    right = vat_of_gross(after, rate)
    correction = Correction(
        "FV/1/2026", day, draw(st.text(max_size=300)), Amounts(amounts.net, amounts.tax, gross)
    )
    return replace(
        sheet, kind="KOR", net=right.net - amounts.net, tax=right.tax - amounts.tax, gross=after - gross,
        correction=correction,
    )  # fmt: skip


@given(sheets())
@settings(max_examples=25)
def test_whatever_is_issued_makes_a_valid_document_with_its_own_sums(sheet: InvoiceSheet) -> None:
    texts = read(fa3_xml(sheet, MADE))

    def sum_of(fields: str) -> Decimal:
        return sum((Decimal(said[0]) for path, said in texts.items() if path.startswith(fields)), Decimal(0))

    net, tax, gross = sum_of("Fa/P_13_"), sum_of("Fa/P_14_"), Decimal(texts["Fa/P_15"][0])
    assert [net * 100, tax * 100, gross * 100] == [sheet.net, sheet.tax, sheet.gross]
    assert net + tax == gross
