"""What may stand in a header, and which address a message can go to."""

import pytest

from domain.mail_headers import (
    AddressNeedsSmtpUtf8,
    AddressNotDeliverable,
    envelope_address,
    mailbox_header,
    text_header,
)
from domain.mail_skeleton import Mailbox


@pytest.mark.parametrize("value", ["<https://example.pl/ż>", "<" + "x" * 1000 + ">"])
def test_a_structured_header_never_holds_an_encoded_word(value):
    with pytest.raises(ValueError):
        text_header("List-Unsubscribe", value)


def test_a_domain_with_polish_letters_goes_out_in_idna():
    assert envelope_address("jan@żółw.pl") == "jan@xn--w-uga1v8h.pl"
    assert b"<jan@xn--w-uga1v8h.pl>" in mailbox_header("To", Mailbox("Jan", "jan@żółw.pl"))


def test_a_local_part_with_polish_letters_is_refused_by_name():
    with pytest.raises(AddressNeedsSmtpUtf8, match=r"łukasz@example\.pl"):
        envelope_address("łukasz@example.pl")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "@example.pl",
        "anna@",
        "a b@example.pl",
        "anna@example.pl\r\nBcc: x@y",
        "anna@example.pl>",
        "a,b@c.pl",
        "a@b@c.pl",
        "a..b@c.pl",
        "anna@straße.de",
        "anna@" + "ż" * 70 + ".pl",
        "a@" + "b" * 260,
        "anna@exa mple.pl",
    ],
)
def test_an_address_that_cannot_be_written_is_refused(address):
    with pytest.raises(AddressNotDeliverable):
        envelope_address(address)
    with pytest.raises(AddressNotDeliverable):
        mailbox_header("To", Mailbox("Anna", address))
