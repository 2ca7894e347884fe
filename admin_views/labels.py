"""What the panel calls the values of our enums, and in which colour it shows them."""

from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _

from domain.bounces import BounceKind
from domain.channel import Channel, Purpose
from domain.dear_characters import Dear
from domain.delivery import CampaignStatus, DeliveryState, Status
from domain.eligibility import Reason
from domain.events import EventKind, RecordKind
from domain.notification_rules import RuleMode, Withheld
from domain.payments import PaymentStatus
from domain.repairs import RepairState
from domain.segments import Encoding
from domain.smtp_replies import BounceVerdict
from domain.tickets import TicketState
from domain.two_way import OneWay
from models.campaign import CampaignKind
from models.client import ClientKind, PhoneKind
from models.consent import ConsentAction, ConsentMethod, ConsentPurpose
from models.conversation import ConversationState
from models.investment import ContractType
from models.invoice import InvoiceKind
from models.ledger import EntryKind
from models.mail_account import MailSecurity
from models.message import AttemptOutcome, Direction, Origin
from models.payment import NewsSource, PaymentGateway
from models.payment_due import PaymentDueState
from models.repair import ChangeSource, OfferState
from models.sms_gateway import GatewayKind
from models.suppression import SuppressionReason

NEUTRAL, GOOD, BAD, WARNING, INFO = "neutral", "good", "bad", "warning", "info"

_ENTRIES: tuple[tuple[StrEnum, Any, str], ...] = (
    (Channel.EMAIL, _("E-mail"), NEUTRAL),
    (Channel.SMS, _("SMS"), NEUTRAL),
    (Channel.LETTER, _("Letter"), NEUTRAL),
    (Purpose.MARKETING, _("Marketing"), INFO),
    (Purpose.SERVICE, _("Service"), NEUTRAL),
    (Status.QUEUED, _("Queued"), INFO),
    (Status.SENDING, _("Sending"), INFO),
    (Status.SENT, _("Sent"), GOOD),
    (Status.FAILED, _("Failed"), BAD),
    (Status.UNCERTAIN, _("Uncertain"), WARNING),
    (Status.SKIPPED, _("Skipped"), NEUTRAL),
    (Status.CANCELLED, _("Cancelled"), NEUTRAL),
    (Status.RECEIVED, _("Received"), NEUTRAL),
    (DeliveryState.DELIVERED, _("Delivered"), GOOD),
    (DeliveryState.UNDELIVERED, _("Undelivered"), BAD),
    (DeliveryState.BOUNCED, _("Bounced"), BAD),
    (CampaignStatus.DRAFT, _("Draft"), NEUTRAL),
    (CampaignStatus.SCHEDULED, _("Scheduled"), INFO),
    (CampaignStatus.SENDING, _("Being sent"), INFO),
    (CampaignStatus.PAUSED, _("Paused"), WARNING),
    (CampaignStatus.FINISHED, _("Finished"), GOOD),
    (CampaignStatus.CANCELLED, _("Cancelled"), NEUTRAL),
    (CampaignKind.INVESTMENT, _("Clients of an investment"), NEUTRAL),
    (CampaignKind.CLIENTS, _("Chosen clients"), NEUTRAL),
    (CampaignKind.MAIL_MERGE, _("Mail merge"), NEUTRAL),
    (Reason.MISSING_EMAIL, _("No e-mail address given"), WARNING),
    (Reason.INVALID_EMAIL, _("Invalid e-mail address"), WARNING),
    (Reason.BLOCKED_EMAIL, _("E-mail address blocked after a bounce"), WARNING),
    (Reason.MISSING_PHONE, _("No phone number given"), WARNING),
    (Reason.NOT_POLISH_MOBILE, _("Not a Polish mobile number"), WARNING),
    (Reason.BLOCKED_PHONE, _("Phone number blocked"), WARNING),
    (Reason.OPTED_OUT, _("E-mail messages turned off in the client's preferences"), WARNING),
    (Reason.NO_EMAIL_CONSENT, _("No consent to e-mail messages"), WARNING),
    (Reason.NO_SMS_CONSENT, _("No consent to SMS messages"), WARNING),
    (Reason.MISSING_POSTAL_ADDRESS, _("No postal address given"), WARNING),
    (PaymentStatus.CREATED, _("Started"), NEUTRAL),
    (PaymentStatus.PENDING, _("Waiting for the payment"), INFO),
    (PaymentStatus.PAID, _("Paid"), GOOD),
    (PaymentStatus.REFUSED, _("Refused"), BAD),
    (PaymentStatus.FAILED, _("Not started"), BAD),
    (PaymentGateway.PAYU, _("PayU"), NEUTRAL),
    (PaymentGateway.STRIPE, _("Stripe"), NEUTRAL),
    (PaymentGateway.PRZELEWY24, _("Przelewy24"), NEUTRAL),
    (PaymentGateway.SANDBOX, _("Trial payment"), INFO),
    (NewsSource.NOTIFICATION, _("Notification"), NEUTRAL),
    (NewsSource.QUERY, _("Answer to our question"), NEUTRAL),
    (GatewayKind.SMSAPI, _("SMSAPI.pl"), NEUTRAL),
    (GatewayKind.KANNEL, _("Kannel"), NEUTRAL),
    (GatewayKind.SMPP, _("SMPP"), NEUTRAL),
    (GatewayKind.SANDBOX, _("Trial phones"), INFO),
    (EntryKind.TOP_UP, _("Top-up"), GOOD),
    (EntryKind.CHARGE, _("Charge"), NEUTRAL),
    (EntryKind.REFUND, _("Refund"), INFO),
    (EntryKind.REVERSAL, _("Reversal"), WARNING),
    (InvoiceKind.VAT, _("VAT invoice"), NEUTRAL),
    (InvoiceKind.ADVANCE, _("Advance invoice"), NEUTRAL),
    (InvoiceKind.CORRECTION, _("Correction"), WARNING),
    (ClientKind.PERSON, _("Person"), NEUTRAL),
    (ClientKind.COMPANY, _("Company"), INFO),
    (PhoneKind.MOBILE, _("Mobile"), NEUTRAL),
    (PhoneKind.LANDLINE, _("Landline"), NEUTRAL),
    (PhoneKind.FAX, _("Fax"), NEUTRAL),
    (ConsentPurpose.MARKETING, _("Marketing"), INFO),
    (ConsentPurpose.DATA_PROCESSING, _("Data processing"), NEUTRAL),
    (ConsentPurpose.OTHER, _("Other"), NEUTRAL),
    (ConsentAction.GRANTED, _("Granted"), GOOD),
    (ConsentAction.WITHDRAWN, _("Withdrawn"), BAD),
    (ConsentMethod.FORM, _("Form"), NEUTRAL),
    (ConsentMethod.PAPER, _("On paper"), NEUTRAL),
    (ConsentMethod.PHONE, _("By phone"), NEUTRAL),
    (ConsentMethod.EMAIL, _("By e-mail"), NEUTRAL),
    (ConsentMethod.SMS, _("By SMS"), NEUTRAL),
    (ConsentMethod.LINK, _("By a link"), NEUTRAL),
    (ConsentMethod.IMPORT, _("Import"), NEUTRAL),
    (ContractType.DEVELOPMENT, _("Development contract"), NEUTRAL),
    (ContractType.PRELIMINARY, _("Preliminary contract"), NEUTRAL),
    (ContractType.RESERVATION, _("Reservation contract"), NEUTRAL),
    (ContractType.SALE, _("Sale contract"), NEUTRAL),
    (MailSecurity.NONE, _("None"), WARNING),
    (MailSecurity.STARTTLS, _("STARTTLS"), GOOD),
    (MailSecurity.TLS, _("TLS"), GOOD),
    (Dear.POLISH_LETTER, _("Polish letter"), INFO),
    (Dear.TYPOGRAPHY, _("typographic character"), WARNING),
    (Dear.DOUBLE, _("counts as two"), WARNING),
    (Dear.FOREIGN, _("has no plain form"), BAD),
    (Encoding.GSM7, _("Plain characters"), GOOD),
    (Encoding.UCS2, _("With special characters"), WARNING),
    (Direction.OUTGOING, _("Outgoing"), NEUTRAL),
    (Direction.INCOMING, _("Incoming"), INFO),
    (ConversationState.OPEN, _("Ongoing"), NEUTRAL),
    (ConversationState.CLOSED, _("Closed"), NEUTRAL),
    (Origin.CAMPAIGN, _("Campaign"), NEUTRAL),
    (Origin.EVENT, _("Notification"), NEUTRAL),
    (Origin.SEQUENCE, _("Sequence"), NEUTRAL),
    (Origin.MANUAL, _("Written by hand"), NEUTRAL),
    (Origin.TEST, _("Test"), NEUTRAL),
    (Origin.MAILBOX, _("Mailbox"), NEUTRAL),
    (AttemptOutcome.ACCEPTED, _("Accepted"), GOOD),
    (AttemptOutcome.REFUSED, _("Refused"), BAD),
    (AttemptOutcome.UNAVAILABLE, _("Unavailable"), WARNING),
    (AttemptOutcome.UNCERTAIN, _("Uncertain"), WARNING),
    (BounceKind.SMTP, _("During sending"), NEUTRAL),
    (BounceKind.DSN, _("Delivery notice"), NEUTRAL),
    (BounceKind.ARF, _("Spam complaint"), BAD),
    (BounceKind.FREETEXT, _("Free text"), NEUTRAL),
    (BounceKind.AUTO_REPLY, _("Automatic reply"), NEUTRAL),
    (BounceKind.MANUAL, _("Entered by hand"), NEUTRAL),
    (BounceKind.OTHER, _("Other"), NEUTRAL),
    (BounceVerdict.BLOCK, _("Address to be blocked"), BAD),
    (BounceVerdict.SOFT, _("Temporary"), WARNING),
    (BounceVerdict.SENDER_FAULT, _("Our fault"), WARNING),
    (BounceVerdict.NONE, _("No effect"), NEUTRAL),
    (SuppressionReason.BOUNCE, _("Bounce"), BAD),
    (SuppressionReason.COMPLAINT, _("Complaint"), BAD),
    (SuppressionReason.MANUAL, _("By hand"), NEUTRAL),
    (RepairState.AWAITING_SHIPMENT, _("Awaiting shipment"), NEUTRAL),
    (RepairState.RECEIVED, _("Received for repair"), INFO),
    (RepairState.DIAGNOSIS, _("Diagnosis"), INFO),
    (RepairState.AWAITING_ACCEPTANCE, _("Awaiting cost acceptance"), WARNING),
    (RepairState.AWAITING_PARTS, _("Awaiting parts"), WARNING),
    (RepairState.IN_REPAIR, _("In repair"), INFO),
    (RepairState.READY_FOR_PICKUP, _("Ready for pick-up"), GOOD),
    (RepairState.READY_TO_SHIP, _("Ready to ship"), GOOD),
    (RepairState.CLOSED, _("Repair closed"), NEUTRAL),
    (OfferState.OPEN, _("Waiting for an answer"), INFO),
    (OfferState.ACCEPTED, _("Offer accepted"), GOOD),
    (OfferState.REJECTED, _("Offer rejected"), BAD),
    (OfferState.REPLACED, _("Replaced by a newer one"), NEUTRAL),
    (ChangeSource.PANEL, _("In the panel"), NEUTRAL),
    (ChangeSource.API, _("Another system"), NEUTRAL),
    (ChangeSource.COMMAND, _("Command line"), NEUTRAL),
    (ChangeSource.ANSWER, _("The client's answer"), INFO),
    (TicketState.OPEN, _("Open ticket"), INFO),
    (TicketState.DONE, _("Finished ticket"), GOOD),
    (PaymentDueState.DUE, _("To be paid"), WARNING),
    (PaymentDueState.PAID, _("Paid by the client"), GOOD),
    (PaymentDueState.CANCELLED, _("Called off"), NEUTRAL),
    (RecordKind.REPAIR, _("repair"), NEUTRAL),
    (RecordKind.TICKET, _("ticket"), NEUTRAL),
    (RecordKind.PAYMENT_DUE, _("payment"), NEUTRAL),
    (RecordKind.SHIPMENT, _("shipment"), NEUTRAL),
    (EventKind.REPAIR_RECEIVED, _("Repair taken in"), NEUTRAL),
    (EventKind.REPAIR_DELIVERED, _("Device delivered to the service"), NEUTRAL),
    (EventKind.COST_ACCEPTANCE, _("Costs to be accepted"), NEUTRAL),
    (EventKind.AWAITING_PARTS, _("Waiting for parts"), NEUTRAL),
    (EventKind.REPAIR_READY, _("Ready for pick-up or about to be shipped"), NEUTRAL),
    (EventKind.REPAIR_CLOSED, _("Closing of the repair"), NEUTRAL),
    (EventKind.TICKET_RECEIVED, _("Ticket taken in"), NEUTRAL),
    (EventKind.TICKET_DONE, _("Ticket finished"), NEUTRAL),
    (EventKind.PAYMENT_DUE, _("New online payment"), NEUTRAL),
    (EventKind.SHIPMENT_CREATED, _("New shipment"), NEUTRAL),
    (RuleMode.ALWAYS, _("Always"), GOOD),
    (RuleMode.NEVER, _("Never"), NEUTRAL),
    (RuleMode.CONSENT, _("With a consent only"), INFO),
    (Withheld.NOT_OFFERED, _("Not told by this channel"), NEUTRAL),
    (Withheld.HELD_BACK, _("Held back by whoever made the change"), NEUTRAL),
    (Withheld.RULE_NEVER, _("The rule says never"), NEUTRAL),
    (Withheld.CLIENT_GONE, _("The client's data was erased"), WARNING),
    (Withheld.NO_PROCESSING_CONSENT, _("No consent to data processing"), WARNING),
    (Withheld.MISSING_EMAIL, _("No e-mail address given"), WARNING),
    (Withheld.INVALID_EMAIL, _("Invalid e-mail address"), WARNING),
    (Withheld.BLOCKED_EMAIL, _("E-mail address blocked after a bounce"), WARNING),
    (Withheld.MISSING_PHONE, _("No phone number given"), WARNING),
    (Withheld.NOT_POLISH_MOBILE, _("Not a Polish mobile number"), WARNING),
    (Withheld.BLOCKED_PHONE, _("Phone number blocked"), WARNING),
    (Withheld.OPTED_OUT, _("This channel is turned off in the client's preferences"), WARNING),
    (Withheld.NO_NAMED_CONSENT, _("No consent that the rule names"), WARNING),
    (Withheld.NO_ACCOUNT, _("No account to send from"), BAD),
    (Withheld.TEXT_FAILED, _("The text could not be made"), BAD),
)

_OPTED_OUT_OF_SMS = _("SMS messages turned off in the client's preferences")

_ONE_WAY = {
    OneWay.SENDER_NAME: _(
        "Texts are sent under a sender name, and nobody can answer a name. Two-way SMS needs a number as the "
        "sender."
    ),
    OneWay.NO_INCOMING_ROUTE: _("No active SMS gateway brings answers to us."),
}

# Members of different enums may be the same text, and a StrEnum hashes as its text.
_BY_MEMBER = {(type(member), member.value): (text, tone) for member, text, tone in _ENTRIES}


def label(member: StrEnum) -> Any:
    """The (lazily translated) name of an enum's member."""
    return _BY_MEMBER[type(member), member.value][0]


def word(member: StrEnum) -> str:
    """The name of any enum's member, its value where the panel has no name for it."""
    found = _BY_MEMBER.get((type(member), member.value))
    return str(found[0]) if found else member.value


def reason_label(reason: Reason, channel: Channel) -> Any:
    """Why somebody gets nothing by a channel: its own words where reasons are shared by several."""
    return _OPTED_OUT_OF_SMS if (reason, channel) == (Reason.OPTED_OUT, Channel.SMS) else label(reason)


def one_way_words(why: OneWay) -> Any:
    """Why two-way SMS is off."""
    return _ONE_WAY[why]


def tone(member: StrEnum) -> str:
    """The colour of its badge: neutral, good, bad, warning or info."""
    return _BY_MEMBER[type(member), member.value][1]
