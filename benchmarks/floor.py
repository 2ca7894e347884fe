"""F: one smtplib process sending prebuilt bytes, the yardstick of everything else."""

import smtplib
import time
from collections.abc import Sequence


def send_prebuilt(port: int, letters: Sequence[tuple[str, bytes]]) -> float:
    """Messages per second over one connection."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, "localhost") as client:
        for recipient, payload in letters:
            client.sendmail("biuro@goniec.example", [recipient], payload)
    return len(letters) / (time.perf_counter() - started)
