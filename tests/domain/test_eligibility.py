"""May we write to this client, and if not why."""

from dataclasses import replace
from typing import Any

import pytest

from domain.channel import Channel, Purpose
from domain.eligibility import EMAIL_REASONS, EmailFacts, Grant, Reason, email_reason

GRANT = Grant(
    channel=Channel.EMAIL,
    purpose="marketing",
    is_active=True,
    minimum_version=2,
    wording_version=2,
    granted=True,
)
READY = EmailFacts(
    address="anna@poczta.example", is_valid=True, is_suppressed=False, allow_email=True, grants=(GRANT,)
)
HINDRANCES: tuple[tuple[Reason, dict[str, Any]], ...] = (
    (Reason.MISSING_EMAIL, {"address": None}),
    (Reason.INVALID_EMAIL, {"is_valid": False}),
    (Reason.BLOCKED_EMAIL, {"is_suppressed": True}),
    (Reason.OPTED_OUT, {"allow_email": False}),
    (Reason.NO_EMAIL_CONSENT, {"grants": ()}),
)


def test_a_client_whom_nothing_hinders_may_be_written_to() -> None:
    for purpose in Purpose:
        assert email_reason(READY, purpose) is None


@pytest.mark.parametrize("first", range(len(HINDRANCES)))
def test_of_several_reasons_the_first_one_counts(first: int) -> None:
    facts = READY
    for _, hindrance in HINDRANCES[first:]:
        facts = replace(facts, **hindrance)
    assert email_reason(facts, Purpose.MARKETING) == HINDRANCES[first][0]


def test_the_order_of_reasons_is_the_reports() -> None:
    assert tuple(reason for reason, _ in HINDRANCES) == EMAIL_REASONS


def test_an_empty_address_is_a_missing_one() -> None:
    assert email_reason(replace(READY, address=""), Purpose.SERVICE) == Reason.MISSING_EMAIL


def test_a_service_message_needs_no_consent_but_heeds_everything_else() -> None:
    for reason, hindrance in HINDRANCES:
        expected = None if reason == Reason.NO_EMAIL_CONSENT else reason
        assert email_reason(replace(READY, **hindrance), Purpose.SERVICE) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"granted": False},
        {"is_active": False},
        {"purpose": "data_processing"},
        {"channel": Channel.SMS},
        {"channel": None},
        {"wording_version": 1},
    ],
)
def test_a_grant_permits_only_what_was_granted(change: dict[str, Any]) -> None:
    facts = replace(READY, grants=(replace(GRANT, **change),))
    assert email_reason(facts, Purpose.MARKETING) == Reason.NO_EMAIL_CONSENT


def test_one_valid_grant_among_others_is_enough() -> None:
    grants = (replace(GRANT, granted=False), GRANT, replace(GRANT, channel=Channel.SMS))
    assert email_reason(replace(READY, grants=grants), Purpose.MARKETING) is None
