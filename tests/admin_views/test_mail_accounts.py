"""The form of a mail account: what it refuses, and what it says should be done."""

from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy.orm import Session

from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]
FIELDS = {
    "name": "Biuro",
    "uses_settings": "y",
    "port": "25",
    "security": "none",
    "imap_host": "imap.firma.example",
    "imap_port": "993",
    "imap_security": "tls",
}
LONG, FITTING = f"{'b' * 37}@firma.example", f"{'b' * 36}@firma.example"
REFUSED = "at most 36 characters may stand there"


@pytest.mark.parametrize(
    ("address", "switches"),
    [
        ("bounce_address", {}),
        ("reply_to", {"takes_answers": "y"}),
        ("sender_address", {"takes_answers": "y"}),
    ],
)
def test_an_address_that_numbers_are_added_to_has_room_for_them(
    visit: Visit, stored: Session, address: str, switches: dict[str, str]
) -> None:
    account = make.default_account(stored)
    stored.commit()
    path, administrator = f"/admin/mail_account/edit/?id={account.id}", visit("administrator")
    assert REFUSED in unescape(administrator.post(path, **FIELDS, **switches, **{address: LONG}).text)
    assert administrator.post(path, **FIELDS, **switches, **{address: FITTING}).status_code == 302
    stored.refresh(account)
    assert getattr(account, address) == FITTING


@pytest.mark.parametrize("others", [{}, {"takes_answers": "y", "reply_to": FITTING}])
def test_an_address_that_no_number_is_added_to_may_be_longer(
    visit: Visit, stored: Session, others: dict[str, str]
) -> None:
    account = make.default_account(stored)
    stored.commit()
    path = f"/admin/mail_account/edit/?id={account.id}"
    assert visit("administrator").post(path, **FIELDS, **others, sender_address=LONG).status_code == 302
