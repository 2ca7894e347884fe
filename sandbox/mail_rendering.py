"""Caught mail as HTML fragments and as JSON."""

from email.message import EmailMessage, MIMEPart
from html import escape
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sandbox.mail_store import CaughtMail

LIST_PAGE = 100
# Mail may open links (the unsubscribe page, say) in a new tab and do nothing else.
MAIL_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_WARSAW = ZoneInfo("Europe/Warsaw")


def subject_of(mail: CaughtMail) -> str:
    return str(mail.message["subject"] or "") or "(bez tematu)"


def html_of(mail: CaughtMail) -> str:
    return _body(mail, "html")


def attachments_of(mail: CaughtMail) -> list[tuple[str, str, bytes]]:
    """Name, content type and content of each attachment."""
    return [
        (part.get_filename() or "zalacznik", part.get_content_type(), _payload(part))
        for part in mail.message.iter_attachments()
        if isinstance(part, EmailMessage)
    ]


def as_json(mail: CaughtMail) -> dict[str, object]:
    """All that a test asks of a message; header values decoded, in order, repeated ones kept."""
    return {
        "id": mail.id,
        "received_at": mail.received_at.isoformat(),
        "mail_from": mail.mail_from,
        "recipients": list(mail.recipients),
        "subject": str(mail.message["subject"] or ""),
        "headers": [[name, str(value)] for name, value in mail.message.items()],
        "text": _body(mail, "plain"),
        "html": html_of(mail),
        "attachments": [
            {"filename": name, "content_type": kind, "size": len(content)}
            for name, kind, content in attachments_of(mail)
        ],
    }


def list_page(mails: list[CaughtMail], to: str, total: int) -> str:
    """The list, newest first; one message more than a page holds means that there are older ones."""
    search = (
        '<form class="search" role="search"><input type="search" name="to" aria-label="Adres odbiorcy"'
        f' placeholder="Szukaj po adresie odbiorcy" value="{escape(to)}"><button>Szukaj</button></form>'
    )
    if not mails:
        hint = (
            f"Żadna wiadomość nie trafiła na adres zawierający „{escape(to)}”."
            if to
            else "Wyślij coś z panelu, a pojawi się tutaj. Stąd nic nie wychodzi na zewnątrz."
        )
        return f'{search}<div class="empty"><strong>Brak wiadomości</strong><p>{hint}</p></div>'
    rows = "".join(map(_row, mails[:LIST_PAGE]))
    older = ""
    if len(mails) > LIST_PAGE:
        query = urlencode({"to": to, "before": mails[LIST_PAGE - 1].id})
        older = f'<p class="older"><a href="/?{escape(query)}">Starsze wiadomości</a></p>'
    return f'{search}<p class="total">Przechwycono: {total}</p><ul class="list">{rows}</ul>{older}'


def message_page(mail: CaughtMail) -> str:
    """One message: who, what, the HTML in a sandbox, the text, the headers, the raw bytes."""
    base = f"/messages/{mail.id}"
    files = "".join(
        f'<li><a href="{base}/parts/{index}">{escape(name)}</a> <small>{_size(len(content))}</small></li>'
        for index, (name, _, content) in enumerate(attachments_of(mail))
    )
    headers = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in mail.message.items()
    )
    frame = f'<iframe title="Treść HTML" sandbox="{MAIL_SANDBOX}" src="{base}/html"></iframe>'
    return f"""
<article><h2>{escape(subject_of(mail))}</h2>
<dl><dt>Od</dt><dd>{escape(str(mail.message["from"] or ""))}</dd>
<dt>Do</dt><dd>{escape(str(mail.message["to"] or ""))}</dd>
<dt>Koperta</dt><dd>{escape(mail.mail_from or "<>")} → {escape(", ".join(mail.recipients))}</dd>
<dt>Odebrano</dt><dd>{_when(mail)}</dd></dl>
{f'<ul class="files">{files}</ul>' if files else ""}
{frame if html_of(mail) else ""}
<details{"" if html_of(mail) else " open"}><summary>Tekst</summary>
<pre>{escape(_body(mail, "plain"))}</pre></details>
<details><summary>Nagłówki</summary><div class="scroll"><table>{headers}</table></div></details>
<p><a class="button" href="{base}/raw">Pobierz oryginał (.eml)</a></p></article>"""


def _row(mail: CaughtMail) -> str:
    to = ", ".join(mail.recipients)
    return (
        f'<li><a href="/messages/{mail.id}"><span class="to">{escape(to)}</span>'
        f'<time datetime="{mail.received_at.isoformat()}">{_when(mail)}</time>'
        f'<span class="subject">{escape(subject_of(mail))}</span></a></li>'
    )


def _when(mail: CaughtMail) -> str:
    return mail.received_at.astimezone(_WARSAW).strftime("%d.%m.%Y, %H:%M:%S")


def _size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.0f} KB"  # noqa: PLR2004


def _body(mail: CaughtMail, kind: str) -> str:
    part = mail.message.get_body((kind,))
    if part is None:
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        return _payload(part).decode(charset, "replace")
    except LookupError:
        return _payload(part).decode("utf-8", "replace")


def _payload(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else part.as_bytes()
