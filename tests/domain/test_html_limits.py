"""What is too complicated for a letter is refused before anything slow looks at it."""

import pytest

from domain.html_limits import (
    DEEPEST,
    MOST_ATTRIBUTES,
    MOST_CSS,
    MOST_MARKUP,
    MOST_RULES,
    MOST_STYLED,
    has_too_much_style,
    is_too_complicated,
)


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


@pytest.mark.parametrize(
    "html",
    [
        "<style>" + "p{}" * (MOST_RULES + 1) + "</style>",
        "<p></p><STYLE>" + "p{}" * (MOST_RULES + 1),
        ("<style>" + "p{}" * (MOST_RULES // 2 + 1) + "</style>") * 2,
        "<style>p{" + " " * MOST_CSS + "}</style>",
        "<style>p{" + " " * (MOST_STYLED // 2000) + "}</style>" + "<p>x</p>" * 1000,
    ],
)
def test_style_sheets_that_no_letter_needs_are_too_much(html: str) -> None:
    assert has_too_much_style(html)


def test_a_newsletters_style_sheet_is_not() -> None:
    assert not has_too_much_style(
        "<style>" + ".row { color: red; margin: 0 }" * 400 + "</style>" + "<p>x" * 900
    )
    assert not has_too_much_style("{client_name}" * 2 * MOST_RULES)
