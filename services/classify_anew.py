"""What came back, judged once more by today's classifier."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from domain.addresses import address_digest, normalise_email
from domain.bounce_codes import verdict_of_reply
from domain.bounces import BounceKind, Classified, Finding, classify, classify_typed
from domain.errors import DomainError
from domain.smtp_replies import BounceVerdict, Stage, enhanced_code
from domain.stored_mail import kept_bytes
from gateways.bounce_mail import read_message
from models.bounce import Bounce
from models.setting import SUPPRESSION_KEY, secret_of
from services.bounce_effect import block_if_due, release
from services.decide_bounce import locked_bounce
from services.record_audit import append_audit
from services.take_bounce import client_of_address

_PERMANENT, _TRANSIENT = 550, 450
_NOTE = "classified anew"


class NothingToClassify(DomainError):
    message = "What came back was not kept, so it cannot be classified anew."


class AboutSomebodyElse(DomainError):
    """Parameter: ``addresses``."""

    message = "What came back speaks of %(addresses)s and not of this address."


def classify_anew(
    session: Session, bounce_id: int, *, actor_id: int | None, may_lift: bool, now: datetime
) -> bool:
    """Judge the kept message again; whether the answer is another one. Audits, commits.

    What a person had decided gives way, and the address is blocked or unblocked where the verdict is another
    one: a block that was lifted meanwhile stays lifted. Raises NoSuchBounce, NothingToClassify,
    AboutSomebodyElse and what `release` raises.
    """
    bounce = locked_bounce(session, bounce_id)
    kind, finding = _found(bounce)
    before = (bounce.kind, bounce.verdict, bounce.address, bounce.status_code, bounce.diagnostic)
    was = bounce.verdict
    bounce.kind, bounce.verdict, bounce.handled_at = kind, finding.verdict, None
    if finding.address:
        bounce.status_code, bounce.diagnostic = finding.status[:20], finding.diagnostic[:600]
        if not bounce.address:
            _name(session, bounce, finding.address)
    session.flush()
    changed = before != (bounce.kind, bounce.verdict, bounce.address, bounce.status_code, bounce.diagnostic)
    lifted = False
    if was is not bounce.verdict:
        blocked = _is_proven(bounce) and block_if_due(session, bounce, actor_id=actor_id, now=now)
        lifted = not blocked and release(
            session, bounce, note=_NOTE, actor_id=actor_id, may_lift=may_lift, now=now
        )
    values = {
        "changes": {"verdict": [was.value, finding.verdict.value]},
        "note": _NOTE,
        "suppression": bounce.suppression_id,
        "lifted": lifted,
    }
    append_audit(
        session,
        actor_id=actor_id,
        action="classify_bounce",
        entity="bounce",
        entity_id=bounce_id,
        values=values,
        now=now,
    )
    session.commit()
    return changed


def _found(bounce: Bounce) -> tuple[BounceKind, Finding]:
    """What today's rules say of the bounce's address; an empty address where they name none."""
    if bounce.kind is BounceKind.SMTP:
        return bounce.kind, _of_reply(bounce)
    if not bounce.raw:
        raise NothingToClassify
    if bounce.kind is BounceKind.MANUAL:
        typed = typed_finding(bounce.address, bounce.status_code, bounce.raw)
        return bounce.kind, replace(typed, status=typed.status or bounce.status_code)
    classified = classify(read_message(kept_bytes(bounce.raw)))
    about = _finding_about(classified, bounce.address)
    return classified.kind, about or Finding("", "", BounceVerdict.NONE)


def typed_finding(address: str, code: str, said: str) -> Finding:
    """What a person pasted says of the address: a whole message as if it had come, anything else as words.

    Raises AboutSomebodyElse.
    """
    classified = classify(read_message(kept_bytes(said)))
    if about := _finding_about(classified, address):
        return about
    if classified.recipients:
        raise AboutSomebodyElse(addresses=", ".join(each.address for each in classified.recipients[:3]))
    if classified.kind is BounceKind.AUTO_REPLY and not code:
        return Finding(address, "", BounceVerdict.NONE)
    return classify_typed(address, code, said)


def _finding_about(classified: Classified, address: str) -> Finding | None:
    """The finding about that address; the first one where there is no address yet."""
    if not address:
        return next(iter(classified.recipients), None)
    wanted = normalise_email(address)
    return next((each for each in classified.recipients if normalise_email(each.address) == wanted), None)


def _of_reply(bounce: Bounce) -> Finding:
    """Of a reply only those that blame the address were kept: without an enhanced code, those to RCPT."""
    enhanced = enhanced_code(bounce.status_code) or enhanced_code(bounce.diagnostic)
    code = int(bounce.status_code) if bounce.status_code.isdecimal() else _PERMANENT
    if enhanced:
        code = _PERMANENT if enhanced.startswith("5") else _TRANSIENT
    words = bounce.diagnostic.removeprefix(enhanced or "")
    verdict = verdict_of_reply(Stage.RCPT_TO, code, f"{enhanced or ''} {words}")
    return Finding(bounce.address, bounce.status_code, verdict, bounce.diagnostic)


def _name(session: Session, bounce: Bounce, address: str) -> None:
    """An address that nobody had found in the message before; it is ours if we wrote to it."""
    digest = address_digest(normalise_email(address), secret_of(session.connection(), SUPPRESSION_KEY))
    bounce.address, bounce.address_digest = address[:400], digest
    if bounce.message is not None and bounce.message.address_digest != digest:
        bounce.message = None
    bounce.client_id = bounce.message.client_id if bounce.message else client_of_address(session, digest)


def _is_proven(bounce: Bounce) -> bool:
    """Whether it is about a message of ours, or a person wrote it down."""
    return bounce.message_id is not None or bounce.kind is BounceKind.MANUAL
