"""Who a text may say it is from."""

import pytest

from domain.sms_sender import SenderNotUsable, check_sender


@pytest.mark.parametrize("sender", ["", "Goniec", "A.B. Dom 24!"[:11], "+48600100200", "a2345678901"])
def test_a_name_or_a_number_can_be_a_sender(sender: str) -> None:
    check_sender(sender)


@pytest.mark.parametrize(
    "sender",
    [
        "Dwanascie zn",
        "Łąka",
        "Müller",
        "12345",
        "600100200",
        "+48",
        "+0600100200",
        " Goniec",
        "Goniec\n",
        "[A]",
    ],
)
def test_what_no_network_shows_is_refused(sender: str) -> None:
    with pytest.raises(SenderNotUsable):
        check_sender(sender)
