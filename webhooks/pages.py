"""Pages for people without a log-in who hold a signed link."""

from flask import Response, make_response, render_template

NOT_FOUND, GONE = 404, 410


def link_page(template: str, *, status: int = 200, **values: object) -> Response:
    """A page that no search engine keeps, no cache stores and no other site learns the address of."""
    response = make_response(render_template(template, **values), status)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


def masked(address: str) -> str:
    """``anna.nowak@poczta.example`` as ``a…@poczta.example``: a link may be forwarded."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…{at}{domain}"


def masked_number(number: str) -> str:
    """``+48 600 100 200`` as ``…200``."""
    return f"…{number[-3:]}"
