"""The rules of notifications: of which event clients are told by which channel, and in which words."""

from typing import Any

from flask import abort, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import Length

from admin_views.access import WRITE, needs
from admin_views.base import PanelView
from admin_views.campaign_records import json_body
from admin_views.fields import EnumField, StateField
from admin_views.given_draft import given_text
from admin_views.notification_fields import fields_of
from admin_views.numbers import whole_number
from admin_views.sections import SENDING
from admin_views.sms_count import shown
from domain.channel import Channel
from domain.events import PAIRS, RECORD_OF, EventKind
from domain.local_time import WARSAW
from domain.marketing_words import marketing_words
from domain.notification_rules import RuleMode
from domain.notification_texts import NotificationText, default_text
from extensions.babel import current_language, translate
from extensions.csp import relax
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from queries.choices import consent_choices
from queries.find_desk_records import find_desk_records
from services.notification_content import render_notification
from services.notification_rules import Rule, rule_in_force, rules_in_force
from services.preview_notification import reader_of_record
from services.preview_text import count_typed
from services.price_list import tariff_on
from services.save_notification_rule import RuleChange, restore_text, rule_problem, save_rule
from services.sms_settings import sms_settings

REFUSED = 409
FOUND_AT_ONCE = 12
LONGEST_BODY = 200_000
_PAIR = f"<any({', '.join(EventKind)}):event>/<any(email, sms):channel>"


def _own_line_ends(typed: str | None) -> str:
    """A browser sends CR LF (HTML, form submission); in a text message each would be charged as two."""
    return (typed or "").replace("\r\n", "\n")


class RuleForm(FlaskForm):
    class Meta:
        csrf = False  # the panel checks every request (extensions.csrf)

    mode = EnumField(_("When it is sent"), enum=RuleMode)
    consent = SelectField(
        _("Consent"), description=_("The client has to have given this consent, and not withdrawn it.")
    )
    subject = StringField(_("Subject"), [Length(max=400)])
    body = TextAreaField(_("Text"), [Length(max=LONGEST_BODY)], filters=[_own_line_ends])
    strip_letters = StateField(_("Without Polish letters"))


class NotificationRuleView(PanelView):
    title = _("Notifications")
    menu_section = SENDING
    icon = "bi-bell-fill"

    @classmethod
    def panel_endpoint(cls) -> str:
        return "notification_rule"

    @expose("/")
    def index(self) -> ResponseReturnValue:
        """All 19 pairs, an event a row."""
        rules = {(rule.event, rule.channel): rule for rule in rules_in_force(db.session())}
        names = dict(consent_choices())
        rows = [
            (
                event,
                [self._cell(rules.get((event, channel)), names) for channel in (Channel.EMAIL, Channel.SMS)],
            )
            for event in EventKind
        ]
        return str(self.render("notification_rule/index.html", rows=rows))

    def _cell(self, rule: Rule | None, names: dict[str, str]) -> dict[str, Any] | None:
        if rule is None:
            return None
        consent = names.get(str(rule.consent_definition_id), "") if rule.consent_definition_id else ""
        return {"rule": rule, "consent": consent, "marketing": _marketing(rule.mode, rule.text)}

    @expose(f"/{_PAIR}", methods=("GET", "POST"))
    @needs(WRITE)
    def edit(self, event: str, channel: str) -> ResponseReturnValue:
        rule = _rule(event, channel)
        form = _form(rule)
        if request.method == "POST" and form.validate() and self._save(rule, form):
            flash(gettext("The rule has been saved."), "success")
            return redirect(self.get_url(".index"))
        page = self._page(rule, form)
        return (page, REFUSED) if form.errors else page

    def _save(self, rule: Rule, form: RuleForm) -> bool:
        session, hands, change = db.session(), wiring(), _change(rule, form)
        problem = rule_problem(session, rule.event, rule.channel, change.text, hands.ejs())
        if problem is not None:
            field = form[problem.field]
            field.errors = [*field.errors, translate(problem.error)]
            return False
        if change.mode is RuleMode.CONSENT and change.consent_definition_id is None:
            form.consent.errors = [gettext("Name the consent that the rule depends on.")]
            return False
        save_rule(session, rule.event, rule.channel, change, actor_id=current_user_id(), now=hands.clock())
        return True

    def _page(self, rule: Rule, form: RuleForm) -> str:
        # The frame of the preview and the editor inherit this page's policy.
        relax(inline_styles=True, remote_images=True)
        typed = NotificationText(form.subject.data or "", form.body.data or "")
        page = self.render(
            "notification_rule/edit.html",
            rule=rule,
            form=form,
            editor={"language": current_language(), "tags": fields_of(rule.event)},
            sms=sms_settings(db.session()),
            marketing=_marketing(form.mode.data, typed),
        )
        return str(page)

    @expose(f"/{_PAIR}/default", methods=("POST",))
    @needs(WRITE)
    def restore(self, event: str, channel: str) -> ResponseReturnValue:
        """Bring the default text back."""
        rule = _rule(event, channel)
        restore_text(db.session(), rule.event, rule.channel, actor_id=current_user_id(), now=wiring().clock())
        flash(gettext("The default text is back."), "success")
        return redirect(self.get_url(".edit", event=event, channel=channel))

    @expose(f"/{_PAIR}/records")
    @needs(WRITE)
    def records(self, event: str, channel: str) -> ResponseReturnValue:
        """Real records to preview the text on, as the chooser of a form asks for them."""
        words = request.args.get("query", "")[:100]
        kind = RECORD_OF[_rule(event, channel).event]
        return jsonify(find_desk_records(db.session, kind, words, limit=FOUND_AT_ONCE))

    @expose(f"/{_PAIR}/preview", methods=("POST",))
    @needs(WRITE)
    def preview(self, event: str, channel: str) -> ResponseReturnValue:
        """What is typed, as the client of the record ``client`` names would get it; nothing is kept."""
        rule, given, hands = _rule(event, channel), json_body(), wiring()
        session, typed = db.session(), given_text(given)
        chosen = given.get("record")
        record_id = whole_number(chosen) if isinstance(chosen, str | int) else None
        reader = reader_of_record(session, rule.event, rule.channel, record_id)
        subject = given.get("subject")
        text = NotificationText(subject if isinstance(subject, str) else "", typed.body)
        warning = _warning(marketing_words(text.subject, text.body))
        if rule.channel is Channel.SMS:
            tariff = tariff_on(session, hands.clock().astimezone(WARSAW).date())
            return jsonify(
                {**shown(count_typed(session, typed, reader, hands.ejs(), tariff)), "warning": warning}
            )
        tried = Rule(rule.event, rule.channel, rule.mode, text)
        rendered = render_notification(session, tried, reader.values, hands.ejs())
        return jsonify(subject=rendered.subject, html=rendered.html, text=rendered.text, warning=warning)


def _rule(event: str, channel: str) -> Rule:
    pair = (EventKind(event), Channel(channel))
    if pair not in PAIRS:
        abort(404)
    return rule_in_force(db.session(), *pair)


def _form(rule: Rule) -> RuleForm:
    text = rule.text or default_text(rule.event, rule.channel)
    form = RuleForm(
        data={
            "mode": rule.mode,
            "consent": str(rule.consent_definition_id or ""),
            "subject": text.subject,
            "body": text.body,
            "strip_letters": rule.strip_letters,
        }
    )
    form.consent.choices = [("", "—"), *consent_choices()]
    return form


def _change(rule: Rule, form: RuleForm) -> RuleChange:
    subject = (form.subject.data or "").strip() if rule.channel is Channel.EMAIL else ""
    return RuleChange(
        mode=form.mode.data,
        text=NotificationText(subject, form.body.data or ""),
        consent_definition_id=whole_number(form.consent.data),
        strip_letters=form.strip_letters.data,
    )


def _marketing(mode: RuleMode | None, text: NotificationText | None) -> str:
    """Why a text must not go out without a consent, empty where it may."""
    if mode is RuleMode.CONSENT or text is None:
        return ""
    return _warning(marketing_words(text.subject, text.body))


def _warning(words: tuple[str, ...]) -> str:
    return str(MARKETING_WARNING) % {"words": ", ".join(words)} if words else ""


MARKETING_WARNING = lazy_gettext(
    "The text reads like marketing (%(words)s). Marketing by e-mail or SMS needs a consent given beforehand "
    "(PKE, art. 398): let the rule depend on a marketing consent, or leave these words out."
)
