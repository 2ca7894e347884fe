"""Logging in to KSeF: a challenge, signed with a certificate (XAdES) or answered with a token, for a pass.

Source: CIRFMF/ksef-docs, uwierzytelnianie.md. The library calls are ksef-client's, the signature is ours.
"""

import time
from datetime import UTC, datetime, timedelta

from ksef_client import KsefClient
from ksef_client.models import AuthenticationChallengeResponse, AuthenticationInitResponse
from ksef_client.services.auth import (
    build_auth_token_request_xml,
    build_ksef_token_auth_request,
    encrypt_ksef_token,
)
from ksef_client.services.xades import XadesKeyPair
from ksef_client.utils.datetime_parsing import parse_api_datetime

from domain.ksef import KsefUnavailable
from gateways.ksef_settings import Certificate, KsefSettings
from gateways.xades import sign

CONTEXT = "nip"
_DONE, _UNDER_WAY = 200, 100
_PATIENCE_SECONDS, _FIRST_PAUSE = 30.0, 0.2
_RENEW_BEFORE = timedelta(minutes=2)


class BadCertificate(Exception):
    """The certificate or its key cannot be used; the text says why."""


class Access:
    """The pass of one installation, renewed by logging in again when it is about to end."""

    def __init__(self, settings: KsefSettings) -> None:
        self._settings = settings
        self._token, self._renew_at = "", datetime.min.replace(tzinfo=UTC)

    def token(self, client: KsefClient) -> str:
        """A pass good for a while. Raises what the library raises, KsefUnavailable, BadCertificate."""
        if self._renew_at <= datetime.now(UTC):
            self._log_in(client)
        return self._token

    def forget(self) -> None:
        """The pass was refused."""
        self._renew_at = datetime.min.replace(tzinfo=UTC)

    def _log_in(self, client: KsefClient) -> None:
        challenge = client.auth.get_challenge()
        certificate = self._settings.certificate
        if certificate is not None:
            begun = self._by_certificate(client, challenge, certificate)
        else:
            begun = self._by_token(client, challenge)
        temporary = begun.authentication_token.token
        _await_log_in(client, begun.reference_number, temporary)
        passes = client.auth.redeem_token(temporary)
        self._token = passes.access_token.token
        self._renew_at = parse_api_datetime(str(passes.access_token.valid_until)) - _RENEW_BEFORE

    def _by_certificate(
        self, client: KsefClient, challenge: AuthenticationChallengeResponse, certificate: Certificate
    ) -> AuthenticationInitResponse:
        request = build_auth_token_request_xml(
            challenge=challenge.challenge,
            context_identifier_type=CONTEXT,
            context_identifier_value=self._settings.nip,
        )
        try:
            pair = key_pair(certificate)
            signed = sign(request.encode(), pair.certificate_pem, pair.private_key_pem, datetime.now(UTC))
        except (ValueError, OSError) as error:
            raise BadCertificate(str(error)) from error
        begun = client.auth.submit_xades_auth_request(signed.decode())
        if begun is None:
            raise ValueError("an empty answer to the signature")
        return begun

    def _by_token(
        self, client: KsefClient, challenge: AuthenticationChallengeResponse
    ) -> AuthenticationInitResponse:
        public = client.security.get_public_key_certificate("KsefTokenEncryption")
        encrypted = encrypt_ksef_token(
            public_certificate=public.certificate,
            token=self._settings.token,
            timestamp_ms=challenge.timestamp_ms,
        )
        return client.auth.submit_ksef_token_auth(
            build_ksef_token_auth_request(
                challenge=challenge.challenge,
                context_identifier_type=CONTEXT,
                context_identifier_value=self._settings.nip,
                encrypted_token_base64=encrypted,
                public_key_id=public.public_key_id,
            )
        )


def key_pair(certificate: Certificate) -> XadesKeyPair:
    """Both files as PEM, the key without its password. Raises ValueError and OSError."""
    return XadesKeyPair.from_pem_files(
        certificate_path=str(certificate.file),
        private_key_path=str(certificate.key_file),
        private_key_password=certificate.key_password or None,
    )


def _await_log_in(client: KsefClient, reference: str, temporary: str) -> None:
    """Wait until KSeF has looked at the signature. Raises KsefUnavailable when it does not let us in."""
    ends, pause = time.monotonic() + _PATIENCE_SECONDS, _FIRST_PAUSE
    while True:
        status = client.auth.get_auth_status(reference, temporary).status
        if status.code == _DONE:
            return
        if status.code != _UNDER_WAY:
            text = " ".join([status.description, *(status.details or [])])
            raise KsefUnavailable(status.code, text, is_down=False)
        if time.monotonic() > ends:
            raise KsefUnavailable(status.code, status.description, is_down=True)
        time.sleep(pause)
        pause *= 1.5
