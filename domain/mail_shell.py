"""The document that every e-mail's text stands in, with the company's branding around it.

What is branded is light on purpose: a program that darkens letters then changes ground and text together,
where a colour of the company's on a ground nobody knows could not be read.
"""

from domain.branding import Branding
from domain.colours import READABLE, WHITE, contrast, ink_on
from domain.merge_tags import escape_html

_DOCUMENT = """<!DOCTYPE html>
<html lang="pl"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>img {{ max-width: 100%; height: auto }}{links}</style></head>
<body style="margin: 0; padding: 16px; font: 16px/1.5 Arial, Helvetica, sans-serif{ground}">
<div style="max-width: 640px; margin: 0 auto">
{body}
{footer}
</div></body></html>"""

_GROUND, _INK, _GREY, _LINE = WHITE, "#1f2328", "#5b6472", "#d5d9e0"
_WITH_LOGO = (
    '<div style="margin-bottom: 24px; padding-bottom: 16px; border-bottom: {rule}">'
    '<img src="{url}" width="{width}" height="{height}" alt="{company}" '
    'style="display: block; border: 0; font: bold 20px Arial, Helvetica, sans-serif; color: {ink}"></div>\n'
)
_WITH_NAME = (
    '<div style="margin-bottom: 24px; padding: 12px 20px; border-radius: 6px; background-color: {ground}; '
    'color: {ink}; font-size: 18px; font-weight: bold">{company}</div>\n'
)
_FOOTER = (
    '\n<hr style="border: 0; border-top: 1px solid {line}; margin: 32px 0 12px">'
    '<div style="font-size: 14px; color: {grey}">{footer}</div>'
)


def shell(body: str, footer: str, branding: Branding) -> str:
    """The whole document around sanitised HTML; ``branding.footer_html`` must be sanitised too.

    ``footer`` is what the law asks for: it comes last. Without branding nothing is added.
    """
    if branding.is_plain:
        return _DOCUMENT.format(links="", ground="", body=body, footer=footer)
    own = _FOOTER.format(line=_LINE, grey=_GREY, footer=branding.footer_html) if branding.footer_html else ""
    return _DOCUMENT.format(
        links=f" a {{ color: {branding.link_colour} }}" if branding.link_colour else "",
        ground=f"; background-color: {_GROUND}; color: {_INK}",
        body=f"{_head(branding)}{body}{own}",
        footer=footer,
    )


def _head(branding: Branding) -> str:
    company, colour = escape_html(branding.company), branding.colour
    if branding.logo:
        readable = colour and contrast(colour, _GROUND) >= READABLE
        return _WITH_LOGO.format(
            rule=f"3px solid {colour}" if colour else f"1px solid {_LINE}",
            url=escape_html(branding.logo.url),
            width=branding.logo.width,
            height=branding.logo.height,
            company=company,
            ink=colour if readable else _INK,
        )
    if colour and company:
        return _WITH_NAME.format(ground=colour, ink=ink_on(colour), company=company)
    return ""
