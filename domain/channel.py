"""Words shared by consents, campaigns and messages."""

from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"


class Purpose(StrEnum):
    """What PKE art. 398 asks: marketing needs prior consent, a message the service needs does not."""

    MARKETING = "marketing"
    SERVICE = "service"
