"""The sections of the side menu."""

from flask_babel import lazy_gettext

SENDING = lazy_gettext("Correspondence")
CLIENTS = lazy_gettext("Clients and investments")
SERVICE = lazy_gettext("Service desk")
CONSENTS = lazy_gettext("Consents")
RETURNS = lazy_gettext("Returned mail")
SMS_ACCOUNT = lazy_gettext("SMS account")
SETTINGS = lazy_gettext("Settings")
