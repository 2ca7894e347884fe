"""Whether a message was written by a mail system about a delivery, and not by a person about anything."""

import re
from collections.abc import Mapping

from domain.bounce_phrases import names_failure
from domain.bounce_text import addresses_in, is_of_a_service
from domain.names import fold

_DAEMONS = (
    "mailer-daemon", "mailerdaemon", "mailer_daemon", "postmaster", "mail-daemon", "maildaemon", "mdaemon",
    "mail-delivery", "microsoftexchange", "bounce",
)  # fmt: skip
_NAMES = re.compile(
    r"mail deliver|mail administrator|system administrator|administrator (?:systemu|poczty|serwera)"
    r"|postmaster"
    r"|system poczt|serwer poczt|dostarczania poczty|demon poczt|podsystem|mail system|delivery (?:system"
    r"|subsystem)"
)
_PASSED_ON = re.compile(r"^(?:(?:re|odp|fwd?|pd|przek)\s?:)", re.IGNORECASE)


def is_from_a_mail_system(headers: Mapping[str, str], has_suspects: bool) -> bool:
    """``headers`` are decoded, by lower-case name; ``has_suspects`` that flufl knew its format.

    A person who passes a bounce on is no mail system, whatever the text.
    """
    if "x-failed-recipients" in headers:
        return True
    sender = headers.get("from", "").strip()
    address = next((each for each, _at in addresses_in(sender)), sender)
    if address.lower().startswith(_DAEMONS) or _NAMES.search(fold(sender)):
        return True
    subject = headers.get("subject", "").strip()
    if _PASSED_ON.match(subject) or not names_failure(fold(subject)):
        return False
    has_empty_path = headers.get("return-path", "").replace(" ", "") == "<>"
    return has_empty_path or has_suspects or is_of_a_service(address)
