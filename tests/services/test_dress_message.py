"""A message inside the company's branding: its text survives, and the branding brings no code with it."""

from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from domain.branding import PLAIN, Branding, Logo
from domain.template_source import TemplateRefused
from gateways.html_mail import plain_text
from services.dress_message import dress, own_letter
from services.message_content import FrozenContent, prepare_content
from services.save_branding import LONGEST_FOOTER, cleaned_footer

LOGO = Logo("https://goniec.example/logo/1.png", 240, 64)
BRANDING = Branding("Nadrzecze „A&B” Sp. z o.o.", LOGO, "#0f5c5c", "#0b6b8a", "<p>ul. Polna 1</p>")
texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co", "Cf", "Zl", "Zp")), max_size=60)


def written(text: str) -> str:
    return "".join(text.split())


def test_without_branding_nothing_is_added() -> None:
    plain = prepare_content("a", "<p>Treść</p>", footer_html="<p>Stopka</p>")
    assert plain == prepare_content("a", "<p>Treść</p>", footer_html="<p>Stopka</p>", branding=Branding("A"))
    assert plain.text == "Treść\n\nStopka\n"


def test_the_logo_the_colours_and_the_footer_are_around_the_text() -> None:
    content = prepare_content("a", '<p>Treść <a href="https://x.example">tu</a></p>', branding=BRANDING)
    (picture,) = lxml_html.document_fromstring(content.html).iter("img")
    assert (picture.get("src"), picture.get("alt")) == (LOGO.url, BRANDING.company)
    assert (picture.get("width"), picture.get("height")) == ("240", "64")
    (link,) = lxml_html.document_fromstring(content.html).iter("a")
    assert "#0b6b8a" in str(link.get("style"))
    places = [content.html.index(part) for part in ("#0f5c5c", LOGO.url, "Treść", "ul. Polna 1")]
    assert places == sorted(places)
    assert content.text == "Treść [tu](https://x.example)\n\nul. Polna 1\n"


def test_a_link_keeps_the_colour_its_author_chose() -> None:
    html = '<a href="https://x.example" style="color: #ffffff; background: #000000">Kup</a>'
    (link,) = lxml_html.document_fromstring(dress(html, "", BRANDING)).iter("a")
    assert "#ffffff" in str(link.get("style")) and "#0b6b8a" not in str(link.get("style"))


def test_without_a_logo_the_name_stands_on_the_main_colour() -> None:
    html, text = own_letter("<p>Treść</p>", Branding("Nadrzecze", colour="#ffdd00"))
    assert text == "Nadrzecze\n\nTreść\n"
    assert "background-color: #ffdd00" in html and "color: #000000" in html and ">Nadrzecze</div>" in html


@settings(max_examples=60)
@given(texts, texts)
def test_the_text_survives_whatever_is_around_it(text: str, company: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("{", "&#123;")
    branding = Branding(company, LOGO, "#0f5c5c", "#0b6b8a", "<p>Stopka</p>")
    content = prepare_content("a", f"<p>{escaped}</p>", branding=branding)
    assert written(text) in written(unescape(content.html.replace("<%%", "<%").replace("%%>", "%>")))
    assert written(content.text.replace("<%%", "<%").replace("%%>", "%>")) == written(f"{text}Stopka")
    assert not content.has_logic and FrozenContent.from_json(content.to_json()) == content


@pytest.mark.parametrize("name", ["<%= client.name %>", "{client_name}", '"><script>alert(1)</script>', "%>"])
def test_the_companys_name_is_never_read_as_code(name: str) -> None:
    content = prepare_content("a", "<p>b</p>", branding=Branding(name, LOGO))
    assert content.outputs == () and not content.has_logic
    (picture,) = lxml_html.document_fromstring(content.html.replace("<%%", "<%").replace("%%>", "%>")).iter(
        "img"
    )
    assert picture.get("alt") == name


# --- the footer ---


HOSTILE = (
    "<style>p { display: none }</style><script>alert(1)</script><p onclick='alert(1)'>Polna 1</p></div></div>"
    '<a href="javascript:alert(1)">tu</a><form action="https://x.example"><input></form><!-- <style> -->'
    '<div style="position: fixed; background: url(https://x.example/a.png)">'
)


def test_a_hostile_footer_is_cleaned_and_stays_in_its_place() -> None:
    clean = cleaned_footer(HOSTILE)
    for danger in ("<style", "script", "onclick", "<form", "<input", "url(", "position", "<!--"):
        assert danger not in clean
    whole = dress("<p>Treść</p>", "<p>rezygnuję</p>", Branding("A", footer_html=HOSTILE))
    assert "display: none" not in whole and "script" not in whole
    assert plain_text(whole).split() == ["Treść", "Polna", "1", "tu", "rezygnuję"]


@pytest.mark.parametrize(
    "footer",
    [
        "<p>{client_name}</p>",
        "<p>\n<%= client.name %></p>",
        "<p><% if (1) { %>x<% } %></p>",
        "<p><%- 1 %></p>",
        "{client_<script></script>name}",
        "a" * (LONGEST_FOOTER + 1),
        "<b>" * 300,
    ],
    ids=["field", "output", "logic", "raw", "field-in-two-pieces", "too-long", "too-deep"],
)
def test_a_footer_with_fields_or_code_or_too_much_of_it_is_refused(footer: str) -> None:
    with pytest.raises(TemplateRefused):
        cleaned_footer(footer)


@pytest.mark.parametrize("nothing", ["", "<p></p>", "<p>&nbsp;</p><p><br></p>", "<style>p{}</style>"])
def test_a_footer_that_nobody_can_see_is_none(nothing: str) -> None:
    assert cleaned_footer(nothing) == ""


def test_our_own_letters_have_their_words_in_both_parts() -> None:
    html, text = own_letter("<p>Faktura <strong>1/2026</strong></p>", BRANDING)
    assert "<strong>1/2026</strong>" in html and text == "Faktura 1/2026\n\nul. Polna 1\n"
    assert own_letter("<p>a</p>", PLAIN)[1] == "a\n"
