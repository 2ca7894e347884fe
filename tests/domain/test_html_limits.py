"""What is too complicated for a letter is refused before anything slow looks at it."""

import pytest

from domain.html_limits import DEEPEST, MOST_ATTRIBUTES, MOST_MARKUP, is_too_complicated


@pytest.mark.parametrize(
    "html",
    [
        "&" * (MOST_MARKUP + 1),
        "<" * (MOST_MARKUP + 1),
        "<%= 1 %>" * (MOST_MARKUP + 1),
        "<p " + "a=1 " * (MOST_ATTRIBUTES + 1) + ">",
        "<div>" * (DEEPEST + 1),
    ],
)
def test_a_bomb_is_too_complicated(html: str) -> None:
    assert is_too_complicated(html)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Dzień dobry</p>" * 1000,
        "<div><b>x</b></div>" * 500,
        "<table>" + "<tr><td>x</td></tr>" * 800 + "</table>",
        "<p>a<p>b" * 500,
    ],
)
def test_a_long_letter_is_not(html: str) -> None:
    assert not is_too_complicated(html)
