"""Whose X-Forwarded-* headers to believe: those of as many proxies as the settings name."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix


def init_app(app: Flask) -> None:
    """With no proxy named, the headers are ignored: anyone could write them."""
    proxies = int(app.config.get("GONIEC_BEHIND_PROXIES", 0))
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies, x_prefix=proxies
        )
