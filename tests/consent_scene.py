"""A client with consents to give, and the links that lead to them."""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from domain.channel import Channel
from models.client import Client
from models.consent import ConsentDefinition, ConsentEvent, ConsentPurpose, ConsentState
from models.consent_request import ConsentRequest
from models.message import Message
from models.setting import LINK_KEY, secret_of
from services.ask_for_consent import confirm_url
from services.compose_mail import consents_url
from tests import factories as make

ADDRESS, NUMBER = "anna.nowak@poczta.example", "+48600100200"


@dataclass(frozen=True)
class Scene:
    """``by_mail`` counts only once confirmed; ``client`` agrees to ``processing`` alone."""

    client: Client
    processing: ConsentDefinition
    by_mail: ConsentDefinition
    by_sms: ConsentDefinition


def make_scene(session: Session) -> Scene:
    """Committed."""
    processing = make.make_definition(session, channel=None, purpose=ConsentPurpose.DATA_PROCESSING)
    by_mail, by_sms = make.make_definition(session), make.make_definition(session, channel=Channel.SMS)
    by_mail.confirm_by_email = True
    client = make.make_client(session, email=ADDRESS)
    make.give_phone(session, client, NUMBER)
    make.grant(session, client, processing)
    session.commit()
    return Scene(client, processing, by_mail, by_sms)


def page_of(session: Session, client_id: int, now: datetime | None = None) -> str:
    """The path of a client's page, by a link made at ``now``."""
    key = secret_of(session.connection(), LINK_KEY)
    return consents_url("", client_id, now or datetime.now(UTC), key)


def yes_to(definition: ConsentDefinition) -> dict[str, str]:
    """What the page sends when its reader agrees to the words on it."""
    return {
        "definition": str(definition.id),
        "wording": str(definition.current_wording.id),
        "said": "granted",
    }


def confirm_page(session: Session, request: ConsentRequest) -> str:
    return confirm_url("", request.id, secret_of(session.connection(), LINK_KEY))


def granted(session: Session, client_id: int, definition: ConsentDefinition) -> bool | None:
    """What holds today; None when nothing was ever said."""
    return session.scalar(
        sa.select(ConsentState.granted).where(
            ConsentState.client_id == client_id, ConsentState.definition_id == definition.id
        )
    )


def events(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count(ConsentEvent.id))) or 0


def the_request(session: Session) -> ConsentRequest:
    return session.scalars(sa.select(ConsentRequest)).one()


def the_letter(session: Session) -> Message:
    return session.scalars(sa.select(Message)).one()
