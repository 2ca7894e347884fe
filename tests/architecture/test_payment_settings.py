"""A payment service is there when all of its settings are; half of them end whatever is started."""

import pytest

from app import create_app
from config import PAYMENT_SERVICES, InvalidSetting, Settings
from extensions.wiring import Wiring
from models.payment import PaymentGateway

PAYU = {
    "PAYU_POS_ID": "300746",
    "PAYU_CLIENT_ID": "300746",
    "PAYU_CLIENT_SECRET": "hush-payu",
    "PAYU_SECOND_KEY": "hush-key",
}
PRZELEWY24 = {
    "PRZELEWY24_MERCHANT_ID": "12345",
    "PRZELEWY24_POS_ID": "12345",
    "PRZELEWY24_API_KEY": "hush-p24",
    "PRZELEWY24_CRC": "hush-crc",
}
STRIPE = {"STRIPE_SECRET_KEY": "sk_test_hush0123", "STRIPE_WEBHOOK_SECRET": "whsec_hush0123"}


def gateways(environment: dict[str, str], given: dict[str, str]) -> list[PaymentGateway]:
    wired: Wiring = create_app(Settings.from_environment(environment | given), panel=False).extensions[
        "goniec"
    ]
    return list(wired.payments)


@pytest.mark.parametrize(
    ("given", "there"),
    [
        ({}, []),
        (PAYU, [PaymentGateway.PAYU]),
        (PRZELEWY24, [PaymentGateway.PRZELEWY24]),
        (STRIPE, [PaymentGateway.STRIPE]),
        (
            {**STRIPE, **PRZELEWY24, **PAYU},
            [PaymentGateway.PAYU, PaymentGateway.PRZELEWY24, PaymentGateway.STRIPE],
        ),
    ],
)
def test_a_service_is_there_when_its_settings_are(
    environment: dict[str, str], given: dict[str, str], there: list[PaymentGateway]
) -> None:
    assert gateways(environment, given) == there


@pytest.mark.parametrize("missing", [name for names in PAYMENT_SERVICES for name in names])
def test_half_a_service_is_refused_in_one_line_that_names_what_is_missing(missing: str) -> None:
    whole = next(given for given in (PAYU, PRZELEWY24, STRIPE) if missing in given)
    rest = {name: value for name, value in whole.items() if name != missing}
    with pytest.raises(InvalidSetting) as refused:
        Settings.from_environment(rest)
    line = str(refused.value)
    assert line.startswith(f"{missing} must be set too, because ") and "\n" not in line
    assert all(name in line for name in rest) and "hush" not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STRIPE_SECRET_KEY", "pk_live_hush0123"),
        ("STRIPE_SECRET_KEY", "sk_live_hush\r\nX: y"),
        ("STRIPE_WEBHOOK_SECRET", "sk_live_hush0123"),
        ("PRZELEWY24_MERCHANT_ID", "twelve"),
        ("PRZELEWY24_URL", "przelewy24.pl"),
        ("PAYU_URL", "ftp://secure.payu.com"),
    ],
)
def test_a_setting_of_a_wrong_shape_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidSetting) as refused:
        Settings.from_environment({**PAYU, **PRZELEWY24, **STRIPE, name: value})
    assert str(refused.value).startswith(f"{name} must be") and "hush" not in str(refused.value)


def test_no_secret_shows_in_what_settings_and_gateways_print() -> None:
    settings = Settings.from_environment({**PAYU, **PRZELEWY24, **STRIPE})
    assert "hush" not in repr(settings) and "300746" in repr(settings)
