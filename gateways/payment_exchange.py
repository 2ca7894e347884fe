"""One request to a payment service and its whole answer: nothing is followed and nothing is sent twice."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

import urllib3

from gateways.payment_service import LARGEST_BODY

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status; ``body`` has at most LARGEST_BODY bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Exchange:
    """Kept-alive connections to the service called ``name``, for all threads of a process; make one after a
    fork. ``timeout_seconds`` applies to connecting, to each single wait and to an answer's body as a whole.
    """

    def __init__(self, name: str, timeout_seconds: float) -> None:
        self._name = name
        self._timeout = timeout_seconds
        self._pool = urllib3.PoolManager(
            maxsize=4,
            cert_reqs="CERT_REQUIRED",
            timeout=urllib3.Timeout(connect=timeout_seconds, read=timeout_seconds),
            retries=False,
        )

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | str | None = None
    ) -> Answer | None:
        """The answer, or None when none came whole; the log then gets what went wrong, and no address."""
        try:
            response = self._pool.request(
                method,
                url,
                body=body,
                headers={"Accept": "application/json", **headers},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            whole = _whole_body(response, time.monotonic() + self._timeout)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            _log.warning("%s gave no answer: %s", self._name, type(error).__name__)
            return None
        return Answer(response.status, response.headers, whole)


def _whole_body(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """The body as it came, not unpacked: nothing packed was asked for. ValueError: too large or too slow."""
    body = b""
    try:
        while chunk := response.read1(8192, decode_content=False):
            body += chunk
            if len(body) > LARGEST_BODY or time.monotonic() > deadline:
                raise ValueError("too large or too slow")
    except BaseException:
        response.close()  # half read: its connection must not serve another call
        raise
    return body
