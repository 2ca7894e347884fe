"""An order as PayU knows it, and a gateway to wherever a test plays its server."""

from dataclasses import replace

from domain.payments import PaymentOrder
from gateways.payu import PayuGateway, PayuSettings

KEY = "second-key"
NOWHERE = PayuSettings("http://127.0.0.1:9", "300746", "300746", "client-secret", KEY, timeout_seconds=0.3)
GATEWAY = PayuGateway(NOWHERE)
UUID = "5f1c9f5e-0c1b-4c62-9f0e-0a5a1d0c6b11"
ORDER = {
    "orderId": "WZHF5FFDRJ140731GUEST000P01",
    "extOrderId": UUID,
    "status": "COMPLETED",
    "totalAmount": "10000",
    "currencyCode": "PLN",
}
STARTED = {
    "status": {"statusCode": "SUCCESS"},
    "redirectUri": "https://merch-prod.snd.payu.com/pay/?orderId=X",
    "orderId": ORDER["orderId"],
    "extOrderId": UUID,
}


def wish(**more):
    given = {
        "uuid": UUID,
        "amount": 10_000,
        "description": "Doładowanie konta SMS",
        "buyer_email": "biuro@goniec.example",
        "customer_ip": "192.0.2.7",
        "continue_url": "https://goniec.example/top-up",
        "notify_url": "http://127.0.0.1:9/payu",
    }
    return PaymentOrder(**{**given, **more})


def gateway_to(url, **more):
    return PayuGateway(replace(NOWHERE, base_url=url, **more))
