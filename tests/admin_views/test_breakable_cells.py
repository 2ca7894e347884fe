"""Where an address in a cell of a list may break."""

import time

import pytest
from markupsafe import Markup

from admin_views.formatters import breakable


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("anna.nowak@poczta.example", "anna<wbr>.nowak<wbr>@poczta<wbr>.example"),
        (Markup('<a href="mailto:a@b.example">a@b.example</a>'),
         '<a href="mailto:a@b.example">a<wbr>@b<wbr>.example</a>'),
        ("wersja 2.2.1 <b>", "wersja 2.2.1 &lt;b&gt;"),
    ],
)  # fmt: skip
def test_an_address_breaks_before_its_joints_and_nothing_else_does(cell: str, shown: str) -> None:
    assert breakable(cell) == shown


@pytest.mark.parametrize("cell", ["a" * 30_000, Markup('<a title="a@' + "b" * 30_000 + '">x</a>')])
def test_a_long_word_costs_no_more_than_its_length(cell: str) -> None:
    """A subject or a diagnosis is whatever somebody wrote. Tried from each letter it took seconds."""
    began = time.process_time()
    assert breakable(cell) == cell
    assert time.process_time() - began < 3
