"""Why an invoice got no further on its way into KSeF, in our words; see ``domain/diagnoses``."""

from domain.diagnoses import Diagnosis


class OtherSeller(Diagnosis):
    message = "The seller's NIP on the invoice is not the one set for KSeF."


class OtherDocument(Diagnosis):
    message = "KSeF has another document with this invoice's number: %(number)s"


class NoKsef(Diagnosis):
    message = "There is no answer from KSeF: %(why)s"


class UnreadableKsef(Diagnosis):
    message = "KSeF's answer makes no sense: %(why)s"


class UnusableCertificate(Diagnosis):
    message = "The certificate for KSeF cannot be used: %(why)s"


class NoOfflineCertificate(Diagnosis):
    message = (
        "KSeF cannot be reached. Without a certificate of the type Offline the invoice, and its e-mail, wait."
    )
