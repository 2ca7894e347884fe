"""Flask-Mail, set up from the MAIL_* settings for what an installation adds.

Everything that the product sends itself is a Message row and goes through `gateways.smtp`.
"""

from flask import Flask
from flask_mail import Mail

mail = Mail()


def init_app(app: Flask) -> None:
    mail.init_app(app)
