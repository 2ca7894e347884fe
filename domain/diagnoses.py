"""Why a message, or an account, got no further, in sentences that are stored in English and shown in either
language (``extensions.babel.translate_stored``).
"""

from domain.errors import DomainError


class Diagnosis(DomainError):
    """Never raised: its text is kept with the message or the account it explains."""


class NoConnection(Diagnosis):
    message = "There is no connection to the mail server."


class ConnectionLost(Diagnosis):
    message = "The connection was lost at stage %(stage)s: %(why)s"


class ReceiptLost(Diagnosis):
    message = "The connection was lost while waiting for the receipt: %(why)s"


class SenselessReply(Diagnosis):
    message = "The server's reply at stage %(stage)s makes no sense: %(reply)s"


class NoSmtpUtf8(Diagnosis):
    message = "The mail server takes no addresses with characters beyond ASCII (SMTPUTF8)."


class UnwritableAddress(Diagnosis):
    message = "The address cannot be written in an SMTP envelope."


class LargerThanAllowed(Diagnosis):
    message = "The message is %(size)s bytes; the mail server takes %(limit)s at most."


class UnusableSettings(Diagnosis):
    message = "The account's settings are unusable: %(why)s"


class UntrustedCertificate(Diagnosis):
    message = "The mail server's certificate cannot be trusted: %(why)s"


class NoTls(Diagnosis):
    message = "No TLS connection with the mail server: %(why)s"


class NoGatewayOpen(Diagnosis):
    message = "There is no SMS gateway to send through: none is switched on, or none answers."


class WorkerSilent(Diagnosis):
    message = "The worker stopped before the mail server's answer was recorded."
