"""The sample company's SMS account: who sells and buys, a price list, and two paid top-ups."""

from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy.orm import Session

from domain.invoices import Party
from domain.payments import PaymentStatus, ProvenNews
from models.payment import NewsSource, Payment, PaymentGateway
from models.price_list import SmsPrice
from services.choose_account import sms_account
from services.invoice_settings import BUYER, NUMBERING, SELLER, save_settings
from services.top_up import take_in_news

COMPANY = Party(
    name="Nadrzecze Development Sp. z o.o.",
    nip="1234563218",
    street="ul. Nadrzeczna 14",
    postal_code="50-001",
    city="Wrocław",
)
OPERATOR = Party(
    name="Goniec Operator Sp. z o.o.",
    nip="1060000062",
    street="ul. Kurierska 5",
    postal_code="30-002",
    city="Kraków",
)
TOP_UPS = ((60, 20_000), (35, 10_000))
"""Days ago, grosze; before the first text is charged, so that the ledger stands in the order of time."""
PRICE = 1_599


def write_account(session: Session, *, actor_id: int, now: datetime) -> None:
    """Settings, prices and top-ups, the latter by the way every payment takes. The caller commits."""
    values = {
        BUYER: COMPANY.to_json(),
        SELLER: OPERATOR.to_json(),
        NUMBERING: {"series": "FV", "kind": "VAT", "vat_rate": 23},
    }
    save_settings(session, values, actor_id=actor_id, now=now)
    since = (now - timedelta(days=365)).date()
    session.add(SmsPrice(name="Polska", prefix="48", gross_per_part=PRICE, vat_rate=23, valid_from=since))
    for days, amount in TOP_UPS:
        _pay(session, amount, now - timedelta(days=days), actor_id)


def _pay(session: Session, amount: int, moment: datetime, actor_id: int) -> None:
    payment = Payment(
        uuid=str(uuid5(NAMESPACE_URL, f"sample top-up {moment.date()}")),
        account_id=sms_account(session).id,
        gateway=PaymentGateway.SANDBOX,
        amount=amount,
        status=PaymentStatus.PENDING,
        reference=f"SAMPLE{amount}",
        created_at=moment - timedelta(minutes=3),
        created_by_id=actor_id,
    )
    session.add(payment)
    session.flush()
    news = ProvenNews(
        uuid=payment.uuid,
        reference=payment.reference,
        status=PaymentStatus.PAID,
        amount=amount,
        currency="PLN",
        said="COMPLETED",
        detail={},
    )
    take_in_news(session, PaymentGateway.SANDBOX, news, NewsSource.NOTIFICATION, moment)
