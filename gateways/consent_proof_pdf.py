"""The proof of a client's consents as a PDF, set by typst in parts of bounded size and put together.

Measured: 3 ms a message; 290 MB for 10,000 messages in parts, 1.7 GB at once.
"""

import io
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path

from pypdf import PdfReader, PdfWriter

from domain.consent_proof import (
    CHANNELS,
    HOW,
    PURPOSES,
    SAID,
    ProofConsent,
    ProofEvent,
    ProofMessage,
    ProofSheet,
)
from domain.local_time import WARSAW
from domain.printed_text import printed_line
from gateways.typeset import typeset

MESSAGES_IN_PART = 200
_LAYOUT = Path(__file__).with_name("consent_proof.typ")


def render_proof(sheet: ProofSheet, messages: Iterable[ProofMessage]) -> bytes:
    """One PDF of everything, in Warsaw's time; ``messages`` are read as they are set."""
    rows = map(_message, messages)
    first = _part(sheet, _head(sheet), list(islice(rows, MESSAGES_IN_PART)), pages_before=0)
    whole: PdfWriter | None = None
    while more := list(islice(rows, MESSAGES_IN_PART)):
        if whole is None:
            whole = PdfWriter(io.BytesIO(first))
        part = _part(sheet, None, more, pages_before=len(whole.pages))
        whole.append(PdfReader(io.BytesIO(part)), import_outline=False)
    if whole is None:
        return first
    content = io.BytesIO()
    whole.write(content)
    return content.getvalue()


def _part(
    sheet: ProofSheet, head: dict[str, object] | None, messages: list[list[str]], *, pages_before: int
) -> bytes:
    made = sheet.made_at
    content = {
        "title": _title(sheet),
        "made": _moment(made),
        "page": pages_before + 1,
        "head": head,
        "messages": messages,
    }
    return typeset(_LAYOUT, content, made.astimezone(WARSAW).date())


def _title(sheet: ProofSheet) -> str:
    return printed_line(f"Dowód zgód klienta nr {sheet.client_id}: {sheet.client}")


def _head(sheet: ProofSheet) -> dict[str, object]:
    company = printed_line(sheet.company)
    return {
        "controller": f" Administrator danych: {company}" if company else "",
        "consents": [_consent(consent) for consent in sheet.consents],
        "count": str(sheet.messages - sheet.uncertain),
        "uncertain": str(sheet.uncertain) if sheet.uncertain else "",
    }


def _consent(consent: ProofConsent) -> dict[str, object]:
    channel = f", {CHANNELS[consent.channel]}" if consent.channel else ""
    return {
        "name": printed_line(consent.name),
        "purpose": f"{PURPOSES[consent.purpose]}{channel}",
        "wordings": [
            {
                "title": f"Brzmienie {wording.version}, od {_moment(wording.published_at)}",
                "text": [printed_line(line) for line in wording.text.splitlines()],
            }
            for wording in consent.wordings
        ],
        "events": [_event(event) for event in consent.events],
    }


def _event(event: ProofEvent) -> list[str]:
    recorded = "" if event.recorded_at == event.occurred_at else f" (zapisano {_moment(event.recorded_at)})"
    traces = (
        f"źródło: {event.source}" if event.source else "",
        f"zapisał(a): {event.by}" if event.by else "",
        f"IP: {event.ip}" if event.ip else "",
        f"przeglądarka: {event.user_agent}" if event.user_agent else "",
    )
    return [
        f"nr {event.number}",
        f"{_moment(event.occurred_at)}{recorded}",
        f"{SAID[event.said]}, brzmienie {event.wording}",
        printed_line("; ".join(trace for trace in (HOW[event.how], *traces) if trace)),
    ]


def _message(message: ProofMessage) -> list[str]:
    return [
        f"nr {message.event}",
        _moment(message.sent_at) + (" niepewna" if message.is_uncertain else ""),
        CHANNELS[message.channel],
        printed_line(message.address),
        printed_line(message.title),
    ]


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(WARSAW):%d.%m.%Y %H:%M:%S}"
