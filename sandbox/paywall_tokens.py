"""The PayU stand-in's access tokens (RFC 6749, client_credentials)."""

import hmac
import secrets
import time
from typing import Any


class Tokens:
    """Grants tokens to one client; each is good for ``seconds``."""

    def __init__(self, client_id: str, client_secret: str, seconds: int) -> None:
        self._client_id = client_id
        self._client_secret = client_secret
        self._seconds = seconds
        self._good_until: dict[str, float] = {}
        self.granted = 0

    def grant(self, form: dict[str, str]) -> dict[str, Any] | None:
        """The answer to a log-in form, or None when the client is another or its secret wrong."""
        right = (
            form.get("grant_type") == "client_credentials"
            and form.get("client_id") == self._client_id
            and hmac.compare_digest(form.get("client_secret", "").encode(), self._client_secret.encode())
        )
        if not right:
            return None
        token = secrets.token_hex(16)
        self._good_until[token] = time.monotonic() + self._seconds
        self.granted += 1
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": self._seconds,
            "grant_type": "client_credentials",
        }

    def know(self, authorization: str) -> bool:
        """Whether an Authorization header carries a token that is still good."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and self._good_until.get(token, 0.0) > time.monotonic()

    def forget(self) -> None:
        """Every token granted so far is good no more."""
        self._good_until.clear()
