"""``flask campaign``: how a campaign stands."""

import click

from commands.output import OneLineCommand, bad_input, command_line, emit, json_option
from models import db
from models.campaign import Campaign
from queries.campaign_progress import campaign_progress


@click.command("campaign", cls=OneLineCommand)
@click.argument("campaign_id", type=int)
@json_option
@command_line
def campaign_command(campaign_id: int, as_json: bool) -> None:
    """Print a campaign's status and its messages by status."""
    campaign = db.session.get(Campaign, campaign_id)
    if campaign is None:
        bad_input(f"There is no campaign number {campaign_id}.")
    progress = campaign_progress(db.session(), campaign_id)
    data = {
        "campaign": campaign.id,
        "status": campaign.status.value,
        "messages": {status.value: count for status, count in progress.messages.items()},
        "skipped_clients": progress.skipped_clients,
    }
    lines = [f"campaign {campaign.id}: {campaign.status.value}"]
    lines += [f"{status.value}: {count}" for status, count in progress.messages.items() if count]
    emit(as_json, data, [*lines, f"skipped clients: {progress.skipped_clients}"])
