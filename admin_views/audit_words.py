"""What the panel calls what the audit writes down: actions and kinds of records. The audit itself keeps the
identifiers, which its digests cover.
"""

from typing import Any

from flask_babel import lazy_gettext as _

ACTIONS: dict[str, Any] = {
    "create": _("Added"),
    "update": _("Changed"),
    "delete": _("Deleted"),
    "issue": _("Made a key"),
    "revoke": _("Revoked a key"),
    "set_password": _("Set a new password"),
    "approve": _("Approved for sending"),
    "pause": _("Paused the sending"),
    "resume": _("Resumed the sending"),
    "cancel": _("Cancelled the rest"),
    "resend": _("Sent again to those that failed"),
    "start": _("Started before the time"),
    "uncertain_sent": _("Treated uncertain messages as sent"),
    "uncertain_again": _("Sent uncertain messages again"),
    "fix_address": _("Corrected an e-mail address"),
    "fix_phone": _("Corrected a phone number"),
    "grant_consent": _("Recorded a consent from the pre-flight report"),
    "record_consent": _("Recorded a consent"),
    "publish_wording": _("Published a new wording"),
    "suppress": _("Blocked an address"),
    "lift": _("Lifted the block"),
    "send": _("Sent a single message"),
    "start_top_up": _("Started a top-up"),
    "top_up": _("Topped up the account"),
    "reverse_top_up": _("Took a top-up back"),
    "send_again": _("Sent an invoice to KSeF again"),
    "move": _("Changed the state"),
    "offer": _("Made a cost offer"),
    "decide_offer": _("Decided on a cost offer"),
    "set_rule": _("Changed a notification rule"),
    "default_text": _("Brought the default text back"),
    "answer": _("Answered in a conversation"),
    "assign": _("Assigned a conversation"),
    "close": _("Closed a conversation"),
    "reopen": _("Opened a conversation again"),
    "link": _("Linked a conversation to a client"),
    "unlink": _("Took a conversation from a client"),
    "seed_demo": _("Made the sample data"),
}
KINDS: dict[str, Any] = {
    "attachment": _("Attachment"),
    "bounce": _("Bounce"),
    "campaign": _("Campaign"),
    "canned_answer": _("Canned answer"),
    "client": _("Client"),
    "company": _("Our company"),
    "consent_definition": _("Consent definition"),
    "consent_event": _("Consent"),
    "contract": _("Contract"),
    "contract_party": _("Party to a contract"),
    "conversation": _("Conversation"),
    "email_address": _("E-mail address"),
    "installation_secret": _("Secret of the installation"),
    "investment": _("Investment"),
    "invoice": _("Invoice"),
    "ledger_entry": _("Ledger entry"),
    "mail_account": _("Mail account"),
    "membership": _("Contact person"),
    "message": _("Message"),
    "message_template": _("Message template"),
    "notification_rule": _("Notification rule"),
    "payment": _("Top-up"),
    "payment_due": _("Online payment"),
    "phone_number": _("Phone number"),
    "repair": _("Repair"),
    "setting": _("Settings"),
    "shipment": _("Shipment"),
    "sms_account": _("SMS account"),
    "sms_gateway": _("SMS gateway"),
    "sms_price": _("SMS price"),
    "suppression": _("Blocked address"),
    "ticket": _("Ticket"),
    "api_token": _("API key"),
    "user": _("User"),
}


def named(words: dict[str, Any], identifier: str) -> str:
    """The word for an identifier; one that an older version wrote is shown as it is."""
    return str(words.get(identifier, identifier))
