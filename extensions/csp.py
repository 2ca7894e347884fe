"""Headers that keep a page to our own scripts: a strict Content-Security-Policy with a nonce per request."""

import secrets
from dataclasses import dataclass, replace

from flask import Flask, Response, g
from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Policy:
    """What one page may do beyond the strict default; see `relax`."""

    inline_styles: bool = False
    remote_images: bool = False
    framed_by_us: bool = False


def csp_nonce() -> str:
    """The nonce of this request: the same text however often it is asked for."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def relax(*, inline_styles: bool = False, remote_images: bool = False, framed_by_us: bool = False) -> None:
    """Loosen the policy for the page being answered, and for that page only.

    ``inline_styles``: the rich text editor writes style attributes. ``remote_images``: a preview shows
    https images of a message. ``framed_by_us``: the page may stand in an iframe of our own.
    Scripts are never loosened.
    """
    g.csp_policy = replace(
        _policy(), inline_styles=inline_styles, remote_images=remote_images, framed_by_us=framed_by_us
    )


def init_app(app: Flask) -> None:
    app.after_request(_add_headers)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.jinja_env.globals["csp_nonce_attribute"] = lambda: Markup('nonce="{}"').format(csp_nonce())


def _policy() -> Policy:
    policy: Policy = g.get("csp_policy", Policy())
    return policy


def _add_headers(response: Response) -> Response:
    policy = _policy()
    response.headers.setdefault("Content-Security-Policy", _header(policy))
    response.headers.setdefault("X-Frame-Options", "SAMEORIGIN" if policy.framed_by_us else "DENY")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if response.mimetype in {"text/html", "application/json", "text/csv"}:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _header(policy: Policy) -> str:
    # A nonce beside 'unsafe-inline' would switch 'unsafe-inline' off.
    styles = "'unsafe-inline'" if policy.inline_styles else f"'nonce-{csp_nonce()}'"
    directives = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{csp_nonce()}'",
        "style-src": f"'self' {styles}",
        "img-src": "'self' data: blob:" + (" https:" if policy.remote_images else ""),
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "frame-ancestors": "'self'" if policy.framed_by_us else "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())
