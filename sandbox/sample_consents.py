"""Which consents the sample company's clients gave and withdrew, as rows."""

from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from domain.eligibility import Reason
from models.consent import (
    ConsentAction,
    ConsentDefinition,
    ConsentEvent,
    ConsentEvidence,
    ConsentMethod,
    ConsentState,
    ConsentWording,
)
from sandbox.sample_rows import Rows
from sandbox.sample_texts import CONSENTS, EMAIL_MARKETING, PROCESSING, SMS_MARKETING

# Since then the law asks for consent by channel (PKE art. 398), and the wording says so.
LAW_CHANGED = datetime(2024, 11, 10, tzinfo=UTC)
SOURCES: tuple[tuple[ConsentMethod, str], ...] = (
    (ConsentMethod.FORM, "Formularz kontaktowy na stronie inwestycji"),
    (ConsentMethod.FORM, "Rejestracja na dzień otwarty"),
    (ConsentMethod.PAPER, "Biuro sprzedaży, formularz papierowy"),
    (ConsentMethod.PAPER, "Załącznik nr 3 do umowy rezerwacyjnej"),
    (ConsentMethod.EMAIL, "Odpowiedź na wiadomość z biura sprzedaży"),
    (ConsentMethod.PHONE, "Rozmowa telefoniczna, potwierdzona w notatce"),
)
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36",
)
DOCUMENTATION_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
"""RFC 5737: addresses that belong to nobody."""


def write_definitions(session: Session, now: datetime) -> None:
    """The definitions with their wordings; ids are given, wordings of one definition in order."""
    for number, consent in enumerate(CONSENTS, start=1):
        versions = len(consent.wordings)
        session.add(
            ConsentDefinition(
                id=number,
                name=consent.name,
                channel=consent.channel,
                purpose=consent.purpose,
                minimum_version=versions if consent.only_last_counts else 1,
                position=number,
                confirm_by_email=number == EMAIL_MARKETING,
                wordings=[
                    ConsentWording(
                        id=wording_id(number, version),
                        version=version,
                        text=text,
                        invalidates_previous=consent.only_last_counts and version > 1,
                        created_at=LAW_CHANGED if version > 1 else now - timedelta(days=4 * 365),
                    )
                    for version, text in enumerate(consent.wordings, start=1)
                ],
            )
        )
        session.flush()


class ConsentWriter:
    """Adds what one client after another said."""

    def __init__(self, rows: Rows, rng: Random, *, now: datetime) -> None:
        self._rows, self._rng, self._now = rows, rng, now
        self._last_id = 0

    def write(self, client_id: int, created: datetime, defect: Reason | None) -> None:
        """Data processing always, marketing by SMS of most; by e-mail unless the defect forbids it."""
        self._event(client_id, PROCESSING, 1, created)
        if defect == Reason.NO_EMAIL_CONSENT:
            self._no_email_consent(client_id, created)
        else:
            self._event(client_id, EMAIL_MARKETING, 2, max(created, self._after_the_change()))
        if self._rng.random() < 0.62:  # noqa: PLR2004 - not everybody wants text messages
            self._event(client_id, SMS_MARKETING, 1, max(created, self._after_the_change()))

    def _no_email_consent(self, client_id: int, created: datetime) -> None:
        how = self._rng.choice(("never", "never", "withdrawn", "outdated"))
        if how == "withdrawn":
            given = max(created, self._after_the_change())
            self._event(client_id, EMAIL_MARKETING, 2, given, state=False)
            later = given + (self._now - given) * (0.2 + 0.6 * self._rng.random())
            self._event(client_id, EMAIL_MARKETING, 2, later, action=ConsentAction.WITHDRAWN)
        elif how == "outdated" and created < LAW_CHANGED:
            self._event(client_id, EMAIL_MARKETING, 1, created)

    def _after_the_change(self) -> datetime:
        return min(LAW_CHANGED + timedelta(days=self._rng.randint(1, 120)), self._now - timedelta(days=30))

    def _event(
        self,
        client_id: int,
        definition_id: int,
        version: int,
        moment: datetime,
        *,
        action: ConsentAction = ConsentAction.GRANTED,
        state: bool = True,
    ) -> None:
        self._last_id += 1
        granted = action == ConsentAction.GRANTED
        method, source = self._rng.choice(SOURCES) if granted else (ConsentMethod.LINK, "")
        moment = moment.replace(microsecond=0)
        self._rows.add(
            ConsentEvent,
            id=self._last_id,
            client_id=client_id,
            definition_id=definition_id,
            wording_id=wording_id(definition_id, version),
            action=action,
            method=method,
            source=source,
            occurred_at=moment,
            recorded_at=moment,
        )
        if method in (ConsentMethod.FORM, ConsentMethod.LINK):
            self._rows.add(
                ConsentEvidence,
                event_id=self._last_id,
                ip_address=f"{self._rng.choice(DOCUMENTATION_NETWORKS)}.{self._rng.randint(1, 254)}",
                user_agent=self._rng.choice(BROWSERS),
            )
        if state:
            self._rows.add(
                ConsentState,
                client_id=client_id,
                definition_id=definition_id,
                granted=granted,
                wording_version=version,
                event_id=self._last_id,
            )


def wording_id(definition_id: int, version: int) -> int:
    """The wordings are numbered through, definition by definition."""
    return sum(len(consent.wordings) for consent in CONSENTS[: definition_id - 1]) + version
