"""Flask-Mail: it carries the MAIL_* settings, and the one message that `flask check-mail` tries them with.

Everything that clients get is a Message row and goes through `gateways.smtp`: decision 5 says why.
"""

from flask import Flask
from flask_mail import Mail

mail = Mail()


def init_app(app: Flask) -> None:
    mail.init_app(app)
