"""What an invoice can show of a text."""

import pytest

from domain.invoices import IncompleteParty, Party, check_parties
from domain.printed_text import not_printed, printed_line


@pytest.mark.parametrize(
    ("text", "line", "dropped"),
    [
        ("Zażółć  gęślą\tjaźń", "Zażółć gęślą jaźń", ()),
        ("z\u0307", "ż", ()),
        ("🚀 A🚀", "A", ("U+1F680",)),
        ("\u202eA\u200b", "A", ("U+202E", "U+200B")),
        ("\ud800", "", ("U+D800",)),
    ],
)
def test_what_the_fonts_cannot_show_is_dropped_and_named(
    text: str, line: str, dropped: tuple[str, ...]
) -> None:
    assert printed_line(text) == line
    assert not_printed(text) == dropped


def test_a_party_of_whose_name_nothing_can_be_printed_gets_no_invoice() -> None:
    party = Party("Firma", "5260250274", "ul. Prosta 1", "00-950", "Warszawa")
    with pytest.raises(IncompleteParty, match="the buyer's name, the buyer's city"):
        check_parties(party, Party("🚀", "1234563218", "ul. Prosta 1", "00-950", "\u200b"))
