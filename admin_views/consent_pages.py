"""From the client's card: what was said about a consent, the link to the client's own page, and the proof."""

from flask import Response, flash, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import expose
from flask_babel import gettext

from admin_views.access import SEND, WRITE, asks_as_script, needs
from admin_views.base import RecordView
from admin_views.client_consents import VALID_ALREADY, record_answer
from admin_views.numbers import whole_number
from domain.errors import DomainError
from extensions.login import current_user_id
from extensions.wiring import wiring
from gateways.consent_proof_pdf import render_proof
from models import db
from models.client import Client
from models.consent import ConsentDefinition
from models.setting import LINK_KEY, secret_of
from services.compose_mail import consents_url
from services.consent_proof import messages_under, proof_of
from services.record_audit import append_audit

MOST_MESSAGES = 3000
"""Some ten seconds of work; whoever waits longer for a page gives up, so more is made on the command line."""


class ProofIsLong(DomainError):
    message = (
        "%(count)s messages were sent under these consents: too many for a page. "
        "Run: flask --app app consents %(client)s --proof -o FILE"
    )


class ConsentPages(RecordView):
    @expose("/consent/", methods=("POST",))
    @needs(WRITE)
    def record_consent(self) -> ResponseReturnValue:
        """Write down what a client said about one consent, from the client's card."""
        client = self.asked_for()
        definition = db.get_or_404(ConsentDefinition, whole_number(request.form.get("definition")) or 0)
        recorded = record_answer(db.session, client.id, definition, request.form)
        db.session.commit()
        flash(gettext("The consent was recorded.") if recorded else str(VALID_ALREADY), "success")
        return redirect(self.get_url(".details_view", id=client.id))

    @expose("/consent-link/", methods=("POST",))
    @needs(SEND)
    def consent_link(self) -> ResponseReturnValue:
        """The link to the client's own page, for whoever sends it by hand; whoever takes it could use it."""
        client, hands = self.asked_for(), wiring()
        key = secret_of(db.session.connection(), LINK_KEY)
        url = consents_url(hands.base_url, client.id, hands.clock(), key)
        _audit(client, "consent_link", {})
        if asks_as_script():
            return jsonify(url=url)
        flash(gettext("The link to the client's page of consents: %(url)s", url=url), "info")
        return redirect(self.get_url(".details_view", id=client.id))

    @expose("/consent-proof/", methods=("POST",))
    @needs(WRITE)
    def consent_proof(self) -> ResponseReturnValue:
        """What proves the client's consents, as a PDF."""
        client = self.asked_for()
        sheet = proof_of(db.session(), client, wiring().clock())
        if sheet.messages > MOST_MESSAGES:
            raise ProofIsLong(count=sheet.messages, client=client.id)
        content = render_proof(sheet, messages_under(db.session(), client, wiring().ejs()))
        _audit(client, "consent_proof", {"messages": sheet.messages})
        answer = Response(content, mimetype="application/pdf")
        answer.headers.set("Content-Disposition", "attachment", filename=f"zgody-klienta-{client.id}.pdf")
        return answer


def _audit(client: Client, action: str, values: dict[str, object]) -> None:
    append_audit(
        db.session,
        actor_id=current_user_id(),
        action=action,
        entity="client",
        entity_id=client.id,
        values=values,
        now=wiring().clock(),
    )
    db.session.commit()
