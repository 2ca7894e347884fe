"""What a person decides on a message of no campaign, on its card."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from domain.delivery import Status
from models.message import Message
from tests import factories as make
from tests.admin_views.conftest import Visitor

Visit = Callable[[str], Visitor]


def left_as(stored: Session, status: Status) -> Message:
    message = make.make_message(stored, status=status, account_id=make.default_account(stored).id)
    stored.commit()
    return message


def card(visitor: Visitor, message: Message) -> str:
    return visitor.get("/admin/message/details/", id=str(message.id)).text


def place(message: Message, decision: str) -> str:
    return f"/admin/message/decide/{message.id}/{decision}"


@pytest.mark.parametrize(
    ("before", "decision", "after"),
    [
        (Status.UNCERTAIN, "sent", Status.SENT),
        (Status.UNCERTAIN, "again", Status.QUEUED),
        (Status.FAILED, "again", Status.QUEUED),
    ],
)
def test_who_may_send_decides_on_the_card(
    visit: Visit, stored: Session, before: Status, decision: str, after: Status
) -> None:
    message, operator = left_as(stored, before), visit("operator")
    page = card(operator, message)
    assert f'action="{place(message, decision)}"' in page and "data-confirm=" in page
    assert operator.post(place(message, decision)).status_code == 302
    stored.refresh(message)
    assert message.status == after
    assert place(message, decision) not in card(operator, message)


def test_a_failed_message_cannot_be_treated_as_sent(visit: Visit, stored: Session) -> None:
    message, operator = left_as(stored, Status.FAILED), visit("operator")
    assert place(message, "sent") not in card(operator, message)
    operator.post(place(message, "sent"))
    assert operator.sentences() == ["There is no such message left to decide on."]
    stored.refresh(message)
    assert message.status == Status.FAILED


def test_who_may_not_send_is_told_and_decides_nothing(visit: Visit, stored: Session) -> None:
    message, viewer = left_as(stored, Status.UNCERTAIN), visit("viewer")
    page = card(viewer, message)
    assert "This message waits for your decision" in page and place(message, "sent") not in page
    assert viewer.post(place(message, "sent")).status_code == 403
    stored.refresh(message)
    assert message.status == Status.UNCERTAIN
