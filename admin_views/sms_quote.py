"""What an SMS campaign would cost, as the pre-flight report shows it."""

from typing import Any

from admin_views.access import REPORT
from admin_views.dear_words import dear_title
from admin_views.money import units
from domain.local_time import WARSAW
from domain.money import in_zloty
from extensions.babel import translate
from extensions.login import may
from extensions.wiring import wiring
from models import db
from models.campaign import Campaign
from services.approve_campaign import SendOrder
from services.choose_account import sms_account_to_send_from
from services.ledger import NotEnoughMoney
from services.price_list import tariff_on
from services.quote_texts import quote_audience


def shown_quote(campaign: Campaign, order: SendOrder) -> dict[str, Any]:
    """What the quote's fragment is made of.

    Raises NoSmsAccount, SmsAccountOff, and what `services.quote_texts` raises: then nothing can be sent.
    """
    if order.texts is None:
        return {}
    session = db.session()
    account = sms_account_to_send_from(session)
    tariff = tariff_on(session, wiring().clock().astimezone(WARSAW).date())
    quote = quote_audience(session, campaign, order.texts, order.values, tariff)
    left = account.available - quote.total
    lacking = NotEnoughMoney(needed=in_zloty(quote.total), available=in_zloty(account.available))
    return {
        "quote": quote,
        "dear_title": dear_title(
            "".join(quote.expensive), cost_more=quote.without_letters < quote.with_letters
        ),
        "strips": order.texts.content.strip_letters,
        "most_messages": max(quote.distribution.values(), default=1),
        "units": units,
        "available": account.available,
        "left": left,
        "lacking": translate(lacking) if left < 0 else "",
        "may_top_up": may(REPORT),
    }
