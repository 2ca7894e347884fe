"""What a message says, as it was or will be sent."""

from domain.channel import Channel
from gateways.ejs import EjsRuntime, EjsTemplate, TemplateFailed
from models.campaign import Campaign
from models.message import Message, Origin
from services.compose_mail import NO_LINKS, nest
from services.message_content import ContentRenderer, FrozenContent, Rendered, one_line
from services.text_content import FrozenText, TextRenderer

LONGEST_TITLE = 60


def title_of_text(text: str) -> str:
    """What stands for the title of an SMS, which has none: its beginning, cut between words."""
    line = one_line(text).strip()
    if len(line) <= LONGEST_TITLE:
        return line
    cut = line[:LONGEST_TITLE]
    return f"{cut.rpartition(' ')[0] or cut}…"


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
    """The titles of many messages, each campaign's compiled once."""

    def __init__(self, runtime: EjsRuntime) -> None:
        self._runtime = runtime
        self._subjects: dict[int, EjsTemplate] = {}
        self._texts: dict[int, TextRenderer] = {}

    def subject(self, message: Message) -> str:
        """As the recipient sees it, for an SMS its beginning; a campaign's own words where nothing is kept of
        the message.
        """
        campaign = message.campaign
        if message.subject or campaign is None:
            stored = message.body_text if message.channel == Channel.SMS else ""
            return message.subject or title_of_text(stored or "")
        title = title_of_text(campaign.body) if message.channel == Channel.SMS else campaign.subject
        if campaign.frozen_content is None or message.merge_values is None:
            return title
        values = {**campaign.frozen_values, **message.merge_values}
        try:
            if message.channel == Channel.SMS:
                return title_of_text(self._text_of(campaign).render_many([values])[0])
            subject = self._subject_of(campaign)
            return one_line(subject.render_many([nest({**values, **NO_LINKS})])[0])
        except TemplateFailed:
            return title

    def _text_of(self, campaign: Campaign) -> TextRenderer:
        if campaign.id not in self._texts:
            self._texts[campaign.id] = _renderer_of(campaign, self._runtime)
        return self._texts[campaign.id]

    def _subject_of(self, campaign: Campaign) -> EjsTemplate:
        if campaign.id not in self._subjects:
            source = FrozenContent.from_json(campaign.frozen_content or {}).subject
            self._subjects[campaign.id] = self._runtime.compile(source, escape="none")
        return self._subjects[campaign.id]


def _renderer_of(campaign: Campaign, runtime: EjsRuntime) -> TextRenderer:
    return TextRenderer(FrozenText.from_json(campaign.frozen_content or {}), runtime)


def _rendered(message: Message, runtime: EjsRuntime) -> Rendered | None:
    campaign = message.campaign
    if campaign is None or campaign.frozen_content is None or message.merge_values is None:
        return None
    values = {**campaign.frozen_values, **message.merge_values}
    if message.channel == Channel.SMS:
        renderer = _renderer_of(campaign, runtime)
        return Rendered("", "", renderer.content.finished(renderer.render_many([values])[0]))
    content = FrozenContent.from_json(campaign.frozen_content)
    letter = ContentRenderer(content, runtime)
    return letter.render(nest({**values, **NO_LINKS}))
