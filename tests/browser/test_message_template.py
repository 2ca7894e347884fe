"""A message template in the editor of a real browser."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from models.message_template import MessageTemplate

BODY = (
    "<p>Dzień dobry,</p>"
    '<% if (client.kind === "company") { %><p>zapraszamy <b>Państwa</b> firmę</p>'
    '<% } else { %><p style="color: #336699;">zapraszamy, {first_name}</p><% } %>'
    "<table><tbody><% for (let i = 0; i < 2; i++) { %><tr><td><%= i %></td></tr><% } %></tbody></table>"
)
EDITED = "Z poważaniem"


def kept(stored: Session, **values: str) -> MessageTemplate:
    template = MessageTemplate(**{"name": "Zaproszenie", "subject": "Zaproszenie", "body": BODY} | values)
    stored.add(template)
    stored.commit()
    return template


def edit(page: Page, template: MessageTemplate) -> None:
    page.goto(f"/admin/message_template/edit/?id={template.id}")
    expect(page.locator("form.record-form")).to_have_attribute("data-ready", "yes")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def pieces(source: str) -> list[str]:
    """The code and the merge tags of a template, and its words, in order."""
    return [re.sub(r"\s+", " ", word) for word in re.findall(r"<%.*?%>|\{[a-z_]+\}|[\w,]+(?![^<]*>)", source)]


def test_logic_survives_editing_and_saving(page: Page, stored: Session) -> None:
    template = kept(stored)
    edit(page, template)
    editor = page.frame_locator("iframe.tox-edit-area__iframe").locator("body")
    expect(editor.locator(".ejs-chip").first).to_be_visible()
    editor.locator("p").first.click()
    page.keyboard.press("End")
    page.keyboard.type(f" {EDITED}")
    save(page)
    page.wait_for_url("**/admin/message_template/")
    stored.refresh(template)
    assert EDITED in template.body
    assert pieces(template.body.replace(f" {EDITED}", "")) == pieces(BODY)
    assert re.search(r"<%= i %></td>\s*</tr>\s*<% } %>", template.body)


def test_a_template_nobody_touched_is_kept_to_the_letter(page: Page, stored: Session) -> None:
    template = kept(stored, body=f"{BODY}\n\n<P class=x>Treść</P>")
    edit(page, template)
    page.fill("[name=name]", "Inna nazwa")
    save(page)
    page.wait_for_url("**/admin/message_template/")
    stored.refresh(template)
    assert (template.name, template.body) == ("Inna nazwa", f"{BODY}\n\n<P class=x>Treść</P>")


def test_a_refused_template_comes_back_as_it_was_typed(page: Page, stored: Session) -> None:
    edit(page, kept(stored))
    page.frame_locator("iframe.tox-edit-area__iframe").locator("p").first.click()
    page.keyboard.press("End")
    page.keyboard.type(f" {EDITED} <% }} %>")
    save(page)
    expect(page.locator("#error-body")).to_contain_text("Line")
    expect(page.locator("form.record-form")).to_have_attribute("data-ready", "yes")
    expect(page.frame_locator("iframe.tox-edit-area__iframe").locator("body")).to_contain_text(EDITED)


def test_a_text_message_is_typed_as_plain_text(page: Page, stored: Session) -> None:
    page.goto("/admin/message_template/new/")
    expect(page.locator("form.record-form")).to_have_attribute("data-ready", "yes")
    page.fill("[name=name]", "Przypomnienie")
    page.select_option("[name=channel]", "sms")
    expect(page.locator(".editor-box")).to_be_hidden()
    expect(page.locator("[name=subject]")).to_be_hidden()
    page.fill("[name=body]", "{client_name}: 2 < 3")
    page.select_option("[name=channel]", "email")
    expect(page.locator(".editor-box")).to_be_visible()
    page.select_option("[name=channel]", "sms")
    save(page)
    page.wait_for_url("**/admin/message_template/")
    assert stored.query(MessageTemplate).one().body == "{client_name}: 2 < 3"


def test_the_card_shows_one_part_of_the_letter_at_a_time(page: Page, stored: Session) -> None:
    page.goto(f"/admin/message_template/details/?id={kept(stored).id}")
    expect(page.frame_locator("iframe.preview-frame").get_by_text("zapraszamy, Anna")).to_be_visible()
    page.get_by_role("tab", name="Plain text").click()
    expect(page.locator("iframe.preview-frame")).to_be_hidden()
    expect(page.locator("pre.preview-text")).to_contain_text("zapraszamy, Anna")
