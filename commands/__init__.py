"""The command line: another entrance, for a person at a terminal and for scripts."""

from flask import Flask

from commands.api_token import api_token_command
from commands.bounce_classify import bounce_classify_command
from commands.campaign import campaign_command
from commands.check_mail import check_mail_command
from commands.consents import consents_command
from commands.create_user import create_user_command
from commands.fire_event import fire_event_command
from commands.invoice import invoice_command
from commands.ledger import ledger_group
from commands.preflight import preflight_command
from commands.reports import reports_group
from commands.seed_demo import seed_demo
from commands.send import send_command
from commands.sms_inbound import sms_inbound_command
from commands.sms_report import sms_report_command
from commands.sms_segments import sms_segments_command
from commands.top_up import top_up_command
from commands.work import work_command

COMMANDS = (
    api_token_command, bounce_classify_command, campaign_command, check_mail_command, consents_command,
    create_user_command, fire_event_command, invoice_command, ledger_group, preflight_command, reports_group,
    seed_demo, send_command, sms_inbound_command, sms_report_command, sms_segments_command, top_up_command,
    work_command,
)  # fmt: skip


def register(app: Flask) -> None:
    """Add every command to ``flask``."""
    for command in COMMANDS:
        app.cli.add_command(command)
