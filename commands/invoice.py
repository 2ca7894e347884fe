"""``flask invoice``: an issued invoice as a file."""

from pathlib import Path

import click
import sqlalchemy as sa

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option
from domain.errors import DomainError
from gateways.invoice_pdf import render_invoice
from models import db
from models.invoice import Invoice
from services.fa3_document import fa3_document
from services.invoice_sheet import sheet_of

MOST_DIGITS = 18


@click.command("invoice", cls=OneLineCommand)
@click.argument("number")
@click.option("--format", "kind", type=click.Choice(["pdf", "xml"]), default="pdf", show_default=True)
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path))
@json_option
@command_line
def invoice_command(number: str, kind: str, output: Path, as_json: bool) -> None:
    """Write invoice NUMBER (its number, FV/1/2026, or its id) to a file: PDF, or FA(3) as KSeF takes it."""
    invoice = _invoice(number)
    content = _xml(invoice) if kind == "xml" else render_invoice(sheet_of(invoice))
    try:
        output.write_bytes(content)
    except OSError as error:
        bad_input(f"{output} cannot be written ({error.strerror}).")
    data = {"invoice": invoice.number, "format": kind, "file": str(output), "bytes": len(content)}
    emit(as_json, data, [f"{invoice.number}: {output}, {len(content)} bytes"])


def _xml(invoice: Invoice) -> bytes:
    """The document as it was sent, or as it would be."""
    if invoice.ksef is not None and invoice.ksef.xml:
        return invoice.ksef.xml.encode()
    try:
        return fa3_document(invoice)
    except DomainError as error:
        bad_input(str(error))


def _invoice(number: str) -> Invoice:
    wanted = Invoice.number == number
    if number.isascii() and number.isdecimal() and len(number) <= MOST_DIGITS:
        wanted = Invoice.id == int(number)
    found = db.session.scalars(sa.select(Invoice).where(wanted)).one_or_none()
    if found is None:
        bad_input(f"There is no invoice {number}.")
    return found
