"""A notification's text, rendered for one client and one record."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from domain.channel import Channel
from domain.merge_tags import field_name
from gateways.ejs import EjsRuntime
from services.branding import branding_in_force
from services.compose_mail import nest
from services.message_content import ContentRenderer, EmptyVariables, Rendered, prepare_content
from services.notification_rules import Rule
from services.sms_settings import sms_settings
from services.text_content import TextRenderer, prepare_text


def render_notification(
    session: Session, rule: Rule, values: Mapping[str, str], runtime: EjsRuntime
) -> Rendered:
    """What the client would get; an SMS, with its footer, in ``text`` alone.

    ``values``: dotted path to text. Raises TemplateRefused, TemplateFailed, and EmptyVariables for a field
    that no record of this event fills.
    """
    if rule.text is None:
        raise ValueError("a pair that is not offered has no text")
    if rule.channel is Channel.SMS:
        content = prepare_text(rule.text.body, sms_settings(session), strip_letters=rule.strip_letters)
        _check_known(content.variables)
        (text,) = TextRenderer(content, runtime).render_many([values])
        return Rendered("", "", content.finished(text))
    letter = prepare_content(rule.text.subject, rule.text.body, branding=branding_in_force(session))
    _check_known(letter.variables)
    return ContentRenderer(letter, runtime).render(nest(values))


def _check_known(variables: tuple[str, ...]) -> None:
    if variables:
        raise EmptyVariables([field_name(f"variables.{name}") for name in variables])
