"""Putting a message's text into the document it goes out in, with the company's branding around it."""

from dataclasses import replace

from domain.branding import Branding
from domain.mail_shell import shell
from gateways.html_mail import inline_css, plain_text, sanitise


def dress(body: str, footer: str, branding: Branding) -> str:
    """The finished document of HTML that somebody wrote: each of its three parts sanitised, no part able to
    swallow another, and the CSS inlined. Opaque tokens (`domain.template_tokens`) stay where they are.
    """
    own = replace(branding, footer_html=sanitise(branding.footer_html, keeps_styles=False))
    return inline_css(shell(sanitise(body), sanitise(footer), own))


def own_letter(html: str, branding: Branding) -> tuple[str, str]:
    """A letter in words of our own, without fields: its HTML document and its plain text."""
    document = dress(html, "", branding)
    return document, plain_text(document)
