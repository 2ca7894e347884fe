"""Polish words that go into letters themselves: correspondence is Polish whatever the panel's language."""

from collections.abc import Mapping

from domain.money import in_zloty

UNSUBSCRIBE_FOOTER = (
    '<hr style="border: 0; border-top: 1px solid #d5d9e0; margin: 32px 0 12px">'
    '<p style="font-size: 13px; color: #5b6472">Otrzymują Państwo tę wiadomość, ponieważ wyrazili Państwo '
    "zgodę na otrzymywanie informacji handlowych pocztą elektroniczną. Zgodę można w każdej chwili wycofać: "
    '<a href="{unsubscribe_url}">rezygnuję z wiadomości</a>. Wszystkie swoje zgody można obejrzeć i zmienić '
    'tutaj: <a href="{consents_url}">moje zgody</a>.</p>'
)
"""Withdrawing consent must be as easy as giving it (RODO art. 7 ust. 3, RFC 8058)."""

TOP_UP = "Doładowanie konta SMS"
PAID_ELECTRONICALLY = "płatność elektroniczna"
INVOICE_SUBJECT = "Faktura {number} za doładowanie konta SMS"
INVOICE_HTML = (
    "<p>Dzień dobry,</p><p>dziękujemy za doładowanie konta SMS. W załączniku przesyłamy fakturę "
    "<strong>{number}</strong>.</p>"
)
LOW_BALANCE_SUBJECT = "Na koncie SMS kończą się środki"
LOW_BALANCE_HTML = (
    "<p>Dzień dobry,</p><p>na koncie SMS pozostało <strong>{available} zł</strong>, mniej niż ustawiony próg "
    "{threshold} zł. Gdy środki się skończą, wiadomości SMS nie będą wysyłane.</p>"
    '<p><a href="{top_up_url}">Doładuj konto SMS</a></p>'
)

SAMPLE_LETTER_SUBJECT = "Państwa mieszkanie jest gotowe do odbioru"
SAMPLE_LETTER = (
    "<p>Dzień dobry, Pani Anno,</p><p>mieszkanie <strong>A-12</strong> jest gotowe. Dogodny termin odbioru "
    'można wybrać <a href="https://goniec.example/terminy">na stronie z terminami</a>.</p>'
    "<ul><li>poniedziałek, 9.00–15.00</li><li>środa, 12.00–18.00</li></ul>"
    "<p>Z wyrazami szacunku<br>Marek Nowicki</p>"
)

OFFER_ACCEPTED_SMS = (
    "Dziękujemy. Koszt <%= offer.amount %> naprawy <%= repair.number %> został zaakceptowany."
)
OFFER_REJECTED_SMS = (
    "Dziękujemy za odpowiedź. Naprawa <%= repair.number %> nie zostanie wykonana za <%= offer.amount %>."
)
STOPPED_SMS = "Potwierdzamy: nie będziemy więcej wysyłać na ten numer informacji handlowych."
"""What a client's own text is answered with: EJS."""

SAMPLE_VALUES: Mapping[str, str] = {
    "client.name": "Anna Wiśniewska",
    "client.first_name": "Anna",
    "client.last_name": "Wiśniewska",
    "client.company_name": "",
    "client.kind": "person",
    "client.city": "Gdańsk",
    "client.vocative": "Anno",
    "client.email": "anna.wisniewska@poczta.example",
    "contract.number": "12/2026",
    "contract.type": "umowa deweloperska",
    "contract.date": "14.02.2026",
    "contract.unit": "A-12",
    "investment.name": "Osiedle Przykładowe",
    "investment.city": "Gdańsk",
    "account_manager.name": "Marek Nowicki",
    "company.name": "Nasza Firma Sp. z o.o.",
}
"""A client who does not exist; dotted path to text, as a template is rendered."""


def amount_in_letters(units: int) -> str:
    """Units of 1/10000 PLN as a letter says them: ``1 234,50 zł``."""
    whole, _, rest = str(in_zloty(units)).partition(".")
    return f"{int(whole):,}".replace(",", " ") + f",{rest} zł"
