"""Why a bounce was taken for what it was, in the panel's words."""

from typing import Any

from flask_babel import lazy_gettext as _

from domain.bounce_reasons import BounceReason

_SENTENCES: dict[BounceReason, Any] = {
    BounceReason.COMPLAINT: _("The recipient reported our message as spam."),
    BounceReason.NO_SUCH_ADDRESS_CODE: _("The code says that the address does not exist or was closed."),
    BounceReason.NO_SUCH_ADDRESS_WORDS: _("The words say that the address does not exist or was closed."),
    BounceReason.POLICY: _(
        "The server refuses because of its policy, our reputation or the content: that says nothing against "
        "the address, so it blocks nobody."
    ),
    BounceReason.OUR_MESSAGE: _(
        "The server found fault with our message or with how it was sent, not with the address."
    ),
    BounceReason.MAILBOX_FULL: _("The mailbox is full or the message too large: that never blocks."),
    BounceReason.COUNTED: _("The address may be gone: three bounces of this kind in thirty days block it."),
    BounceReason.PASSING: _("A trouble that may pass: it neither blocks nor counts."),
    BounceReason.AUTO_REPLY: _("An automatic reply: it never counts."),
    BounceReason.NO_FAILURE: _("Nothing in it says that an address is no good."),
}


def reason_sentence(reason: BounceReason) -> Any:
    return _SENTENCES[reason]
