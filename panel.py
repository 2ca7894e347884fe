"""The composition root of what is served: the panel, and the pages and callbacks of everybody else.

`app.py` loads it for a process that serves; commands and workers start in two thirds of the time without it.
"""

from flask import Flask

import admin_views
import webhooks
from config import Settings
from extensions import assets, babel, csp, csrf, limiter, login, nul, proxies, push_worker, urls


class NoSecretKey(Exception):
    """The panel cannot sign its sessions; the text is one sentence for whoever starts it."""


def add_panel(app: Flask, settings: Settings) -> None:
    """Raises NoSecretKey."""
    if not settings.secret_key:
        raise NoSecretKey(
            "SECRET_KEY is not set. The panel signs sessions with it: set it to a long random text, e.g. "
            'the output of: python -c "import secrets; print(secrets.token_hex(32))"'
        )
    if not settings.base_url_given:
        app.logger.warning("BASE_URL is not set: links in messages will point to %s", settings.base_url)
    for part in (urls, assets, proxies, csrf, babel, login, nul, limiter, csp, push_worker, admin_views):
        part.init_app(app)
    webhooks.register(app)
