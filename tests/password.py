"""The password of every user in a test of the panel."""

from functools import cache

from argon2 import PasswordHasher

PASSWORD = "a sentence nobody guesses"


@cache
def password_hash() -> str:
    """Argon2 is slow on purpose; a hash carries its own parameters, so the tests' is a quick one."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
