"""What a message says, as it was or will be sent."""

from gateways.ejs import EjsRuntime, EjsTemplate, TemplateFailed
from models.message import Message, Origin
from services.compose_mail import nest
from services.message_content import ContentRenderer, FrozenContent, Rendered, one_line
from services.preview_message import NO_LINK


def read_message(message: Message, runtime: EjsRuntime) -> Rendered | None:
    """A campaign's message rendered from what was frozen with it, any other message as it is stored.

    The unsubscribe link leads nowhere: whoever reads a message in the panel must not withdraw the
    recipient's consent. None when nothing is kept of the message. Raises TemplateFailed.
    """
    if message.origin == Origin.CAMPAIGN:
        return _rendered(message, runtime)
    if message.body_html is None and message.body_text is None:
        return None
    return Rendered(message.subject or "", message.body_html or "", message.body_text or "")


class SubjectReader:
    """The subjects of many messages, each campaign's compiled once."""

    def __init__(self, runtime: EjsRuntime) -> None:
        self._runtime = runtime
        self._compiled: dict[int, EjsTemplate] = {}

    def subject(self, message: Message) -> str:
        """As the recipient sees it; a campaign's own words where nothing is kept of the message."""
        campaign = message.campaign
        if message.subject or campaign is None:
            return message.subject or ""
        if campaign.frozen_content is None or message.merge_values is None:
            return campaign.subject
        if campaign.id not in self._compiled:
            source = FrozenContent.from_json(campaign.frozen_content).subject
            self._compiled[campaign.id] = self._runtime.compile(source, escape="none")
        values = {**campaign.frozen_values, **message.merge_values, "links.unsubscribe": NO_LINK}
        try:
            return one_line(self._compiled[campaign.id].render_many([nest(values)])[0])
        except TemplateFailed:
            return campaign.subject


def _rendered(message: Message, runtime: EjsRuntime) -> Rendered | None:
    campaign = message.campaign
    if campaign is None or campaign.frozen_content is None or message.merge_values is None:
        return None
    values = {**campaign.frozen_values, **message.merge_values, "links.unsubscribe": NO_LINK}
    content = FrozenContent.from_json(campaign.frozen_content)
    return ContentRenderer(content, runtime).render(nest(values))
