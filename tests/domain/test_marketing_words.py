"""Which texts promote something."""

import pytest

from domain.events import PAIRS
from domain.marketing_words import marketing_words
from domain.notification_texts import default_text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Nowa promocja w naszym sklepie!", ("promocja",)),
        ("PROMOCYJNE ceny i rabaty", ("PROMOCYJNE", "rabaty")),
        ("Udzielamy rabatu 10% na akcesoria", ("rabatu",)),
        ("Zniżka dla stałych klientów", ("Zniżka",)),
        ("wielka wyprzedaż akcesoriów", ("wyprzedaż",)),
        ("Oferta specjalna tylko dziś", ("Oferta specjalna",)),
        ("mamy dla Państwa wyjątkową ofertę", ("wyjątkową ofertę",)),
        ("Kod rabatowy: LATO", ("Kod rabatowy",)),
        ("kup teraz nową baterię", ("kup teraz",)),
        ("Zapisz się na newsletter", ("newsletter",)),
        ("etui gratis", ("gratis",)),
        ("Black Friday w serwisie", ("Black Friday",)),
        ("<p>oferta <b>specjalna</b></p>", ("oferta specjalna",)),
        ("Polecamy również pokrowce", ("Polecamy również",)),
        ("skorzystaj z okazji", ("skorzystaj z okazji",)),
    ],
)
def test_a_text_that_promotes_is_found_with_its_words(text: str, found: tuple[str, ...]) -> None:
    said = marketing_words(text)
    assert tuple(" ".join(word.split()) for word in said) == found


@pytest.mark.parametrize(
    "text",
    [
        "Przygotowaliśmy ofertę kosztów naprawy",
        "Oferta kosztów: 100 zł, oferta ważna do 30.11.2026",
        "Naprawa jest gotowa do odbioru",
        "Na rabatce przed serwisem rosną kwiaty",
        "Prosimy o zapłatę 120 zł",
        "<% if (client.promocja) { %>Dzień dobry<% } %>",
        '<p class="promocja">Dzień dobry</p>',
        "<style>.rabat { color: red }</style>Dzień dobry",
        "Akceptują Państwo koszty? Prosimy odpisać TAK lub NIE.",
        "Koszt wzrósł o 10%",
        "",
    ],
)
def test_a_text_that_serves_the_order_promotes_nothing(text: str) -> None:
    assert marketing_words(text) == ()


def test_each_word_is_named_once_across_the_subject_and_the_body() -> None:
    assert marketing_words("Rabat", "rabat i zniżka, RABAT") == ("Rabat", "zniżka")


def test_no_default_text_promotes_anything() -> None:
    for event, channel in PAIRS:
        text = default_text(event, channel)
        assert marketing_words(text.subject, text.body) == (), (event, channel)
