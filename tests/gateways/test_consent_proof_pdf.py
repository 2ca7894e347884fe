"""The proof of consents as a PDF: everything that was said and sent, and nothing anybody typed is markup."""

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from domain.consent_proof import ProofConsent, ProofEvent, ProofMessage, ProofSheet, ProofWording
from gateways.consent_proof_pdf import MESSAGES_IN_PART, render_proof
from tests.gateways.test_invoice_pdf import starts_of_texts

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
RIGHT_MARGIN = (210 - 16) / 25.4 * 72
EVENT = ProofEvent(
    number=7,
    said="granted",
    occurred_at=MORNING,
    recorded_at=MORNING,
    wording=2,
    how="link",
    source="strona zgód",
    by="",
    ip="192.0.2.7",
    user_agent="Mozilla/5.0",
)
CONSENT = ProofConsent(
    name="Marketing e-mail",
    purpose="marketing",
    channel="email",
    wordings=(ProofWording(2, MORNING, "Zgadzam się na e-maile.\nMożna ją wycofać."),),
    events=(EVENT, replace(EVENT, number=9, said="withdrawn", how="phone", source="", ip="", by="Ada Biuro")),
)
SHEET = ProofSheet(12, "Anna Żółć", "Firma Sp. z o.o.", MORNING, (CONSENT,), 1)
MESSAGE = ProofMessage(7, MORNING, "email", "anna@poczta.example", "Dzień otwarty")


def pages(sheet: ProofSheet, messages: Iterable[ProofMessage] = ()) -> list[str]:
    reader = PdfReader(io.BytesIO(render_proof(sheet, messages)))
    return [" ".join(page.extract_text().split()) for page in reader.pages]


def test_it_says_what_was_agreed_to_how_and_what_was_sent_by_it() -> None:
    [page] = pages(SHEET, [MESSAGE])
    for words in (
        "Dowód zgód klienta nr 12: Anna Żółć", "02.03.2026 10:00:00", "czas warszawski", "Firma Sp. z o.o.",
        "Marketing e-mail", "Brzmienie 2", "Zgadzam się na e-maile.", "Można ją wycofać.",
        "nr 7", "udzielona, brzmienie 2", "przez link; źródło: strona zgód; IP: 192.0.2.7",
        "wycofana", "telefonicznie; zapisał(a): Ada Biuro",
        "na podstawie tych zgód: 1", "anna@poczta.example", "Dzień otwarty", "strona 1",
    ):  # fmt: skip
        assert words in page, words


def test_what_may_have_arrived_says_so() -> None:
    [page] = pages(replace(SHEET, messages=3, uncertain=1), [MESSAGE, replace(MESSAGE, is_uncertain=True)])
    for words in (
        "na podstawie tych zgód: 2", "Niepewne: 1", "02.03.2026 10:00:00 niepewna",
        "Serwer nie potwierdził", "mogły jednak dotrzeć",
    ):  # fmt: skip
        assert words in page, words
    assert "niepewn" not in pages(SHEET, [MESSAGE])[0].casefold()


def test_what_was_written_down_later_says_so() -> None:
    late = replace(EVENT, recorded_at=datetime(2026, 3, 5, 9, tzinfo=UTC))
    [page] = pages(replace(SHEET, consents=(replace(CONSENT, events=(late,)),), messages=0))
    assert "(zapisano 05.03.2026 10:00:00)" in page


def test_without_the_controllers_name_nothing_stands_in_its_place() -> None:
    assert "Administrator danych: Firma Sp. z o.o." in pages(SHEET)[0]
    [page] = pages(replace(SHEET, company=" "))
    assert "Administrator" not in page and "(czas warszawski)." in page


def test_who_never_said_anything_has_a_proof_of_that() -> None:
    [page] = pages(replace(SHEET, consents=(), messages=0))
    assert "nie wyraził dotąd żadnej zgody" in page and "tych zgód: 0" in page


def test_many_messages_are_set_in_parts_and_none_is_lost() -> None:
    count = 2 * MESSAGES_IN_PART + 1
    found = pages(
        replace(SHEET, messages=count), (replace(MESSAGE, title=f"wiadomość-{n}-") for n in range(count))
    )
    text = "".join(found).replace(" ", "")
    assert all(f"wiadomość-{n}-" in text for n in range(count))
    assert [page.rpartition(" ")[2] for page in found] == [str(n) for n in range(1, len(found) + 1)]


@pytest.mark.parametrize(
    "hostile", ["#panic()", "$x$ _a_ *b*", "\\", "[", '#read("/etc/passwd")', "<b>&amp;"]
)
def test_what_somebody_typed_is_text(hostile: str) -> None:
    consent = replace(CONSENT, name=hostile, wordings=(ProofWording(2, MORNING, hostile),))
    sheet = replace(SHEET, client=f"X {hostile} Y", consents=(consent,))
    page = pages(sheet, [replace(MESSAGE, title=hostile, address=hostile)])[0]
    assert f"X {hostile} Y" in page and "root:" not in page


def test_a_monstrous_word_stays_on_the_page() -> None:
    event = replace(EVENT, source="W" * 300, user_agent="W" * 400, by="W" * 250)
    sheet = replace(SHEET, client="W" * 250, consents=(replace(CONSENT, name="W" * 160, events=(event,)),))
    wide = replace(MESSAGE, address="W" * 300, title="W" * 300)
    reader = PdfReader(io.BytesIO(render_proof(sheet, [wide])))
    assert max(x for page in reader.pages for x in starts_of_texts(page)) < RIGHT_MARGIN


@settings(max_examples=15)
@given(st.text(max_size=60))
def test_no_text_at_all_stops_a_proof(text: str) -> None:
    consent = replace(CONSENT, name=text, wordings=(ProofWording(2, MORNING, text),))
    sheet = replace(SHEET, client=text, consents=(consent,))
    assert render_proof(sheet, [replace(MESSAGE, title=text, address=text)]).startswith(b"%PDF")
