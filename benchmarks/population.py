"""Clients by the hundred thousand, written by the database itself: a statement per table."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

INVESTMENT = 1
_NUMBERS = {
    "sqlite": "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < :last) ",
    "postgresql": "WITH number AS (SELECT generate_series(1, :last) AS n) ",
}
_DIGEST = {"sqlite": "printf('%064x', n)", "postgresql": "lpad(to_hex(n), 64, '0')"}
# One client in a hundred has each kind of error, two in a hundred gave no consent.
_STATEMENTS = (
    "INSERT INTO investment (id, name, street, city, description, is_active, created_at, updated_at)"
    " VALUES (1, 'Osiedle Słoneczne', '', 'Wrocław', '', {true}, '2026-01-02', '2026-01-02')",
    "INSERT INTO consent_definition"
    " (id, name, channel, purpose, minimum_version, is_active, position, created_at, updated_at)"
    " VALUES (1, 'E-mail', 'email', 'marketing', 1, {true}, 0, '2026-01-02', '2026-01-02')",
    "INSERT INTO consent_wording (id, definition_id, version, text, invalidates_previous, created_at)"
    " VALUES (1, 1, 1, 'Zgadzam się.', {false}, '2026-01-02')",
    "INSERT INTO client (id, kind, first_name, last_name, company_name, name, search, vocative, street,"
    " postal_code, city, country, allow_email, allow_sms, notes, created_at, updated_at)"
    " {numbers} SELECT n, 'person', 'Łucja', 'Zażółć ' || n, '', 'Łucja Zażółć ' || n, 'lucja zazolc ' || n,"
    " '', '', '', 'Kraków', 'PL', n % 100 <> 7, {true}, '', '2026-01-02', '2026-01-02' FROM number",
    "INSERT INTO email_address (client_id, address, label, is_primary, normalised, address_digest, is_valid)"
    " {numbers} SELECT n, 'lucja.zazolc' || n || '@poczta.example', '', {true},"
    " 'lucja.zazolc' || n || '@poczta.example', {digest}, n % 100 <> 3 FROM number WHERE n % 100 <> 1",
    "INSERT INTO suppression (channel, address_digest, reason, source, detail, created_at)"
    " {numbers} SELECT 'email', {digest}, 'bounce', 'smtp', '', '2026-01-02' FROM number WHERE n % 100 = 5",
    "INSERT INTO consent_event (id, client_id, definition_id, wording_id, action, method, source,"
    " occurred_at, recorded_at) {numbers} SELECT n, n, 1, 1, 'granted', 'form', '',"
    " '2026-01-02', '2026-01-02' FROM number WHERE n % 50 <> 9",
    "INSERT INTO consent_state (client_id, definition_id, granted, wording_version, event_id)"
    " {numbers} SELECT n, 1, {true}, 1, n FROM number WHERE n % 50 <> 9",
    "INSERT INTO contract (id, investment_id, type, number, unit, signed_on, created_at, updated_at)"
    " {audience} SELECT n, 1, 'sale', 'S/' || n || '/2026', 'A.' || n, '2026-03-01', '2026-01-02',"
    " '2026-01-02' FROM number",
    "INSERT INTO contract_party (contract_id, client_id) {audience} SELECT n, n * :stride FROM number",
)


def populate(session: Session, *, clients: int, audience: int, flawless: bool = False) -> None:
    """``clients`` clients, the contracts of ``audience`` of them, and consents; commits and analyses.

    ``flawless``: nobody has an error, so that as many messages go out as there are contracts.
    """
    dialect = session.get_bind().dialect.name
    words = {"sqlite": ("1", "0"), "postgresql": ("true", "false")}[dialect]
    numbers = _NUMBERS[dialect]
    parameters = {"last": clients, "audience": audience, "stride": clients // audience}
    for statement in _STATEMENTS:
        text = statement.format(
            true=words[0],
            false=words[1],
            numbers=numbers,
            audience=numbers.replace(":last", ":audience"),
            digest=_DIGEST[dialect],
        )
        if flawless:
            for flaw in ("n % 100 = 5", "n % 100 <> 7", "n % 100 <> 3", "n % 100 <> 1", "n % 50 <> 9"):
                text = text.replace(flaw, words[1] if flaw == "n % 100 = 5" else _TRUE[dialect])
        used = {name: value for name, value in parameters.items() if f":{name}" in text}
        session.execute(sa.text(text), used)
    session.commit()
    session.execute(sa.text("ANALYZE"))
    session.commit()


_TRUE = {"sqlite": "1", "postgresql": "true"}
