"""Routes for other systems and for people without a log-in: everything that is not the panel."""

from flask import Blueprint, Flask

from extensions.csrf import csrf
from extensions.login import declare_public
from webhooks.payments import payu_notification
from webhooks.unsubscribe import healthz, unsubscribe

blueprint = Blueprint("webhooks", __name__)
blueprint.add_url_rule("/u/<token>", view_func=unsubscribe, methods=["GET", "POST"])
blueprint.add_url_rule("/healthz", view_func=healthz)
blueprint.add_url_rule("/payments/<gateway>/news", view_func=payu_notification, methods=["POST"])


def register(app: Flask) -> None:
    """Add the routes to the panel's application, open to strangers."""
    app.register_blueprint(blueprint)
    csrf.exempt(unsubscribe)  # the link is signed, and no cookie is read
    csrf.exempt(payu_notification)  # what it says is signed, and no cookie is read
    declare_public(app, "webhooks.payu_notification", "a payment gateway reports here, signed with its key")
    declare_public(app, "webhooks.unsubscribe", "a signed link, for whoever got the message")
    declare_public(app, "webhooks.healthz", "a load balancer asks it, and it tells nothing")
