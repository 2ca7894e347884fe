import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.template_source import MOST_FIELDS, Ejs, Tag, TemplateRefused, Text, literal, parse
from domain.template_tokens import OPAQUE_COMMENT, protect, restore, source_lines

FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<table><tr>",
                '<a href="',
                '">',
                "<!--",
                "-->",
                "<style>",
                "</style>",
                "{client_name}",
                "{invoice_number}",
                "<%= client.name %>",
                "<% if (a < b) { %>",
                "<% } %>",
                "<%# {note} -%>",
                "gnc",
                "\r\n",
            ]
        ),
        st.text(max_size=12),
    ),
    max_size=12,
).map("".join)


def kinds(source: str, *, html: bool = True) -> list[tuple[str, str]]:
    names = {Text: "text", Tag: "tag", Ejs: "ejs"}
    return [
        (
            names[type(piece)],
            piece.text if isinstance(piece, Text) else getattr(piece, "name", "") or piece.code,
        )
        for piece in parse(source, html=html)
    ]


def test_a_template_is_text_tags_and_ejs() -> None:
    assert kinds("Cześć {first_name}<% if (a) { %>!<% } %>") == [
        ("text", "Cześć "),
        ("tag", "first_name"),
        ("ejs", "<% if (a) { %>"),
        ("text", "!"),
        ("ejs", "<% } %>"),
    ]


@pytest.mark.parametrize("text", ["{Client}", "{client name}", "{}", "{a1}", "{ client_name }", "{{", "}"])
def test_only_lower_case_words_in_braces_are_tags(text: str) -> None:
    assert kinds(text) == [("text", text)]


def test_braces_in_a_style_sheet_are_not_tags() -> None:
    css = "<STYLE type='a>b'>p {color} .x{margin}</style >"
    assert kinds(f"{css}{{unit}}") == [("text", css), ("tag", "unit")]


def test_braces_in_a_style_sheet_are_tags_in_a_subject() -> None:
    assert kinds("<style>{unit}", html=False) == [("text", "<style>"), ("tag", "unit")]


def test_braces_inside_ejs_are_not_tags() -> None:
    assert kinds("<% f({unit}) %>") == [("ejs", "<% f({unit}) %>")]


def test_a_tag_in_an_address_is_a_tag() -> None:
    assert parse('<a href="{unsubscribe_url}">', html=True).tags == ("unsubscribe_url",)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a\n<%- client.name %>", "Line 2: “<%-” prints raw HTML and is not allowed; use “<%=”."),
        ("<%= include('x') %>", "include"),
        ("\n\n<% if (a) {", "Line 3: “<%” is never closed."),
        ("<%= a <% b %>", "never closed"),
        ("50 %> 30", "Line 1: “%>” closes nothing."),
        ("<%% a %>", "“<%%” is not allowed"),
        ("a %%> b", "“%%>” is not allowed"),
        ("<%=%>", "is empty"),
        ("<% %>", "is empty"),
        ("<% __append('<b>') %>", "__append"),
        ("<% escapeFn = x => x %>", "not allowed in EJS"),
        ("<% \\u0065scapeFn = x => x %>", "not allowed in EJS"),
        ("<style>a{color:<%= c %>}</style>", "<style>"),
    ],
)
def test_what_may_not_stand_in_a_template_is_refused_with_its_line(source: str, said: str) -> None:
    with pytest.raises(TemplateRefused) as refused:
        parse(source, html=True)
    assert said in str(refused.value)


def test_campaign_variables_are_found_wherever_they_are_read() -> None:
    source = "{b_b}{client_name}<% if (variables.a && variables['c']) { %>{b_b}<% } %><%# variables.no %>"
    assert parse(source, html=True).variables == ("b_b", "a", "c")


@pytest.mark.parametrize("source", ["a", "{unit}", "<%=client.name%>", "<%= variables.x %>"])
def test_plain_outputs_of_known_fields_are_no_logic(source: str) -> None:
    assert not parse(source, html=True).has_logic


@pytest.mark.parametrize(
    "source",
    ["<%= client.name.length %>", "<%= client.nope %>", "<%# a %>", "<% x %>", "<%= client.name -%>"],
)
def test_everything_else_in_ejs_is_logic(source: str) -> None:
    assert parse(source, html=True).has_logic


def test_tags_become_outputs() -> None:
    source = "{client_name}, {invoice_number}: <%=client.email%><% x %>"
    assert parse(source, html=True).to_ejs() == (
        "<%= client.name %>, <%= variables.invoice_number %>: <%= client.email %><% x %>"
    )


def accepted(source: str) -> bool:
    try:
        parse(source, html=True)
    except TemplateRefused:
        return False
    return True


@given(FRAGMENTS.filter(accepted))
@example('<a href="{unsubscribe_url}">{unsubscribe_url}</a>')
def test_restoring_what_was_protected_is_exact(source: str) -> None:
    text, tokens = protect(source)
    assert "<%" not in text
    assert restore(text, tokens) == parse(source, html=True).to_ejs()


@given(FRAGMENTS.filter(accepted))
def test_nothing_an_author_typed_is_taken_for_a_token(source: str) -> None:
    text, tokens = protect(source)
    assert all(token not in source for token in tokens)
    assert all(text.count(token) == 1 for token in tokens)
    typed = text + "{unit}"
    again, _ = protect(typed)
    assert text in again


def test_tokens_of_the_same_source_with_another_salt_differ() -> None:
    assert not set(protect("{unit}", salt="body")[1]) & set(protect("{unit}", salt="footer")[1])


def test_a_token_in_text_is_a_comment_and_in_a_tag_a_word() -> None:
    text, tokens = protect('{unit}<a title=">{unit}">')
    in_text, in_attribute = tokens
    assert OPAQUE_COMMENT.fullmatch(in_text)
    assert text == f'<!--{in_text}--><a title=">{in_attribute}">'


@pytest.mark.parametrize("change", [lambda text: "", lambda text: text * 2])
def test_a_token_lost_or_doubled_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    text, tokens = protect("\n<p>{unit}")
    with pytest.raises(TemplateRefused, match="Line 2"):
        restore(change(text), tokens)


def test_only_tokens_of_attributes_may_be_missing_from_plain_text() -> None:
    _, tokens = protect('<img alt="{unit}">')
    assert restore("", tokens, attributes_may_be_missing=True) == ""
    _, tokens = protect("{unit}")
    with pytest.raises(TemplateRefused):
        restore("", tokens, attributes_may_be_missing=True)


def test_delimiters_that_appear_between_tokens_are_made_literal() -> None:
    text, tokens = protect("{unit}")
    assert restore(f"<% x %>{text}", tokens) == "<%% x %%><%= contract.unit %>"
    assert literal("<%>") == "<%%>"


def test_a_line_of_the_finished_text_leads_to_the_line_it_was_written_on() -> None:
    text, tokens = protect("a\n<%\n x %>{unit}\n<b\nclass='c'>{client_name}")
    finished = "\n\n\n" + text.replace("<b\nclass", "<b class")
    lines = dict(source_lines(finished, tokens))
    assert lines == {5: 2, 6: 3, 7: 5}
    assert restore(finished, tokens).split("\n")[4] == "<%"


@pytest.mark.parametrize("field", ["{unit}", "<%= 1 %>", "a{unit}", "{unit}\n<%# x %>"])
@pytest.mark.parametrize("html", [True, False])
def test_a_text_with_more_fields_than_any_letter_needs_is_refused(field: str, html: bool) -> None:
    fits = "{unit}x" * MOST_FIELDS
    assert len(parse(fits, html=html).pieces) == 2 * MOST_FIELDS
    with pytest.raises(TemplateRefused, match="at most 1000 merge tags"):
        parse(fits + field, html=html)
