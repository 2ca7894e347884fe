"""What ties an e-mail to the one it answers: Message-IDs and subjects (RFC 5322 3.6.4 and 3.6.5)."""

import re

# Nothing else may be put into a header of ours: this comes from whoever wrote.
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,190}@[!-;=?A-~]{1,190}>")
_ANSWERED = re.compile(r"(?:(?:re|odp|aw|sv)\s?(?:\[\d{1,3}\])?\s?:\s*)+", re.IGNORECASE)
_LONGEST_HEADER = 20_000


def message_ids(header: str) -> tuple[str, ...]:
    """The well-formed Message-IDs of a Message-ID, In-Reply-To or References field, in order."""
    return tuple(_MESSAGE_ID.findall(header[:_LONGEST_HEADER]))


def is_answer(subject: str) -> bool:
    """Whether the subject says so, as Polish, English, German or Scandinavian programs write it."""
    return bool(_ANSWERED.match(subject.strip()))


def answer_subject(subject: str) -> str:
    """``Odp: Re: Naprawa`` becomes ``Re: Naprawa``: one prefix, the one every program knows."""
    bare = subject.strip()
    found = _ANSWERED.match(bare)
    return f"Re: {bare[found.end() :] if found else bare}".strip()
