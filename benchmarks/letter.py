"""The 10 KB letter that everybody sends: a Polish one with personal fields, prepared as the panel would."""

from domain.correspondence import UNSUBSCRIBE_FOOTER
from services.message_content import FrozenContent, prepare_content

SUBJECT = "Odbiór lokalu {unit} w inwestycji {investment_name}"
_PARAGRAPH = (
    "<p>Zapraszamy Państwa do biura sprzedaży. Przedstawimy harmonogram prac, terminy odbiorów technicznych "
    "oraz zasady przekazania kluczy. Prosimy o zabranie dokumentu tożsamości i umowy. W razie pytań "
    "jesteśmy do dyspozycji od poniedziałku do piątku w godzinach 9-17.</p>"
)
_PARAGRAPHS = 11
BODY = (
    "<p>Dzień dobry, <strong>{client_name}</strong>,</p>"
    "<p>umowa {contract_number} z dnia {contract_date}, lokal {unit}.</p>"
    f"{_PARAGRAPH * _PARAGRAPHS}"
    "<p>Z poważaniem,<br>{investment_name}, {investment_city}</p>"
)


def letter() -> FrozenContent:
    """The letter's frozen content: no logic, so its parts are spliced."""
    return prepare_content(SUBJECT, BODY, footer_html=UNSUBSCRIBE_FOOTER)
