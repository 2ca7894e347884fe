"""The table of notifications, every cell by its name: ten events, two channels, rules, consents, addresses.

A cell's name says it all: ``sms, depends, data processing agreed, named consent missing, wants SMS, …``.
"""

from collections.abc import Iterator
from itertools import product

import pytest

from domain.channel import Channel, Purpose
from domain.eligibility import EmailFacts, Reason, SmsFacts, email_reason, sms_reason
from domain.events import CHANNELS, PAIRS, EventKind
from domain.notification_rules import (
    NotificationFacts,
    RuleMode,
    Withheld,
    default_mode,
    withheld,
)
from tests.notification_table import ADDRESSES, NAMED, PREFERENCE, PROCESSING, RULES, expected


def reason(channel: Channel, address: str, *, wanted: bool) -> Reason | None:
    """What the one rule book says of such a client."""
    has, good, blocked = address != "no address", address != "bad address", address == "suppressed address"
    if channel is Channel.EMAIL:
        mail = EmailFacts("anna@poczta.example" if has else None, good, blocked, wanted, ())
        return email_reason(mail, Purpose.SERVICE)
    text = SmsFacts("+48600100200" if has else None, good, blocked, wanted, ())
    return sms_reason(text, Purpose.SERVICE)


def cells() -> Iterator[tuple[str, ...]]:
    yield from product(RULES, PROCESSING, NAMED, PREFERENCE, ADDRESSES)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("event", EventKind)
def test_every_cell_of_the_table_goes_out_or_says_why_not(event: EventKind, channel: Channel) -> None:
    said, due = {}, {}
    for cell in cells():
        rule, processing, named, preference, address = cell
        facts = NotificationFacts(
            held_back=False,
            is_gone=False,
            processing_consent=PROCESSING[processing],
            reason=reason(channel, address, wanted=PREFERENCE[preference]),
            named_consent=NAMED[named],
        )
        name = f"{event}, {channel}, {', '.join(cell)}"
        said[name] = withheld(event, channel, RULES[rule], facts)
        due[name] = expected(event, channel, cell)
    assert said == due
    assert len(said) == 3 * 2 * 3 * 2 * 4
    goes = sum(each is None for each in said.values())
    assert goes == (4 if (event, channel) in PAIRS else 0)  # always ×3, depends ×1


def test_nineteen_pairs_exist_and_a_shipment_is_told_by_e_mail_only() -> None:
    assert len(PAIRS) == 19 and len(EventKind) == 10
    assert (EventKind.SHIPMENT_CREATED, Channel.SMS) not in PAIRS
    assert (EventKind.SHIPMENT_CREATED, Channel.EMAIL) in PAIRS


@pytest.mark.parametrize(("event", "channel"), PAIRS)
def test_a_text_of_the_three_asterisks_is_off_until_somebody_sets_it(
    event: EventKind, channel: Channel
) -> None:
    asterisk = event.value in ("repair_received", "awaiting_parts", "repair_closed")
    off = channel is Channel.SMS and asterisk
    assert default_mode(event, channel) is (RuleMode.NEVER if off else RuleMode.ALWAYS)


@pytest.mark.parametrize("mode", RuleMode)
@pytest.mark.parametrize(
    ("held_back", "is_gone", "why"),
    [
        (True, False, Withheld.HELD_BACK),
        (True, True, Withheld.HELD_BACK),
        (False, True, Withheld.CLIENT_GONE),
    ],
)
def test_holding_back_and_an_erased_client_stop_any_rule(
    mode: RuleMode, held_back: bool, is_gone: bool, why: Withheld
) -> None:
    facts = NotificationFacts(held_back, is_gone, True, None, True)
    if mode is RuleMode.NEVER and not held_back:
        why = Withheld.RULE_NEVER
    assert withheld(EventKind.REPAIR_READY, Channel.EMAIL, mode, facts) is why
