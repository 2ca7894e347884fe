import json
import time
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.merge_tags import RECORD_TAGS
from domain.template_source import TemplateRefused
from gateways.ejs import EjsRuntime, TemplateFailed
from services.compose_mail import nest
from services.message_content import (
    ContentRenderer,
    EmptyVariables,
    FrozenContent,
    UnsafeVariable,
    check_variables,
    one_line,
    prepare_content,
)

EJS = Path(__file__).parents[2] / "node_modules/ejs/ejs.min.js"
RUNTIME = EjsRuntime(EJS)
FOOTER = '<p>Wiadomość od {company_name}. <a href="{unsubscribe_url}">Wypisz się</a></p>'
PLAIN = prepare_content(
    "{client_first_name}: faktura {invoice_number}",
    "<style>p{color:red}</style>"
    '<p title="{unit}">Dzień dobry {client_name}, &lt;%= 1 %&gt; 100% %&gt; &lt;%</p>'
    '<p title="<!-- x --> 5 >">Inwestycja <%= investment.name %> &#123;client_name&#125;</p>',
    footer_html=FOOTER,
)


def values(text: str | None = "x", **variables: str | None) -> dict[str, object]:
    """Values with every record's field, and one campaign variable, set to ``text``."""
    given_values: dict[str, dict[str, object]] = {"variables": {"invoice_number": text, **variables}}
    for path in RECORD_TAGS.values():
        root, _, name = path.partition(".")
        given_values.setdefault(root, {})[name] = text
    return dict(given_values)


def test_a_message_has_a_subject_html_and_plain_text() -> None:
    rendered = ContentRenderer(PLAIN, RUNTIME).render(values("Anna & Jan"))
    assert rendered.subject == "Anna & Jan: faktura Anna & Jan"
    assert "Dzień dobry Anna &amp; Jan" in rendered.html
    assert 'title="Anna &amp; Jan"' in rendered.html
    assert 'href="Anna &amp; Jan"' in rendered.html
    assert "Dzień dobry Anna & Jan" in rendered.text
    assert "[Wypisz się](Anna & Jan)" in rendered.text


def test_the_html_is_a_polish_document_fit_for_a_phone() -> None:
    assert PLAIN.html.startswith("<!DOCTYPE html>")
    for part in ('<html lang="pl">', '<meta charset="utf-8">', 'name="viewport"', 'style="color: red;"'):
        assert part in PLAIN.html


def test_delimiters_and_tags_written_as_text_stay_text() -> None:
    rendered = ContentRenderer(PLAIN, RUNTIME).render(values("Anna"))
    assert "<%= 1 %> 100% %> <%" in rendered.text
    assert "{client_name}" in rendered.text
    assert "<%= 1 %> 100% %> <%" in unescape(rendered.html)


@pytest.mark.parametrize("name", ["<%= 7*7 %>", "{client_name}", "<script>alert(1)</script>", "%> <%"])
def test_a_value_is_never_read_as_a_template_or_as_html(name: str) -> None:
    rendered = ContentRenderer(PLAIN, RUNTIME).render(values(name))
    assert f"Dzień dobry {name}" in rendered.text
    assert f"Dzień dobry {name}" in unescape(rendered.html)
    assert "<script" not in rendered.html


@given(st.one_of(st.none(), st.text(), st.text(alphabet="<%=> {}&'\"\r\n-_client.name")))
def test_splicing_values_into_segments_is_what_ejs_renders(text: str | None) -> None:
    renderer = ContentRenderer(PLAIN, RUNTIME)
    assert renderer.segments().fill(values(text)) == renderer.render(values(text))


@given(
    st.lists(
        st.one_of(
            st.text(max_size=8),
            st.sampled_from(
                [
                    "<p>",
                    "</table>",
                    "<table><tr><td>",
                    "&lt;%",
                    "%&gt;",
                    "{unit}",
                    "<%=client.name%>",
                    "<a title='%>'>",
                ]
            ),
        )
    ).map("".join),
    st.text(),
)
def test_segments_equal_ejs_for_any_template_without_logic(html: str, text: str) -> None:
    try:
        content = prepare_content("{unit} Ł", html, footer_html=FOOTER)
    except TemplateRefused:
        return
    if not content.has_logic:
        renderer = ContentRenderer(content, RUNTIME)
        given_values = values(text, **dict.fromkeys(content.variables, text))
        assert renderer.segments().fill(given_values) == renderer.render(given_values)


def test_segments_alternate_text_and_paths() -> None:
    segments = ContentRenderer(PLAIN, RUNTIME).segments()
    assert segments.subject == ("", "client.first_name", ": faktura ", "variables.invoice_number", "")
    assert all(len(parts) % 2 == 1 for parts in (segments.html, segments.text))


def test_a_template_with_logic_has_no_segments() -> None:
    renderer = ContentRenderer(prepare_content("a", "<% if (1) { %>tak<% } %>"), RUNTIME)
    assert "tak" in renderer.render({}).text
    with pytest.raises(ValueError, match="logic"):
        renderer.segments()


def test_logic_chooses_in_html_and_in_plain_text() -> None:
    html = (
        "<table><% for (const [i, n] of [client.first_name, 'B'].entries()) { %>"
        "<tr><td><%= i < 1 ? '<pierwszy>' : 'drugi' %></td><td><%= n %></td></tr><% } %></table>"
    )
    rendered = ContentRenderer(prepare_content("a", html, footer_html=FOOTER), RUNTIME).render(values("Ewa"))
    assert (
        "<tbody><tr><td>&lt;pierwszy&gt;</td><td>Ewa</td></tr><tr><td>drugi</td><td>B</td></tr></tbody>"
        in rendered.html
    )
    assert rendered.text.split()[:4] == ["<pierwszy>", "Ewa", "drugi", "B"]


def test_code_between_paragraphs_leaves_one_blank_line_in_plain_text() -> None:
    html = "<p>A</p><% if (false) { %><p>x</p><% } else { %><p>B</p><% } %><% if (true) { %><p>C</p><% } %>"
    text = ContentRenderer(prepare_content("a", html), RUNTIME).render(values()).text
    assert text == "A\n\nB\n\nC\n"


def test_many_messages_are_rendered_in_order() -> None:
    rendered = ContentRenderer(PLAIN, RUNTIME).render_many([values(str(n)) for n in range(3)])
    assert [message.subject for message in rendered] == ["0: faktura 0", "1: faktura 1", "2: faktura 2"]


def test_a_line_break_in_a_value_does_not_reach_the_header() -> None:
    rendered = ContentRenderer(PLAIN, RUNTIME).render(values("Anna\r\nBcc: x@y.pl\u2028"))
    assert rendered.subject == "Anna  Bcc: x@y.pl : faktura Anna  Bcc: x@y.pl "
    assert one_line("a\x00b\x85") == "a b "


def test_a_subject_of_two_lines_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="one line"):
        prepare_content("a\r\nBcc: b", "c")


def test_more_style_than_a_letter_needs_is_refused() -> None:
    with pytest.raises(TemplateRefused, match="shorten what stands in <style>"):
        prepare_content("s", "<style>" + "p{color:red}" * 20_000 + "</style><p>x</p>")


def test_the_body_cannot_swallow_the_footer() -> None:
    content = prepare_content("a", '<div style="display: none"><b>x<!-- <style>', footer_html=FOOTER)
    assert "</b></div>" in content.html.split("Wiadomość od")[0]
    assert content.html.count("links.unsubscribe") == content.text.count("links.unsubscribe") == 1


def test_a_footer_equal_to_the_body_is_kept_apart_from_it() -> None:
    content = prepare_content("a", FOOTER, footer_html=FOOTER)
    assert content.html.count("links.unsubscribe") == 2


@pytest.mark.parametrize(
    "html",
    [
        "<!-- {unit} -->",
        "<script>{unit}</script>",
        "<p {unit}>",
        "<p onclick='{unit}'>",
        "<form><% x %></form>",
    ],
)
def test_a_tag_where_a_message_cannot_keep_it_is_refused(html: str) -> None:
    with pytest.raises(TemplateRefused, match="Line 2"):
        prepare_content("a", "\n" + html)


@pytest.mark.parametrize("address", ["{client_name}", "<%= client.name %>/x", "<%= a || b %>"])
def test_an_address_cannot_begin_with_what_a_client_may_have_written(address: str) -> None:
    with pytest.raises(TemplateRefused, match="cannot begin"):
        prepare_content("a", f'<a href="{address}">b</a>')


def test_an_address_may_begin_with_a_link_or_a_campaign_variable_or_hold_any_field() -> None:
    prepare_content(
        "a", '<a href="{unsubscribe_url}">a</a><a href="{offer_url}">b</a><a href="https://x.pl/{unit}">c</a>'
    )


def test_every_campaign_variable_is_listed_once() -> None:
    content = prepare_content("{a_a} {b_b}", "{b_b}{client_name}", footer_html="{c_c}")
    assert content.variables == ("a_a", "b_b", "c_c")


def test_missing_and_blank_variables_are_all_named() -> None:
    content = prepare_content("{a_a} {b_b}", "{c_c}")
    with pytest.raises(EmptyVariables) as refused:
        check_variables(content.variables, {"b_b": "x", "c_c": " \n"})
    assert refused.value.names == ("a_a", "c_c")
    check_variables(content.variables, {"a_a": "1", "b_b": "x", "c_c": "y"})


def test_a_variable_that_is_a_scripts_address_is_refused() -> None:
    content = prepare_content("a", '<a href="{offer_url}">b</a>')
    with pytest.raises(UnsafeVariable, match="offer_url"):
        check_variables(content.variables, {"offer_url": " java\tscript:alert(1)"})
    check_variables(content.variables, {"offer_url": "https://x.pl/javascript:"})


def test_a_frozen_content_survives_its_storage() -> None:
    assert FrozenContent.from_json(json.loads(json.dumps(PLAIN.to_json()))) == PLAIN


def test_bad_syntax_is_told_when_the_renderer_is_made() -> None:
    content = prepare_content("a", "<% if ( { %>x<% } %>")
    with pytest.raises(TemplateFailed, match="not valid EJS"):
        ContentRenderer(content, RUNTIME)


@pytest.mark.parametrize(
    "body", ["<p>a</p>\n<p\nclass='b'>\n<%= nope %></p>", "\n\n\n<table><tr><% nope %></tr>"]
)
def test_a_rendering_that_fails_names_the_line_the_author_wrote(body: str) -> None:
    content = prepare_content("a", body, footer_html=FOOTER)
    stored = FrozenContent.from_json(json.loads(json.dumps(content.to_json())))
    with pytest.raises(TemplateFailed, match="Line 4 of the template failed: nope") as failure:
        ContentRenderer(stored, RUNTIME).render_many([nest({})] * 2)
    assert failure.value.index == 0


def test_all_the_texts_of_one_message_share_one_time_limit() -> None:
    runtime = EjsRuntime(EJS, time_limit_seconds=0.3)
    busy = "<% for (let i = 0; i < 1000000; i++); %>"
    renderer = ContentRenderer(prepare_content("a" + busy * 4, f"<p>{busy * 4}</p>"), runtime)
    began = time.process_time()
    with pytest.raises(TemplateFailed, match=r"longer than 0\.3 s"):
        renderer.render(nest({}))
    assert time.process_time() - began < 0.5
