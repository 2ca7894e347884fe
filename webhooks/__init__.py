"""Routes for other systems and for people without a log-in: everything that is not the panel."""

from flask import Blueprint, Flask

from extensions.csrf import csrf
from extensions.limiter import limit_page
from extensions.login import declare_public
from webhooks.api import document, fire
from webhooks.consents import confirm, consents
from webhooks.logo import logo
from webhooks.payments import payment_news
from webhooks.sms import sms_incoming, sms_report
from webhooks.unsubscribe import healthz, unsubscribe

blueprint = Blueprint("webhooks", __name__)
blueprint.add_url_rule("/u/<token>", view_func=unsubscribe, methods=["GET", "POST"])
blueprint.add_url_rule("/c/<token>", view_func=consents, methods=["GET", "POST"])
blueprint.add_url_rule("/confirm/<token>", view_func=confirm, methods=["GET", "POST"])
blueprint.add_url_rule("/healthz", view_func=healthz)
blueprint.add_url_rule("/logo/<uuid:name>.<any(png, jpg):ending>", view_func=logo)
blueprint.add_url_rule("/payments/<gateway>/news", view_func=payment_news, methods=["POST"])
blueprint.add_url_rule("/sms/<secret>/report", view_func=sms_report, methods=["GET", "POST"])
blueprint.add_url_rule("/sms/<secret>/incoming", view_func=sms_incoming, methods=["GET", "POST"])
blueprint.add_url_rule("/api/v1/events", "api_fire", fire, methods=["POST"])
blueprint.add_url_rule("/api/v1/openapi.json", "api_document", document)


def register(app: Flask) -> None:
    """Add the routes to the panel's application, open to strangers."""
    app.register_blueprint(blueprint)
    csrf.exempt(unsubscribe)  # the link is signed, and no cookie is read
    for page in (consents, confirm):
        csrf.exempt(page)  # the link is signed, and no cookie is read
        declare_public(app, f"webhooks.{page.__name__}", "a signed link, for the client it was made for")
        limit_page(app, f"webhooks.{page.__name__}")
    csrf.exempt(payment_news)  # what it says is signed, and no cookie is read
    for endpoint in (sms_report, sms_incoming):
        csrf.exempt(endpoint)  # the address holds a secret, and no cookie is read
        declare_public(app, f"webhooks.{endpoint.__name__}", "an SMS gateway reports to a secret address")
    csrf.exempt(fire)  # it asks for a token in a header, and no cookie is read
    declare_public(app, "webhooks.api_fire", "another system, with a token of its own")
    declare_public(app, "webhooks.api_document", "says what the API takes, and nothing of what is in here")
    declare_public(app, "webhooks.payment_news", "a payment gateway reports here, signed with its key")
    declare_public(app, "webhooks.unsubscribe", "a signed link, for whoever got the message")
    declare_public(app, "webhooks.healthz", "a load balancer asks it, and it tells nothing")
    declare_public(app, "webhooks.logo", "the logo in our messages, the same for whoever opens one")
