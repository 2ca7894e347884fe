"""Why a text, or an account at an SMS gateway, got no further; see ``domain/diagnoses``.

``said`` is the gateway's own sentence, or its code where it gave none.
"""

from collections.abc import Mapping

from domain.diagnoses import Diagnosis


class NoGateway(Diagnosis):
    message = "There is no connection to the SMS gateway: %(why)s"


class GatewayAnswerLost(Diagnosis):
    message = "The connection was lost while waiting for the SMS gateway's answer: %(why)s"


class SenselessAnswer(Diagnosis):
    message = "The SMS gateway's answer makes no sense: %(answer)s"


class GatewayFault(Diagnosis):
    message = "The SMS gateway has a fault of its own: %(said)s"


class GatewayBusy(Diagnosis):
    message = "The SMS gateway takes nothing at the moment: %(said)s"


class RequestRefused(Diagnosis):
    message = "The SMS gateway refuses the request: %(said)s"


class UntrustedGateway(Diagnosis):
    message = "The SMS gateway's certificate cannot be trusted: %(why)s"


class NoGatewayTls(Diagnosis):
    message = "No TLS connection with the SMS gateway: %(why)s"


class UnusableNumber(Diagnosis):
    message = "This is no telephone number a text can be sent to."


class UnusableSender(Diagnosis):
    message = (
        "This is no sender a text can be sent from: a name has at most 11 characters, without Polish letters."
    )


class UnwritableText(Diagnosis):
    message = "The text is empty or has characters that cannot be written."


class TextRefused(Diagnosis):
    message = "The SMS gateway does not take this text: %(said)s"


class NumberRefused(Diagnosis):
    message = "The SMS gateway sends no texts to this number: %(said)s"


class SenderRefused(Diagnosis):
    message = "The SMS gateway does not know this sender: %(said)s"


class LoginRefused(Diagnosis):
    message = "The SMS gateway does not accept the access data: %(said)s"


class NoCredits(Diagnosis):
    message = "There is no money left on the account at the SMS gateway: %(said)s"


class AddressRefused(Diagnosis):
    message = "The SMS gateway does not let this machine's network address in: %(said)s"


class ServiceSwitchedOff(Diagnosis):
    message = "The account at the SMS gateway may not send texts now: %(said)s"


class PartlySent(Diagnosis):
    message = "Only %(sent)s of the text's %(parts)s parts were handed over; then the gateway said: %(said)s"


class TextExpired(Diagnosis):
    message = "The telephone could not be reached for as long as the network tries (%(said)s)."


class TextRejected(Diagnosis):
    message = "The network does not deliver this text (%(said)s)."


class TextNotDelivered(Diagnosis):
    message = "The network says that the text has not arrived (%(said)s)."


_NOT_DELIVERED: Mapping[str, type[Diagnosis]] = {
    "EXPIRED": TextExpired,
    "REJECTED": TextRejected,
    "REJECTD": TextRejected,  # SMPP 3.4, appendix B, has room for seven letters
}


def why_not_delivered(code: str) -> Diagnosis:
    """What a report's own word for a text that has not arrived means."""
    return _NOT_DELIVERED.get(code, TextNotDelivered)(said=code or "-")
