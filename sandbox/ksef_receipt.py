"""The KSeF stand-in's receipt (UPO), in the shape of CIRFMF/ksef-docs, faktury/upo, v4-3; unsigned."""

from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from sandbox.ksef_office import Document, Session

NAMESPACE = "http://upo.schematy.mf.gov.pl/KSeF/v4-3"


def receipt(session: Session, document: Document) -> bytes:
    root = etree.Element(f"{{{NAMESPACE}}}Potwierdzenie", nsmap={None: NAMESPACE})
    _add(root, "NazwaPodmiotuPrzyjmujacego", "KSeF na niby, bez mocy prawnej")
    _add(root, "NumerReferencyjnySesji", session.reference)
    _add(_add(_add(root, "Uwierzytelnienie"), "IdKontekstu"), "Nip", session.nip)
    _add(root, "NazwaStrukturyLogicznej", "Schemat_FA(3)_v1-0E.xsd")
    _add(root, "KodFormularza", "FA (3)")
    entry = _add(root, "Dokument")
    _add(entry, "NipSprzedawcy", document.facts["seller"])
    _add(entry, "NumerKSeFDokumentu", document.number)
    _add(entry, "NumerFaktury", document.facts["number"])
    _add(entry, "DataWystawieniaFaktury", document.facts["issued"])
    _add(entry, "DataPrzeslaniaDokumentu", document.came_at.isoformat())
    _add(entry, "DataNadaniaNumeruKSeF", document.came_at.isoformat())
    _add(entry, "SkrotDokumentu", document.digest)
    _add(entry, "TrybWysylki", "Offline" if document.offline else "Online")
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _add(parent: Any, name: str, text: str = "") -> Any:
    element = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    element.text = text or None
    return element
