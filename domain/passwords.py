"""What a password has to be: long, and not the person's own address (NIST SP 800-63B, 5.1.1.2)."""

from domain.errors import DomainError

SHORTEST = 12
LONGEST = 200


class PasswordTooWeak(DomainError):
    """Parameter: ``shortest``."""

    message = "The password must have at least %(shortest)s characters and must not be the e-mail address."


def check_password(password: str, email: str) -> None:
    """Raise PasswordTooWeak unless the password is long enough and not the address."""
    local = email.partition("@")[0].casefold()
    if not SHORTEST <= len(password) <= LONGEST or password.casefold() in {email.casefold(), local}:
        raise PasswordTooWeak(shortest=SHORTEST)
