"""What was stored in English is read in the language of whoever looks."""

import pytest
from flask import Flask
from flask_babel import gettext

from domain.diagnoses import ConnectionLost, LargerThanAllowed, NoConnection
from domain.invoices import IncompleteParty, Party, check_parties
from domain.mail_headers import AddressNeedsSmtpUtf8
from domain.money import in_zloty
from extensions.babel import translate, translate_stored
from gateways.ejs_failures import CalledTooDeeply, FailedAtLine, RanTooLong, TemplateFailed
from services.ledger import NotEnoughMoney


@pytest.mark.parametrize(
    ("error", "polish"),
    [
        (NoConnection(), "Brak połączenia z serwerem pocztowym."),
        (
            ConnectionLost(stage="data", why="100% (reset)\nby peer"),
            "Połączenie zostało przerwane na etapie data: 100% (reset)\nby peer",
        ),
        (
            LargerThanAllowed(size=12, limit=10),
            "Wiadomość ma 12 bajtów; serwer pocztowy przyjmuje najwyżej 10.",
        ),
    ],
)
def test_a_stored_sentence_is_shown_in_polish(panel: Flask, error: Exception, polish: str) -> None:
    with panel.test_request_context(headers={"Accept-Language": "pl"}):
        assert translate_stored(str(error)) == polish
    with panel.test_request_context(headers={"Accept-Language": "en"}):
        assert translate_stored(str(error)) == str(error)


def test_an_address_in_it_stays_what_it_is(panel: Flask) -> None:
    with panel.test_request_context(headers={"Accept-Language": "pl"}):
        assert "żółw@x.example" in translate_stored(str(AddressNeedsSmtpUtf8(address="żółw@x.example")))


@pytest.mark.parametrize("said", ["550 5.1.1 No such user", "", "x is empty.", "%(why)s"])
def test_what_a_server_said_stays_as_it_is(panel: Flask, said: str) -> None:
    with panel.test_request_context(headers={"Accept-Language": "pl"}):
        assert translate_stored(said) == said


@pytest.mark.parametrize(
    "error", [FailedAtLine(line=4, reason="x is not defined"), RanTooLong(seconds=1.0), CalledTooDeeply()]
)
def test_what_was_wrong_with_a_template_is_told_in_polish(panel: Flask, error: TemplateFailed) -> None:
    with panel.test_request_context(headers={"Accept-Language": "pl"}):
        told = translate_stored(str(error))
        assert told == gettext(error.message_id) % error.parameters
        assert "template" not in told


def test_amounts_in_a_refusal_are_written_as_the_language_does(panel: Flask) -> None:
    refusal = NotEnoughMoney(needed=in_zloty(12_340_000), available=in_zloty(15_999))
    for language, needed, available in (("pl", "1\xa0234,00", "1,5999"), ("en", "1,234.00", "1.5999")):
        with panel.test_request_context(headers={"Accept-Language": language}):
            said = translate(refusal)
            assert needed in said and available in said


def test_what_is_missing_for_an_invoice_is_named_in_words(panel: Flask) -> None:
    with pytest.raises(IncompleteParty) as told:
        check_parties(Party("", "1", "x", "x", "x"), Party("A", "2", "x", "x", ""))
    with panel.test_request_context(headers={"Accept-Language": "pl"}):
        assert translate(told.value).endswith(": nazwa sprzedawcy, miejscowość nabywcy.")
