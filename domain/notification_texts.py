"""What clients are told when nobody has written something else: EJS, in Polish whatever the panel's language.

Service messages (PKE art. 398): not a word in them promotes anything. An SMS names the company in its footer
alone, which is a setting (manual 001_f98235051ea960ea.txt, KONFIGURACJA TREŚCI).
"""

from dataclasses import dataclass

from domain.channel import Channel
from domain.events import EventKind


@dataclass(frozen=True, slots=True)
class NotificationText:
    """``subject`` is an e-mail's; ``body`` is HTML for an e-mail and plain text for an SMS."""

    subject: str
    body: str


_REPAIR = "naprawa nr <%= repair.number %>"
_DEVICE = "<strong><%= repair.device %></strong>"
_OFFER = (
    "<p>Koszt naprawy: <strong><%= offer.amount %></strong>"
    "<% if (offer.description) { %><br><%= offer.description %><% } %>"
    "<% if (offer.expires) { %><br>Oferta jest ważna do <%= offer.expires %>.<% } %></p>"
)


def _mail(subject: str, *paragraphs: str) -> NotificationText:
    body = "".join(each if each.startswith("<") else f"<p>{each}</p>" for each in paragraphs)
    return NotificationText(subject, f"<p>Dzień dobry,</p>{body}")


def _sms(body: str) -> NotificationText:
    return NotificationText("", body)


_TEXTS: dict[EventKind, dict[Channel, NotificationText]] = {
    EventKind.REPAIR_RECEIVED: {
        Channel.EMAIL: _mail(
            "Przyjęliśmy urządzenie do naprawy – <%= repair.number %>",
            f"przyjęliśmy do naprawy urządzenie {_DEVICE}. Zgłoszenie ma numer <%= repair.number %>.",
            "O kolejnych etapach będziemy informować na bieżąco.",
        ),
        Channel.SMS: _sms(
            "Przyjęliśmy do naprawy: <%= repair.device %>. Numer naprawy: <%= repair.number %>."
        ),
    },
    EventKind.REPAIR_DELIVERED: {
        Channel.EMAIL: _mail(
            "Urządzenie dotarło do serwisu – <%= repair.number %>",
            f"przesyłka z urządzeniem {_DEVICE} dotarła do serwisu ({_REPAIR}).",
            "O kolejnych etapach będziemy informować na bieżąco.",
        ),
        Channel.SMS: _sms(
            "Urządzenie <%= repair.device %> dotarło do serwisu. Naprawa nr <%= repair.number %>."
        ),
    },
    EventKind.COST_ACCEPTANCE: {
        Channel.EMAIL: _mail(
            "Prosimy o akceptację kosztów naprawy – <%= repair.number %>",
            f"przygotowaliśmy wycenę naprawy urządzenia {_DEVICE} ({_REPAIR}).",
            _OFFER,
            "Prosimy o odpowiedź, czy akceptują Państwo koszty. Do tego czasu wstrzymujemy prace.",
        ),
        Channel.SMS: _sms(
            "Naprawa <%= repair.number %>: koszt <%= offer.amount %>"
            "<% if (offer.expires) { %>, oferta ważna do <%= offer.expires %><% } %>. "
            "Czy akceptują Państwo koszty? Prosimy odpisać TAK lub NIE."
        ),
    },
    EventKind.AWAITING_PARTS: {
        Channel.EMAIL: _mail(
            "Czekamy na części – <%= repair.number %>",
            f"do naprawy urządzenia {_DEVICE} zamówiliśmy części ({_REPAIR}).",
            "Wrócimy do pracy, gdy tylko do nas dotrą.",
        ),
        Channel.SMS: _sms("Naprawa <%= repair.number %>: czekamy na zamówione części."),
    },
    EventKind.REPAIR_READY: {
        Channel.EMAIL: _mail(
            "<% if (repair.state === 'ready_to_ship') { %>Wkrótce wyślemy urządzenie<% } else { %>"
            "Urządzenie jest gotowe do odbioru<% } %> – <%= repair.number %>",
            "<% if (repair.state === 'ready_to_ship') { %>"
            f"<p>urządzenie {_DEVICE} ({_REPAIR}) jest gotowe. Wkrótce nadamy je kurierem.</p>"
            "<% } else { %>"
            f"<p>urządzenie {_DEVICE} ({_REPAIR}) jest gotowe do odbioru w serwisie.</p>"
            "<% } %>",
        ),
        Channel.SMS: _sms(
            "Naprawa <%= repair.number %>: urządzenie jest gotowe"
            "<% if (repair.state === 'ready_to_ship') { %>, wkrótce nadamy je kurierem."
            "<% } else { %> do odbioru.<% } %>"
        ),
    },
    EventKind.REPAIR_CLOSED: {
        Channel.EMAIL: _mail(
            "Naprawa zakończona – <%= repair.number %>",
            f"{_REPAIR}, urządzenie {_DEVICE}, została zakończona.",
            "W razie pytań prosimy o odpowiedź na tę wiadomość.",
        ),
        Channel.SMS: _sms("Naprawa <%= repair.number %> została zakończona."),
    },
    EventKind.TICKET_RECEIVED: {
        Channel.EMAIL: _mail(
            "Przyjęliśmy zgłoszenie – <%= ticket.number %>",
            "przyjęliśmy zgłoszenie nr <%= ticket.number %>: <strong><%= ticket.subject %></strong>.",
            "Odpowiemy najszybciej, jak to możliwe.",
        ),
        Channel.SMS: _sms(
            "Przyjęliśmy zgłoszenie nr <%= ticket.number %>. Odpowiemy najszybciej, jak to możliwe."
        ),
    },
    EventKind.TICKET_DONE: {
        Channel.EMAIL: _mail(
            "Zakończyliśmy zgłoszenie – <%= ticket.number %>",
            "zgłoszenie nr <%= ticket.number %> (<strong><%= ticket.subject %></strong>) zostało zakończone.",
            "Jeśli sprawa wymaga dalszych działań, prosimy o odpowiedź na tę wiadomość.",
        ),
        Channel.SMS: _sms("Zgłoszenie nr <%= ticket.number %> zostało zakończone."),
    },
    EventKind.PAYMENT_DUE: {
        Channel.EMAIL: _mail(
            "Płatność do opłacenia – <%= payment.number %>",
            "czeka na Państwa płatność online nr <%= payment.number %><% if (payment.title) { %> "
            "(<%= payment.title %>)<% } %> na kwotę <strong><%= payment.amount %></strong>"
            "<% if (payment.due) { %>, z terminem <%= payment.due %><% } %>.",
            "<% if (payment.url) { %><p>Płatności można dokonać na stronie: <%= payment.url %></p><% } %>",
        ),
        Channel.SMS: _sms(
            "Płatność <%= payment.number %> na kwotę <%= payment.amount %>"
            "<% if (payment.due) { %>, termin <%= payment.due %><% } %>."
            "<% if (payment.url) { %> Opłać: <%= payment.url %><% } %>"
        ),
    },
    EventKind.SHIPMENT_CREATED: {
        Channel.EMAIL: _mail(
            "Przesyłka w drodze – <%= shipment.number %>",
            "nadaliśmy do Państwa przesyłkę: <%= shipment.carrier %>, numer "
            "<strong><%= shipment.number %></strong>.",
            "<% if (shipment.url) { %><p>Przesyłkę można śledzić na stronie: <%= shipment.url %></p><% } %>",
        ),
    },
}


def default_text(event: EventKind, channel: Channel) -> NotificationText:
    """The text of one of `domain.events.PAIRS`; KeyError for another."""
    return _TEXTS[event][channel]
