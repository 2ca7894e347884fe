"""When a text can be answered."""

import pytest

from domain.letter_text import paragraphs
from domain.two_way import OneWay, why_one_way


@pytest.mark.parametrize(
    ("sender", "has_route", "why"),
    [
        ("NADRZECZE", True, OneWay.SENDER_NAME),
        ("4YOU", False, OneWay.SENDER_NAME),
        ("+48600100200", True, None),
        ("", True, None),
        ("+48600100200", False, OneWay.NO_INCOMING_ROUTE),
        ("", False, OneWay.NO_INCOMING_ROUTE),
    ],
)
def test_a_name_and_a_missing_route_make_it_one_way(sender: str, has_route: bool, why: OneWay | None) -> None:
    assert why_one_way(sender, has_incoming_route=has_route) is why


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Jutro.", "<p>Jutro.</p>"),
        ("Jutro.\nOd 9.\n\nPozdrawiam", "<p>Jutro.<br>Od 9.</p><p>Pozdrawiam</p>"),
        ("a <b> & {first_name}", "<p>a &lt;b&gt; &amp; {first_name}</p>"),
        (" \n \n ", ""),
    ],
)
def test_typed_text_becomes_paragraphs(text: str, html: str) -> None:
    assert paragraphs(text) == html
