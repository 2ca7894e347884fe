"""What ties an e-mail to the one it answers."""

import pytest

from domain.mail_threads import answer_subject, message_ids


@pytest.mark.parametrize(
    ("subject", "answered"),
    [
        ("Naprawa", "Re: Naprawa"),
        ("Re: Naprawa", "Re: Naprawa"),
        ("RE: Odp: Re[2]: Naprawa", "Re: Naprawa"),
        ("ODP:Naprawa", "Re: Naprawa"),
        ("Odpowiedź: Naprawa", "Re: Odpowiedź: Naprawa"),
        ("Fwd: Naprawa", "Re: Fwd: Naprawa"),
        ("Remont: kuchnia", "Re: Remont: kuchnia"),
        ("", "Re:"),
    ],
)
def test_an_answer_has_one_prefix(subject: str, answered: str) -> None:
    assert answer_subject(subject) == answered


def test_only_well_formed_ids_are_found() -> None:
    header = "<a@b.example>\r\n\t<c@d> junk <bez-malpy> <e@f g> <x@y\x00> <>\r\nBcc: <h@i>"
    assert message_ids(header) == ("<a@b.example>", "<c@d>", "<h@i>")
    assert message_ids("<" * 20_000 + "a@b" + "@" * 20_000) == ()
