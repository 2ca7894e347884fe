"""The gateway behind a row: made from its settings, for the workers' texts and for trying it."""

from dataclasses import replace

from gateways.kannel import KannelGateway, KannelSettings
from gateways.smpp import Receive, SmppGateway
from gateways.smpp_connection import SmppSettings
from gateways.smsapi import SmsapiGateway, SmsapiSettings
from models.sms_gateway import GatewayKind, SmsGateway

Carrier = SmsapiGateway | KannelGateway | SmppGateway


def carrier_of(
    row: SmsGateway, *, base_url: str, phones: SmsapiSettings | None, receive: Receive | None
) -> Carrier:
    """The gateway that a row describes. ``base_url`` is where delivery is reported to, ``phones`` the
    sandbox's settings. Raises ValueError for settings that no gateway can be made of, and SecretUnreadable.

    ``receive`` takes what a kept connection brings; without it the connection only sends, and brings nothing.
    """
    reports = f"{base_url}/sms/{row.callback_secret}/report"
    if row.kind is GatewayKind.SANDBOX:
        if phones is None:
            raise ValueError("the sandbox of phones is not running")
        return SmsapiGateway(phones, reports)
    if row.kind is GatewayKind.SMSAPI:
        return SmsapiGateway(SmsapiSettings(row.address, row.password or ""), reports)
    if row.kind is GatewayKind.KANNEL:
        return KannelGateway(KannelSettings(row.address, row.username, row.password or ""), reports)
    settings = SmppSettings.of(row.address, row.username, row.password or "")
    if receive is None:
        return SmppGateway(replace(settings, only_sends=True))
    return SmppGateway(settings, receive)
