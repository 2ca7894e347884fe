"""The phones as HTML fragments, in Polish for the demo, and as JSON."""

from collections.abc import Sequence
from html import escape
from zoneinfo import ZoneInfo

from sandbox.phones_exchange import Text

MOST_PHONES = 200
MOST_BUBBLES = 200
_WARSAW = ZoneInfo("Europe/Warsaw")
_STATES = {404: ("good", "Doręczono"), 405: ("bad", "Nie doręczono")}
_POLISH_LENGTH = 11


def shown(number: str) -> str:
    """A number's digits as people write it: +48 600 100 200."""
    if number.startswith("48") and len(number) == _POLISH_LENGTH:
        return f"+48 {number[2:5]} {number[5:8]} {number[8:]}"
    return f"+{number}"


def as_json(text: Text) -> dict[str, object]:
    """All that a test asks of a text."""
    return {
        "id": text.id,
        "idx": text.idx,
        "number": f"+{text.number}",
        "sender": text.sender,
        "text": text.text,
        "parts": text.parts,
        "at": text.at.isoformat(),
        "incoming": text.incoming,
        "status": text.status,
    }


def version(texts: Sequence[Text]) -> str:
    """Something else whenever the pages would look different."""
    return f"{len(texts)}-{sum(text.status for text in texts)}"


def phones_page(texts: Sequence[Text]) -> str:
    """The phones, the one that got or sent a text last first."""
    form = (
        '<form class="open" action="/open"><input name="number" aria-label="Numer telefonu" inputmode="tel"'
        ' placeholder="Otwórz telefon o numerze…" required><button>Otwórz</button></form>'
    )
    phones: dict[str, list[Text]] = {}
    for text in texts:
        phones.setdefault(text.number, []).append(text)
    if not phones:
        hint = "Wyślij SMS z panelu, a pojawi się tutaj. Stąd nic nie wychodzi na zewnątrz."
        return f'{form}<div class="empty"><strong>Brak wiadomości</strong><p>{hint}</p></div>'
    newest = sorted(phones.values(), key=lambda kept: kept[-1].at, reverse=True)
    rows = "".join(map(_phone, newest[:MOST_PHONES]))
    total = f'<p class="total">Telefony: {len(phones)}, {_texts(len(texts))}</p>'
    return f'{form}{total}<ul class="list">{rows}</ul>'


def phone_page(number: str, texts: Sequence[Text], *, takes_answers: bool) -> str:
    """One phone's conversation, the oldest text first, and a form to write from it."""
    older = len(texts) - MOST_BUBBLES
    note = f'<p class="total">Starsze, niepokazane: {_texts(older)}</p>' if older > 0 else ""
    bubbles = "".join(map(_bubble, texts[-MOST_BUBBLES:]))
    talk = f'{note}<ol class="bubbles">{bubbles}</ol>' if texts else '<p class="total">Brak wiadomości</p>'
    if takes_answers:
        answer = (
            f'<form class="answer" method="post" action="/phones/{number}/answer">'
            '<textarea name="text" rows="2" maxlength="1000" required aria-label="Odpowiedź"'
            ' placeholder="Napisz z tego telefonu…"></textarea><button>Wyślij</button></form>'
        )
    else:
        answer = '<p class="total">Odpowiedzi są wyłączone: nie podano adresu, który je odbiera.</p>'
    return f"<h2>{escape(shown(number))}</h2>{talk}{answer}"


def _phone(texts: Sequence[Text]) -> str:
    last = texts[-1]
    return (
        f'<li><a href="/phones/{last.number}"><span class="number">{escape(shown(last.number))}</span>'
        f'<time datetime="{last.at.isoformat()}">{_when(last)}</time>'
        f'<span class="last">{escape(last.text)}</span><small>{_texts(len(texts))}</small></a></li>'
    )


def _bubble(text: Text) -> str:
    when = f'<time datetime="{text.at.isoformat()}">{_when(text)}</time>'
    if text.incoming:
        about = f"<span>{when}</span><span>do: {escape(text.sender)}</span>"
        return f'<li class="in"><p>{escape(text.text)}</p><div class="about">{about}</div></li>'
    kind, state = _STATES.get(text.status, ("", "W drodze"))
    parts = "1 część" if text.parts == 1 else f"{text.parts} części"
    buttons = (
        f'<form method="post" action="/texts/{text.id}/report">'
        '<button class="small" name="status" value="404">doręczono</button>'
        '<button class="small" name="status" value="405">nie doręczono</button></form>'
    )
    about = (
        f"{when}<span>od: {escape(text.sender)}</span><span>{parts}</span>"
        f'<span class="{kind}">{state}</span><span>idx: {escape(text.idx) or "brak"}</span>{buttons}'
    )
    return f'<li><p>{escape(text.text)}</p><div class="about">{about}</div></li>'


def _when(text: Text) -> str:
    return text.at.astimezone(_WARSAW).strftime("%d.%m.%Y, %H:%M:%S")


def _texts(count: int) -> str:
    if count == 1:
        return "1 SMS"
    few = count % 10 in (2, 3, 4) and count % 100 not in (12, 13, 14)
    return f"{count} {'SMS-y' if few else 'SMS-ów'}"
