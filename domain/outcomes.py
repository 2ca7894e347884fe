"""The three ways a delivery can fail, never mixed (design: idea 2)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accepted:
    """The other side took responsibility for the message.

    ``reference`` is its own name for the message (a queue id), empty when it gave none; ``gateway_id`` says
    which of several gateways it was, ``attempt`` (the DeliveryAttempt's uuid) which attempt this is of.
    """

    reference: str = ""
    gateway_id: int | None = None
    attempt: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What the other side said: ``code`` as it wrote it, ``text`` for a person to read.

    ``stage`` is how far the conversation had come, where that decides what the answer means.
    """

    code: str
    text: str
    stage: str = ""
    gateway_id: int | None = None
    attempt: str = ""


class Refused(Failure):
    """It said no to this message. Record it, never retry."""


class Unavailable(Failure):
    """Surely not sent. Release the claim and retry with back-off."""


class AccountRefused(Unavailable):
    """Surely not sent, and nothing else from this account will be: log-in, policy, greeting."""


class NoMoney(AccountRefused):
    """Not handed over at all: the prepaid account does not cover it."""


class Uncertain(Failure):
    """It may have been sent and we don't know. A person decides; never retried blindly."""


Outcome = Accepted | Refused | Unavailable | Uncertain
