"""The command line: another entrance, for a person at a terminal and for scripts."""

from flask import Flask


def register(app: Flask) -> None:
    """Add every command to ``flask``."""
