"""The password of every user in a test of the panel."""

from functools import cache

from argon2 import PasswordHasher
from flask import Flask

PASSWORD = "a sentence nobody guesses"


@cache
def password_hash() -> str:
    """Argon2 is slow on purpose; a hash carries its own parameters, so the tests' is a quick one."""
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)


def check_quickly(app: Flask) -> None:
    """A log-in would hash the quick one anew, slowly, and every later log-in would be slow."""
    app.extensions["security"].pwd_context.update(
        argon2__time_cost=1, argon2__memory_cost=64, argon2__parallelism=1
    )
