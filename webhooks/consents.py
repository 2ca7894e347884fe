"""`/c/<token>`: a client's own consents and preferences; `/confirm/<token>`: a consent confirmed from a
message.

Nobody logs in and no cookie is read: the link is signed. GET only shows, because scanners follow links.
"""

from flask import Response, request
from flask_babel import gettext

from domain.channel import Channel
from domain.errors import DomainError
from domain.links import LinkExpired
from domain.local_time import WARSAW
from extensions.babel import translate
from extensions.wiring import wiring
from models import db
from models.client import Client
from models.consent import ConsentAction
from models.message import Message
from models.setting import LINK_KEY, secret_of
from services.ask_for_consent import Asking
from services.company_name import company_name
from services.compose_mail import consents_url
from services.confirm_consent import Standing, confirm_consent, request_of_link, standing_of
from services.consent_page import (
    PREFERENCES,
    Done,
    Visitor,
    answer_consent,
    client_of_link,
    lines_of_page,
    prefer_channel,
    waiting_requests,
)
from webhooks.pages import GONE, NOT_FOUND, link_page, masked, masked_number

BAD_REQUEST, REFUSED = 400, 409
MOST_DIGITS = 18


def consents(token: str) -> Response:
    """Show what the client agreed to, or take one answer."""
    session, now = db.session(), wiring().clock()
    try:
        client = client_of_link(session, token, now.astimezone(WARSAW).date())
    except LinkExpired as expired:
        return link_page("webhooks/link_expired.html", status=GONE, sentence=translate(expired))
    if client is None:
        return link_page("webhooks/link_unknown.html", status=NOT_FOUND)
    if request.method != "POST":
        return _consents(client)
    client_id = client.id
    try:
        done = _answered(client_id)
    except DomainError as refusal:
        session.rollback()
        return _consents(session.get_one(Client, client_id), problem=translate(refusal), status=REFUSED)
    client = session.get_one(Client, client_id)
    if done is None:
        return _consents(client, problem=gettext("Nothing was changed."), status=BAD_REQUEST)
    return _consents(client, notice=_said(done, client))


def confirm(token: str) -> Response:
    """Show what is to be confirmed, or grant it."""
    session, now = db.session(), wiring().clock()
    asked = request_of_link(session, token)
    if asked is None:
        return link_page("webhooks/link_unknown.html", status=NOT_FOUND)
    granted = False
    if request.method == "POST":
        visitor = _visitor()
        standing = confirm_consent(session, asked, now=now, ip=visitor.ip, user_agent=visitor.user_agent)
        granted = standing is Standing.OPEN
    else:
        standing = standing_of(session, asked, now)
    message = session.get(Message, asked.message_id) if asked.message_id else None
    return link_page(
        "webhooks/confirm.html",
        status=GONE if standing in (Standing.EXPIRED, Standing.VOID) else 200,
        asked=asked,
        standing=standing.value,
        granted=granted,
        own_page=_own_page(asked.client_id) if granted else "",
        address=masked(message.address) if message else "",
    )


def _own_page(client_id: int) -> str:
    key = secret_of(db.session.connection(), LINK_KEY)
    return consents_url(wiring().base_url, client_id, wiring().clock(), key)


def _answered(client_id: int) -> Done | None:
    """What the form asked for; None for a form that no page of ours makes."""
    hands, form = wiring(), request.form
    now, said = hands.clock(), form.get("said", "")
    if form.get("channel") in PREFERENCES and said in ("on", "off"):
        return prefer_channel(db.session(), client_id, Channel(form["channel"]), wanted=said == "on", now=now)
    number = _number("definition")
    if said not in set(ConsentAction) or number is None:
        return None
    return answer_consent(
        db.session(),
        Asking(client_id, number, wording_id=_number("wording")),
        ConsentAction(said),
        _visitor(),
        base_url=hands.base_url,
        now=now,
        enqueue=hands.doorbell.ring,
    )


def _number(name: str) -> int | None:
    typed = request.form.get(name, "")
    is_number = typed.isascii() and typed.isdecimal() and len(typed) <= MOST_DIGITS
    return int(typed) if is_number else None


def _visitor() -> Visitor:
    return Visitor(request.remote_addr or "", request.user_agent.string)


def _consents(client: Client, *, notice: str = "", problem: str = "", status: int = 200) -> Response:
    session = db.session()
    return link_page(
        "webhooks/consents.html",
        status=status,
        notice=notice,
        problem=problem,
        lines=lines_of_page(session, client.id),
        waiting=waiting_requests(session, client.id, wiring().clock()),
        company=company_name(session),
        address=_address(client),
        channels=_channels(client),
    )


def _address(client: Client) -> str:
    return masked(client.primary_email.address) if client.primary_email else ""


def _channels(client: Client) -> list[tuple[Channel, str, bool]]:
    """Each channel with its masked address, and whether the client accepts messages by it."""
    number = client.primary_phone
    return [
        (Channel.EMAIL, _address(client), client.allow_email),
        (Channel.SMS, masked_number(number.number) if number else "", client.allow_sms),
    ]


def _said(done: Done, client: Client) -> str:
    return {
        Done.GRANTED: gettext("Thank you. The consent was recorded."),
        Done.ASKED: gettext(
            "We have sent a message to %(address)s. Confirm the consent there within 7 days: then it counts.",
            address=_address(client),
        ),
        Done.WITHDRAWN: gettext("The consent was withdrawn. It counts from now on."),
        Done.UNCHANGED: gettext("It was so already: nothing had to be changed."),
        Done.PREFERRED: gettext("The change was saved. It counts from now on."),
    }[done]
