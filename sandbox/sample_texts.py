"""What the sample company writes: consents, message templates, investments."""

from dataclasses import dataclass

from domain.channel import Channel, Purpose
from models.consent import ConsentPurpose

COMPANY = "Nadrzecze Development"
_FULL_NAME = "Nadrzecze Development Sp. z o.o. z siedzibą we Wrocławiu"


@dataclass(frozen=True, slots=True)
class SampleConsent:
    """``wordings`` in order of version; with ``only_last_counts`` the last one made the others void."""

    name: str
    channel: Channel | None
    purpose: ConsentPurpose
    wordings: tuple[str, ...]
    only_last_counts: bool = False


@dataclass(frozen=True, slots=True)
class SampleTemplate:
    name: str
    channel: Channel
    purpose: Purpose
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class SampleInvestment:
    name: str
    street: str
    city: str
    description: str


INVESTMENTS = (
    SampleInvestment(
        "Osiedle Nadrzecze",
        "ul. Nadodrzańska 14–28",
        "Wrocław",
        "Sześć kameralnych budynków nad Odrą: 240 mieszkań, hala garażowa, zielone dziedzińce.",
    ),
    SampleInvestment(
        "Kamienice Jaśminowe",
        "ul. Jaśminowa 3–11",
        "Gdańsk",
        "Cztery odnowione kamienice i dwa nowe budynki z lokalami usługowymi na parterze.",
    ),
)

PROCESSING, EMAIL_MARKETING, SMS_MARKETING = 1, 2, 3
"""The definitions' ids, in the order of CONSENTS."""
CONSENTS = (
    SampleConsent(
        "Przetwarzanie danych osobowych",
        None,
        ConsentPurpose.DATA_PROCESSING,
        (
            f"Wyrażam zgodę na przetwarzanie moich danych osobowych przez {_FULL_NAME} w celu przedstawienia "
            "oferty i prowadzenia rozmów dotyczących zakupu lokalu. Wiem, że zgodę mogę w każdej chwili "
            "wycofać, a jej wycofanie nie wpływa na zgodność z prawem wcześniejszego przetwarzania.",
        ),
    ),
    SampleConsent(
        "Marketing – e-mail",
        Channel.EMAIL,
        ConsentPurpose.MARKETING,
        (
            f"Wyrażam zgodę na otrzymywanie informacji handlowych od {_FULL_NAME} drogą elektroniczną.",
            f"Wyrażam zgodę na otrzymywanie od {_FULL_NAME} informacji handlowych i marketingowych o jej "
            "inwestycjach i usługach pocztą elektroniczną, na podany przeze mnie adres e-mail (art. 398 "
            "ustawy – Prawo komunikacji elektronicznej). Zgodę mogę w każdej chwili wycofać, klikając "
            "link w wiadomości lub pisząc na adres biuro@goniec.example.",
        ),
        only_last_counts=True,
    ),
    SampleConsent(
        "Marketing – SMS",
        Channel.SMS,
        ConsentPurpose.MARKETING,
        (
            f"Wyrażam zgodę na otrzymywanie od {_FULL_NAME} informacji handlowych i marketingowych o jej "
            "inwestycjach i usługach w wiadomościach SMS, na podany przeze mnie numer telefonu (art. 398 "
            "ustawy – Prawo komunikacji elektronicznej). Zgodę mogę w każdej chwili wycofać.",
        ),
    ),
)

_SIGNATURE = (
    "<p>Z poważaniem<br>{account_manager}<br>"
    f"{COMPANY}<br>Biuro sprzedaży: ul. Nadodrzańska 14, Wrocław</p>"
)

TEMPLATES = (
    SampleTemplate(
        "Szablon inwestycji – informacja 1",
        Channel.EMAIL,
        Purpose.MARKETING,
        "{investment_name}: postęp prac na budowie",
        "<p>Dzień dobry,</p>"
        "<p>na budowie inwestycji <strong>{investment_name}</strong> zakończyliśmy kolejny etap prac. "
        "Stan surowy zamknięty jest gotowy, a ekipy rozpoczęły układanie instalacji.</p>"
        "<ul><li>montaż okien: zakończony,</li><li>tynki wewnętrzne: w toku,</li>"
        "<li>zagospodarowanie dziedzińców: od wiosny.</li></ul>"
        "<p>Zdjęcia z budowy pokażemy Państwu w biurze sprzedaży, w dni robocze od 9.00 do 17.00.</p>"
        + _SIGNATURE,
    ),
    SampleTemplate(
        "Szablon inwestycji – informacja 2",
        Channel.EMAIL,
        Purpose.MARKETING,
        "Spotkanie dla klientów inwestycji {investment_name}",
        "<p>Szanowni Państwo,</p>"
        "<p>serdecznie zapraszamy na spotkanie dla klientów inwestycji <strong>{investment_name}</strong>. "
        "Opowiemy o harmonogramie odbiorów, możliwościach wykończenia lokali i wyborze zarządcy.</p>"
        '<table style="border-collapse: collapse"><tbody>'
        '<tr><td style="padding: 4px 16px 4px 0">Państwa umowa</td><td>{contract_type} nr {contract_number}'
        "</td></tr>"
        '<tr><td style="padding: 4px 16px 4px 0">Lokal</td><td>{unit}</td></tr>'
        "</tbody></table>"
        "<p>Prosimy o potwierdzenie obecności w odpowiedzi na tę wiadomość.</p>" + _SIGNATURE,
    ),
    SampleTemplate(
        "Oferta na wykończenie – dla osób i firm",
        Channel.EMAIL,
        Purpose.MARKETING,
        "Wykończenie lokalu {unit} w dobrej cenie",
        '<% if (client.kind === "company") { %>'
        "<p>Szanowni Państwo,</p>"
        "<p>dla firmy <strong><%= client.company_name %></strong> przygotowaliśmy wycenę wykończenia lokalu "
        "{unit} z fakturą VAT i terminem płatności 30 dni.</p>"
        "<% } else { %>"
        '<p>Dzień dobry<%= client.vocative ? ", " + client.vocative : "" %>,</p>'
        "<p>przygotowaliśmy trzy pakiety wykończenia lokalu {unit} w inwestycji {investment_name}: "
        "podstawowy, rodzinny i premium.</p>"
        "<% } %>"
        "<p>Oferta jest ważna do {offer_valid_until}.</p>" + _SIGNATURE,
    ),
    SampleTemplate(
        "Harmonogram odbiorów",
        Channel.EMAIL,
        Purpose.SERVICE,
        "Odbiór lokalu {unit}: umowa {contract_number}",
        "<p>Szanowni Państwo,</p>"
        "<p>informujemy, że odbiór techniczny lokalu <strong>{unit}</strong>, którego dotyczy umowa "
        "nr {contract_number} z dnia {contract_date}, planujemy w najbliższych tygodniach. "
        "Termin uzgodnimy z Państwem telefonicznie.</p>"
        "<p>Prosimy o zabranie dokumentu tożsamości i kopii umowy.</p>" + _SIGNATURE,
    ),
)
