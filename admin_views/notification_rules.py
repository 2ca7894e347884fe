"""The rules of notifications: of which event clients are told by which channel, and in which words."""

from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from admin_views.access import WRITE, needs
from admin_views.base import PanelView
from admin_views.campaign_records import json_body
from admin_views.fields import EnumField, StateField
from admin_views.given_draft import given_text
from admin_views.notification_fields import fields_of
from admin_views.numbers import whole_number
from admin_views.rule_warnings import rule_warning
from admin_views.sections import SENDING
from admin_views.sms_count import shown
from domain.channel import Channel
from domain.events import PAIRS, RECORD_OF, EventKind
from domain.local_time import WARSAW
from domain.notification_rules import RuleMode
from domain.notification_texts import NotificationText, default_text
from extensions.babel import current_language, translate
from extensions.csp import relax
from extensions.login import current_user_id
from extensions.wiring import wiring
from models import db
from models.consent import ConsentDefinition
from models.user import User
from queries.choices import consent_choices
from queries.find_desk_records import find_desk_records
from services.notification_content import render_notification
from services.notification_rules import Rule, rule_in_force, rules_in_force
from services.preview_notification import reader_of_record
from services.preview_text import count_typed
from services.price_list import tariff_on
from services.save_notification_rule import (
    RuleChange,
    RuleChanged,
    restore_text,
    rule_problem,
    save_rule,
)
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
    seen = HiddenField()


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
        warning = rule_warning(rule.channel, rule.mode, rule.consent_definition_id, rule.text)
        return {"rule": rule, "consent": consent, "warning": warning}

    @expose(f"/{_PAIR}", methods=("GET", "POST"))
    @needs(WRITE)
    def edit(self, event: str, channel: str) -> ResponseReturnValue:
        rule = _rule(event, channel)
        form = _form(rule)
        try:
            if request.method == "POST" and form.validate() and self._save(rule, form):
                flash(gettext("The rule has been saved."), "success")
                return redirect(self.get_url(".index"))
        except RuleChanged:
            return self._page_beside(_rule(event, channel), form), REFUSED
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
        stamp: dict[str, Any] = {"actor_id": current_user_id(), "now": hands.clock()}
        save_rule(session, rule.event, rule.channel, change, seen=_version(form.seen.data), **stamp)
        return True

    def _page(self, rule: Rule, form: RuleForm, **told: Any) -> str:
        # The frame of the preview and the editor inherit this page's policy.
        relax(inline_styles=True, remote_images=True)
        typed = NotificationText(form.subject.data or "", form.body.data or "")
        page = self.render(
            "notification_rule/edit.html",
            rule=rule,
            form=form,
            editor={"language": current_language(), "tags": fields_of(rule.event)},
            sms=sms_settings(db.session()),
            warning=rule_warning(rule.channel, form.mode.data, whole_number(form.consent.data), typed),
            version=_seen(rule),
            **told,
        )
        return str(page)

    def _page_beside(self, rule: Rule, form: RuleForm) -> str:
        """What the person typed, beside what somebody else has saved; sent again, it replaces that."""
        form.seen.data = _seen(rule)
        saved_by = db.session.get(User, rule.saved_by_id) if rule.saved_by_id else None
        return self._page(rule, form, theirs=rule, saved_by=saved_by)

    @expose(f"/{_PAIR}/default", methods=("POST",))
    @needs(WRITE)
    def restore(self, event: str, channel: str) -> ResponseReturnValue:
        """Bring the default text back."""
        rule, seen = _rule(event, channel), _version(request.form.get("seen"))
        stamp: dict[str, Any] = {"actor_id": current_user_id(), "now": wiring().clock()}
        restore_text(db.session(), rule.event, rule.channel, seen=seen, **stamp)
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
        warning = _warning_of(rule, given, text)
        if rule.channel is Channel.SMS:
            tariff = tariff_on(session, hands.clock().astimezone(WARSAW).date())
            return jsonify({**shown(count_typed(session, typed, reader, hands.ejs(), tariff)), **warning})
        tried = Rule(rule.event, rule.channel, rule.mode, text)
        rendered = render_notification(session, tried, reader.values, hands.ejs())
        return jsonify(subject=rendered.subject, html=rendered.html, text=rendered.text, **warning)


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
            "seen": _seen(rule),
        }
    )
    form.consent.choices = [("", "—"), *_consents(rule)]
    return form


def _consents(rule: Rule) -> list[tuple[str, str]]:
    """Those in use, and the one that the rule names."""
    choices, named = consent_choices(), rule.consent_definition_id
    if named is None or str(named) in dict(choices):
        return choices
    return [*choices, (str(named), db.session.get_one(ConsentDefinition, named).name)]


def _seen(rule: Rule) -> str:
    return rule.version.isoformat() if rule.version else ""


def _version(text: str | None) -> datetime | None:
    """The version that a form was filled in on. Raises RuleChanged for a text that is none."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError) as error:
        raise RuleChanged from error


def _change(rule: Rule, form: RuleForm) -> RuleChange:
    subject = (form.subject.data or "").strip() if rule.channel is Channel.EMAIL else ""
    return RuleChange(
        mode=form.mode.data,
        text=NotificationText(subject, form.body.data or ""),
        consent_definition_id=whole_number(form.consent.data),
        strip_letters=form.strip_letters.data,
    )


def _warning_of(rule: Rule, given: dict[str, object], text: NotificationText) -> dict[str, str]:
    """What the page shows of `rule_warning` while one types."""
    chosen, consent = given.get("mode"), given.get("consent")
    mode = RuleMode(chosen) if isinstance(chosen, str) and chosen in set(RuleMode) else None
    consent_id = whole_number(consent) if isinstance(consent, str | int) else None
    warning = rule_warning(rule.channel, mode, consent_id, text)
    return {"warning": warning.text if warning else "", "warningTitle": warning.title if warning else ""}
