"""An e-mail somebody wrote to us, as a gateway read it: bounded, decoded, and nothing in it believed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from domain.auto_replies import is_no_person
from domain.mail_headers import Mailbox


@dataclass(frozen=True, slots=True)
class Letter:
    """``headers`` are decoded, by lower-case name, the first of each. ``sent_to``: every text that may hold
    the address it came to; ``answers``: the Message-IDs it names, the nearest first. ``written_at`` is aware,
    and whatever its author's clock said; ``came_at`` is what the server said that took it last.
    ``is_from_our_address``: somebody else wrote it through a form of ours, and is its Reply-To.
    """

    sender: Mailbox
    reply_to: Mailbox | None = None
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    subject: str = ""
    text: str = ""
    message_id: str = ""
    answers: tuple[str, ...] = ()
    sent_to: tuple[str, ...] = ()
    written_at: datetime | None = None
    came_at: datetime | None = None
    is_receipt: bool = False
    is_from_our_address: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def author(self) -> Mailbox:
        """Who wrote it: a form on a web page sends in nobody's name, and says whom to answer."""
        if self.reply_to and (self.is_from_our_address or is_no_person(self.sender.address)):
            return self.reply_to
        return self.sender

    def identity(self) -> str:
        """The same for each copy of one letter, however often and by whatever way it was delivered; "" for
        one without a Message-ID, of which nobody can tell.
        """
        if not self.message_id:
            return ""
        said = "\0".join((self.message_id, self.sender.address, self.headers.get("date", ""), self.text))
        return sha256(said.encode("utf-8", "replace")).hexdigest()
