"""The cells of the table of notifications, by name, and what the manual says of each of them."""

from domain.channel import Channel
from domain.events import EventKind
from domain.notification_rules import RuleMode, Withheld

RULES = {"always": RuleMode.ALWAYS, "never": RuleMode.NEVER, "depends": RuleMode.CONSENT}
PROCESSING = {"processing agreed": True, "processing not agreed": False}
NAMED = {"named consent given": True, "named consent withdrawn": False, "named consent never asked": False}
PREFERENCE = {"channel wanted": True, "channel turned off": False}
ADDRESSES = ("good address", "no address", "bad address", "suppressed address")

WHY_NOT = {
    (Channel.EMAIL, "no address"): Withheld.MISSING_EMAIL,
    (Channel.EMAIL, "bad address"): Withheld.INVALID_EMAIL,
    (Channel.EMAIL, "suppressed address"): Withheld.BLOCKED_EMAIL,
    (Channel.SMS, "no address"): Withheld.MISSING_PHONE,
    (Channel.SMS, "bad address"): Withheld.NOT_POLISH_MOBILE,
    (Channel.SMS, "suppressed address"): Withheld.BLOCKED_PHONE,
}


def expected(event: EventKind, channel: Channel, cell: tuple[str, ...]) -> Withheld | None:
    """The manual's table read from its words alone."""
    rule, processing, named, preference, address = cell
    due = {
        Withheld.NOT_OFFERED: event is EventKind.SHIPMENT_CREATED and channel is Channel.SMS,
        Withheld.RULE_NEVER: rule == "never",
        Withheld.NO_PROCESSING_CONSENT: processing == "processing not agreed",
        WHY_NOT.get((channel, address)): address != "good address",
        Withheld.OPTED_OUT: preference == "channel turned off",
        Withheld.NO_NAMED_CONSENT: rule == "depends" and named != "named consent given",
    }
    return next((why for why, holds in due.items() if holds), None)
