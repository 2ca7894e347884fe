"""Invoices into KSeF, over a real socket: logging in, sending, asking, and what each failure means."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from lxml import etree  # type: ignore[import-untyped]

from domain.invoices import Party
from domain.ksef import DocumentStatus, KsefEnvironment, KsefLost, KsefRefused, KsefUnavailable
from gateways.fa3 import fa3_xml
from gateways.ksef import KsefGateway
from gateways.ksef_links import certificate_link, invoice_link, qr_modules
from gateways.ksef_settings import Certificate, KsefSettings
from sandbox import ksef
from sandbox.ksef_keys import BadSignature, check_log_in, write_certificate
from tests.gateways.test_fa3 import MADE, SHEET

TODAY = replace(SHEET, issued_on=date(2026, 2, 1), paid_on=date(2026, 2, 1))
DOCUMENT = fa3_xml(TODAY, MADE)
DIGEST = hashlib.sha256(DOCUMENT).hexdigest()


@pytest.fixture
def there() -> Iterator[ksef.Ksef]:
    with ksef.running() as running:
        yield running


@pytest.fixture
def gateway(there: ksef.Ksef) -> Iterator[KsefGateway]:
    made = KsefGateway(ksef.settings_for(there.url))
    yield made
    made.close()


def settled(gateway: KsefGateway, session: str, reference: str) -> DocumentStatus:
    """The last word on a document."""
    while (status := gateway.status(session, reference)).code in (100, 150):
        pass
    return status


@pytest.mark.parametrize("elliptic", [True, False])
def test_a_certificate_logs_in(there: ksef.Ksef, tmp_path: Path, elliptic: bool) -> None:
    files = write_certificate(tmp_path, TODAY.seller.nip, elliptic=elliptic)
    gateway = KsefGateway(ksef.settings_for(there.url, certificate=Certificate(*files)))
    assert gateway.open_session() in there.office.sessions
    assert there.office.log_ins == ["certificate"]
    gateway.close()


def test_a_token_logs_in_where_there_is_no_certificate(there: ksef.Ksef, gateway: KsefGateway) -> None:
    gateway.open_session()
    gateway.open_session()
    assert there.office.log_ins == ["token"]


def test_a_certificate_of_another_company_stays_outside(there: ksef.Ksef, tmp_path: Path) -> None:
    files = write_certificate(tmp_path, "1234563218")
    gateway = KsefGateway(ksef.settings_for(there.url, certificate=Certificate(*files)))
    with pytest.raises(KsefUnavailable, match="another company") as refused:
        gateway.open_session()
    assert not refused.value.is_down
    gateway.close()


def test_a_key_that_cannot_be_read_is_our_own_fault(there: ksef.Ksef, tmp_path: Path) -> None:
    absent = Certificate(tmp_path / "none.pem", tmp_path / "none.key")
    gateway = KsefGateway(ksef.settings_for(there.url, certificate=absent))
    with pytest.raises(KsefUnavailable) as refused:
        gateway.open_session()
    assert not refused.value.is_down
    gateway.close()


def test_a_signature_over_something_else_does_not_hold() -> None:
    with pytest.raises(BadSignature):
        check_log_in(b"<AuthTokenRequest xmlns='http://ksef.mf.gov.pl/auth/token/2.1'/>")


def test_a_document_is_sealed_sent_numbered_and_receipted(there: ksef.Ksef, gateway: KsefGateway) -> None:
    session = gateway.open_session()
    reference = gateway.send(session, DOCUMENT, offline=False)
    assert gateway.status(session, reference).code == 100
    status = settled(gateway, session, reference)
    assert status.code == 200 and status.ksef_number.startswith("1060000062-")
    [(_session, document)] = there.office.accepted.values()
    assert document.content == DOCUMENT and not document.offline
    receipt = etree.fromstring(gateway.receipt(session, status.ksef_number).encode())
    texts = [element.text for element in receipt.iter()]
    assert status.ksef_number in texts and base64.b64encode(bytes.fromhex(DIGEST)).decode() in texts
    assert gateway.digest_of(status.ksef_number) == DIGEST
    gateway.close_sessions()
    assert there.office.sessions[session].is_closed


def test_the_second_document_with_a_number_is_told_the_first_ones(gateway: KsefGateway) -> None:
    session = gateway.open_session()
    first = settled(gateway, session, gateway.send(session, DOCUMENT, offline=False))
    other = gateway.open_session()
    second = settled(gateway, other, gateway.send(other, DOCUMENT, offline=True))
    assert (second.code, second.original_number, second.original_session) == (
        440, first.ksef_number, session,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (b"<Faktura/>", 450),
        (fa3_xml(replace(TODAY, issued_on=date(2049, 1, 1)), MADE), 450),
        (fa3_xml(replace(TODAY, seller=Party("Inna", "5260250274", "a", "00-001", "b")), MADE), 410),
    ],
)
def test_what_is_wrong_with_a_document_is_said(gateway: KsefGateway, document: bytes, code: int) -> None:
    session = gateway.open_session()
    status = settled(gateway, session, gateway.send(session, document, offline=False))
    assert status.code == code and status.text


def test_the_stand_in_notices_a_changed_seal(there: ksef.Ksef, gateway: KsefGateway) -> None:
    session = gateway.open_session()
    there.office.sessions[session].key = b"0" * 32
    status = settled(gateway, session, gateway.send(session, DOCUMENT, offline=False))
    assert status.code in (430, 435)


def test_a_lost_answer_is_looked_for(there: ksef.Ksef, gateway: KsefGateway) -> None:
    session = gateway.open_session()
    there.office.script.lost = 1
    with pytest.raises(KsefLost):
        gateway.send(session, DOCUMENT, offline=False)
    reference = gateway.find(session, DIGEST)
    assert settled(gateway, session, reference).code == 200
    assert gateway.find(session, "0" * 64) == ""


def test_too_many_requests_says_for_how_long(there: ksef.Ksef, gateway: KsefGateway) -> None:
    session = gateway.open_session()
    there.office.script.too_many, there.office.script.retry_after = 1, 1800
    with pytest.raises(KsefUnavailable) as refused:
        gateway.send(session, DOCUMENT, offline=False)
    assert (refused.value.code, refused.value.retry_after, refused.value.is_down) == (429, 1800, False)


def test_a_503_while_sending_leaves_it_open_and_elsewhere_does_not(
    there: ksef.Ksef, gateway: KsefGateway
) -> None:
    session = gateway.open_session()
    there.office.script.is_down = True
    with pytest.raises(KsefLost):
        gateway.send(session, DOCUMENT, offline=False)
    with pytest.raises(KsefUnavailable) as refused:
        gateway.open_session()
    assert refused.value.is_down


def test_nobody_at_the_other_end_is_down() -> None:
    gateway = KsefGateway(ksef.settings_for("http://127.0.0.1:9", timeout_seconds=1))
    with pytest.raises(KsefUnavailable) as refused:
        gateway.open_session()
    assert refused.value.is_down
    gateway.close()


def test_a_pass_that_is_refused_is_replaced_once(there: ksef.Ksef, gateway: KsefGateway) -> None:
    session = gateway.open_session()
    there.office.forget_passes()
    gateway.send(session, DOCUMENT, offline=False)
    assert there.office.log_ins == ["token", "token"]


def test_a_request_that_is_refused_says_why(gateway: KsefGateway) -> None:
    gateway.open_session()
    with pytest.raises(KsefRefused, match="Brak sesji") as refused:
        gateway.status("20260101-SO-0000000000-0000000000-00", "x")
    assert refused.value.code == 400


def test_the_code_leads_to_the_document(there: ksef.Ksef, tmp_path: Path) -> None:
    settings = ksef.settings_for(there.url)
    digest = base64.urlsafe_b64encode(bytes.fromhex(DIGEST)).decode().rstrip("=")
    assert invoice_link(settings, date(2026, 2, 1), DIGEST) == (
        f"{there.url}/invoice/1060000062/01-02-2026/{digest}"
    )
    assert certificate_link(settings, DIGEST) == ""
    files = write_certificate(tmp_path, TODAY.seller.nip)
    signed = certificate_link(replace(settings, offline_certificate=Certificate(*files)), DIGEST)
    assert signed.startswith(f"{there.url}/certificate/Nip/1060000062/1060000062/") and len(signed) < 1200
    rows = qr_modules(signed)
    assert len({len(row) for row in rows}) == 1 and len(rows) == len(rows[0])


def test_production_s_code_leads_to_production() -> None:
    settings = KsefSettings(KsefEnvironment.PRODUCTION, "1060000062", date(2026, 4, 1), token="t")
    assert invoice_link(settings, date(2026, 4, 2), DIGEST).startswith(
        "https://qr.ksef.mf.gov.pl/invoice/1060000062/02-04-2026/"
    )
    assert settings.api_url == "https://api.ksef.mf.gov.pl"


@pytest.mark.parametrize(
    "wrong",
    [
        {"nip": "123"},
        {"nip": "526025027٤"},
        {"token": ""},
        {"sandbox_url": "http://example.com"},
        {"sandbox_url": ""},
        {"environment": KsefEnvironment.TEST},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(ksef.settings_for("http://127.0.0.1:8028"), **wrong)  # type: ignore[arg-type]
