"""Turning a draft into an order to send: checked as far as one can without sending it."""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.channel import Channel
from gateways.ejs import EjsRuntime
from models.campaign import Campaign, CampaignKind
from services.approve_campaign import SendOrder, attachments_of
from services.compose_mail import NO_LINKS, nest
from services.draft_campaign import (
    ContractTypesMissing,
    common_values,
    content_of,
    sample_values,
    text_of,
)
from services.draft_look import look_of
from services.message_content import ContentRenderer, compile_as_written
from services.text_content import TextRenderer


def prepare_order(
    session: Session,
    campaign: Campaign,
    runtime: EjsRuntime,
    *,
    skip_errors: bool,
    approved_by_id: int | None,
    starts_at: datetime | None = None,
) -> SendOrder:
    """Check the draft and make the order.

    Raises ContractTypesMissing, SubjectMissing, BodyMissing, TemplateRefused, TemplateFailed (from a
    trial with a real recipient's values), EmptyVariables and UnsafeVariable.
    """
    if campaign.kind == CampaignKind.INVESTMENT and not campaign.contract_types:
        raise ContractTypesMissing
    look = look_of(session, campaign)  # before the content: one that changes in between is noticed
    texts: TextRenderer | None = None
    if campaign.channel == Channel.SMS:
        text = text_of(session, campaign)
        texts = TextRenderer(text, runtime)
        values, frozen = common_values(session, campaign, text), text.to_json()
        texts.render_many([{**values, **sample_values(session, campaign)}])
    else:
        content = content_of(session, campaign)
        compile_as_written(campaign.body, runtime)
        values, frozen = common_values(session, campaign, content), content.to_json()
        sample = {**values, **sample_values(session, campaign), **dict.fromkeys(NO_LINKS, "https://")}
        ContentRenderer(content, runtime).render(nest(sample))
    return SendOrder(
        content=frozen,
        values=values,
        skip_errors=skip_errors,
        approved_by_id=approved_by_id,
        starts_at=starts_at,
        draft_of=campaign.updated_at,
        attachments=attachments_of(campaign),
        look=look,
        texts=texts,
    )
