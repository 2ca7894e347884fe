"""What every campaign page begins with: the campaign, and where it is left for."""

import json

from flask import abort, request, url_for
from werkzeug.exceptions import BadRequest

from admin_views.filters import LONGEST_TEXT
from domain.delivery import CampaignStatus
from models import db
from models.campaign import Campaign
from services.approve_campaign import AlreadyApproved


def campaign_or_404(campaign_id: int) -> Campaign:
    """The campaign as the database has it now."""
    campaign = db.session.get(Campaign, campaign_id, populate_existing=True)
    return campaign if campaign is not None else abort(404)


def draft_or_refusal(campaign_id: int) -> Campaign:
    """The campaign while it is a draft. Raises AlreadyApproved afterwards."""
    campaign = campaign_or_404(campaign_id)
    if campaign.status != CampaignStatus.DRAFT:
        raise AlreadyApproved
    return campaign


def page_of(campaign: Campaign) -> str:
    """The address of the campaign's page: the composer while it is a draft."""
    if campaign.status == CampaignStatus.DRAFT:
        return url_for("campaign.compose", campaign_id=campaign.id)
    return url_for("campaign.details_view", id=campaign.id)


def left_for(campaign: Campaign) -> str:
    """Where a person came from and returns to: the investment, or the list of clients."""
    if campaign.investment_id is not None:
        return url_for("investment.details_view", id=campaign.investment_id)
    return url_for("client.index_view")


def words(name: str = "search") -> str:
    """What somebody searches for, at a reasonable length."""
    return request.args.get(name, "").strip()[:LONGEST_TEXT]


def json_body() -> dict[str, object]:
    """The request's JSON object; 400 for anything else."""
    try:
        given = request.get_json(silent=True)
        # Half a character has no UTF-8 form: neither the database nor an answer could hold it.
        json.dumps(given, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise BadRequest from error
    if not isinstance(given, dict):
        raise BadRequest
    return given
