"""The command line: another entrance, for a person at a terminal and for scripts."""

from flask import Flask

from commands.campaign import campaign_command
from commands.create_user import create_user_command
from commands.preflight import preflight_command
from commands.seed_demo import seed_demo
from commands.send import send_command
from commands.work import work_command

COMMANDS = (campaign_command, create_user_command, preflight_command, seed_demo, send_command, work_command)


def register(app: Flask) -> None:
    """Add every command to ``flask``."""
    for command in COMMANDS:
        app.cli.add_command(command)
