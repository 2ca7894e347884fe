"""Write down with a client's message what it did or did not do, as it was when it came.

Kept in the message's ``merge_values``: an incoming one has no others.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from domain.answers import Answer
from domain.effects import Effect
from domain.local_time import WARSAW
from domain.repairs import RepairState
from models.message import Message, Origin
from models.repair import CostOffer, OfferState
from queries.offer_asked import newest_offer_in, offer_asked_in

OUR_WORD = "answer:"
"""How the key of a text begins that confirms what an answer did, see `services.react_to_text`."""
_CLOSED = {
    OfferState.ACCEPTED: Effect.ALREADY_ACCEPTED,
    OfferState.REJECTED: Effect.ALREADY_REJECTED,
    OfferState.REPLACED: Effect.REPLACED,
}


def mark_answer(
    session: Session, incoming: Message, question: Message | None, said: Answer, now: datetime
) -> None:
    """Say on an answer that decided nothing what became of the offer it is about, if it is about one.

    ``question`` is our message it answers. Words that are no plain yes or no count only as an answer to the
    very question; a yes or no to something a person wrote says nothing about an offer decided before.
    """
    asked = offer_asked_in(session, question)
    offer = asked
    if offer is None and said is not Answer.UNCLEAR:
        conversation = incoming.conversation
        offer = newest_offer_in(session, conversation.topic if conversation else None)
    if offer is None:
        return
    effect = _standing(offer, now)
    is_open = effect is Effect.NEEDS_DECISION
    if is_open or (said is not Answer.UNCLEAR and (asked or _is_of_the_system(question))):
        incoming.merge_values = {
            "effect": effect.value,
            "version": str(offer.version),
            "number": offer.repair.number,
        }


def mark_stop(incoming: Message, withdrawn: int) -> None:
    """Say how many consents a STOP withdrew."""
    effect = Effect.STOPPED if withdrawn else Effect.NOTHING_TO_STOP
    incoming.merge_values = {"effect": effect.value, "count": withdrawn}


def _standing(offer: CostOffer, now: datetime) -> Effect:
    if offer.state is not OfferState.OPEN:
        return _CLOSED[offer.state]
    if offer.expires_on is not None and offer.expires_on < now.astimezone(WARSAW).date():
        return Effect.EXPIRED
    awaits = offer.repair.state is RepairState.AWAITING_ACCEPTANCE
    return Effect.NEEDS_DECISION if awaits else Effect.NOT_AWAITING


def _is_of_the_system(question: Message | None) -> bool:
    return question is not None and (
        question.origin is Origin.EVENT or question.idempotency_key.startswith(OUR_WORD)
    )
