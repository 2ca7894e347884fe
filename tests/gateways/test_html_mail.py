import re
import time
from collections.abc import Callable

import pytest

from domain.template_source import MOST_FIELDS
from domain.template_tokens import protect, restore
from gateways.html_mail import inline_css, plain_text, sanitise


def through(source: str) -> str:
    """The EJS source after all that happens to HTML before it is frozen."""
    text, tokens = protect(source)
    return restore(
        inline_css(f"<!DOCTYPE html><html><head></head><body>{sanitise(text)}</body></html>"), tokens
    )


def body(document: str) -> str:
    return re.sub(r"\s+", " ", re.search("<body>(.*)</body>", document, re.DOTALL)[1]).strip()  # type: ignore[index]


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT src=//x>alert(1)</SCRIPT >",
        "<iframe src='//x'>alert(1)</iframe>",
        "<object>alert(1)</object>",
        "<svg><script>alert(1)</script></svg>",
        "<math><style><img src=x onerror=alert(1)></style></math>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
        "<img src=x onerror=alert(1)>",
        "<p onclick='alert(1)'>",
        "<a href='javascript:alert(1)'>",
        "<a href='java&#10;script:alert(1)'>",
        "<a href='data:text/html,alert(1)'>",
        "<img src='data:image/svg+xml,alert(1)'>",
        "<p style='background:url(javascript:alert(1))'>",
        "<p style='width:expression(alert(1))'>",
        "<style>p{background:url(//x/alert(1))}</style>",
        "<style>@import 'alert(1)';</style>",
        "<style>p{font-family:'\\3c/style>\\3cscript>alert(1)'}</style>",
        "<!-- alert(1) -->",
        "<!--[if IE]><script>alert(1)</script><![endif]-->",
        "<textarea>alert(1)</textarea>",
        "<meta http-equiv=refresh content='0;url=alert(1)'>",
    ],
)
def test_what_could_run_or_spy_is_dropped_with_all_it_holds(html: str) -> None:
    clean = sanitise(f"{html} after" if "</" in html or "<!" in html else html)
    assert "alert" not in clean
    assert "script" not in clean.lower()


def test_mail_markup_is_kept() -> None:
    html = (
        '<table width="600"><tbody><tr><td align="center" style="padding: 4px; color: #ff0000">'
        '<a href="https://x.pl/?a=1&amp;b=2">x</a> <a href="mailto:a@b.pl">m</a>'
        '<a href="tel:+48221234567">t</a>'
        '<img src="cid:logo" alt="Logo"><img src="data:image/png;base64,AAAA"></td></tr></tbody></table>'
    )
    assert sanitise(html) == html


def test_what_follows_a_dropped_element_is_kept() -> None:
    assert sanitise("<p>a</p><script>x</script><meta><input><p>b</p>") == "<p>a</p><p>b</p>"


def test_elements_left_open_are_closed() -> None:
    assert sanitise('<div style="display: none"><b>a') == '<div style="display: none"><b>a</b></div>'


def test_style_sheets_are_inlined_and_media_rules_kept() -> None:
    document = through(
        "<style>p { color: red } @media (max-width: 600px) { p { color: blue } }</style><p>a</p>"
    )
    assert 'style="color: red;"' in document
    assert "@media (max-width: 600px)" in document
    assert document.index("@media") < document.index("<body>")


def test_a_comparison_in_ejs_survives() -> None:
    assert body(through("<p>a <% if (a < b && c > d) { %>mniej<% } %></p>")) == (
        "<p>a <% if (a < b && c > d) { %>mniej<% } %></p>"
    )


@pytest.mark.parametrize("row_group", ["", "<tbody>"])
def test_ejs_between_table_rows_stays_between_them(row_group: str) -> None:
    end = row_group.replace("<", "</")
    source = f"<table>{row_group}<% for (;;) {{ %><tr><td><%= x %></td></tr><% }} %>{end}</table>"
    assert body(through(source)) == (
        "<table><tbody><% for (;;) { %><tr><td><%= x %></td></tr><% } %></tbody></table>"
    )


def test_ejs_around_a_row_group_stays_around_it() -> None:
    source = "<table><% for (;;) { %><tbody><tr><td>a</td></tr></tbody><% } %></table>"
    assert body(through(source)) == source


def test_ejs_between_cells_and_in_lists_stays_there() -> None:
    source = (
        "<table><tbody><tr><% a %><td>1</td><% b %></tr></tbody></table><ul><% c %><li>2</li><% d %></ul>"
    )
    assert body(through(source)) == source


def test_tags_inside_attributes_survive() -> None:
    source = """<a href="{unsubscribe_url}" title='x "<%= "a>b" %>"'>w</a><a href=https://x.pl/{unit}>u</a>"""
    document = through(source)
    assert 'href="<%= links.unsubscribe %>"' in document
    assert '<%= "a>b" %>' in document
    assert 'href="https://x.pl/<%= contract.unit %>"' in document


def test_plain_text_shows_the_addresses_of_links() -> None:
    text, tokens = protect('<p>Dzień dobry {client_name}</p><p><a href="{unsubscribe_url}">Wypisz</a></p>')
    assert restore(plain_text(sanitise(text)), tokens) == (
        "Dzień dobry <%= client.name %>\n\n[Wypisz](<%= links.unsubscribe %>)\n"
    )


def test_plain_text_keeps_the_order_of_rows_and_the_logic_around_them() -> None:
    source = (
        "<table><thead><tr><th>A</th><th>B</th></tr></thead>"
        "<tbody><% f { %><tr><td>1</td><td>2</td></tr><% } %></tbody></table><p>koniec</p>"
    )
    text, tokens = protect(source)
    words = restore(plain_text(sanitise(text)), tokens).split()
    assert " ".join(words) == "A B <% f { %> 1 2 <% } %> koniec"


def test_plain_text_of_a_table_without_logic_is_laid_out() -> None:
    assert plain_text("<table><tr><td>a</td><td>b</td></tr></table>").strip() == "a  b"


@pytest.mark.parametrize("feed", ["\x0c", "&#12;"])
def test_a_control_character_beside_a_merge_tag_is_a_space_in_the_text(feed: str) -> None:
    protected, tokens = protect(f"<p>a{feed}{{unit}}{feed}b</p>")
    text = restore(plain_text(inline_css(sanitise(protected))), tokens)
    assert text.split() == ["a", "<%=", "contract.unit", "%>", "b"]


def seconds(work: Callable[[], object]) -> float:
    """The processor's time that the quickest of three takes."""
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("between", [" ", "\n", "<b>x</b>"])
def test_four_times_as_many_merge_tags_take_about_four_times_as_long(between: str) -> None:
    one, four = (
        "<p>" + f"<!--gnc{'a' * 20}n1c-->{between}" * count + "</p>"
        for count in (MOST_FIELDS, 4 * MOST_FIELDS)
    )
    assert seconds(lambda: plain_text(four)) < 8 * seconds(lambda: plain_text(one))


def test_what_stands_between_neighbouring_merge_tags_keeps_its_place() -> None:
    source = "<p>a{unit}b{unit}{unit}<i>c</i>{unit}d<b>{unit}e</b>{unit}f</p>"
    protected, tokens = protect(source)
    restored = restore(plain_text(inline_css(sanitise(protected))), tokens)
    assert restored.replace("<%= contract.unit %>", "U").strip() == "aUbUUcUdUeUf"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ('<a href="https://x.example/a">https://x.example/a</a>', "https://x.example/a"),
        ('<a href="mailto:a@x.example">a@x.example</a>', "a@x.example"),
        ('<a href="tel:+48713000000">71 300 00 00</a>', "71 300 00 00"),
        (
            '<a href="https://x.example/b">https://x.example/a</a>',
            "[https://x.example/a](https://x.example/b)",
        ),
        ('<a href="https://x.example">tu</a>', "[tu](https://x.example)"),
    ],
)
def test_a_plain_text_says_an_address_once(link: str, said: str) -> None:
    assert plain_text(f"<html><body><div><p>Zob. {link}.</p></div></body></html>") == f"Zob. {said}.\n"
