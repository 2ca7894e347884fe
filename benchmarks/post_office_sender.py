"""The process that runs django-post_office: loads the letters once, then sends them whenever told.

    python -m benchmarks.post_office_sender LETTERS.json PROCESSES LOCKFILE

Says "ready" and reads lines: for each it queues everything again, sends, and prints the seconds it took.
Only the sending is timed; the letters are queued fully rendered, as post_office likes them best.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.post_office_settings")
django.setup()

from django.db import connection  # noqa: E402 - Django's models can be imported only after its set-up
from post_office.mail import send_queued_mail_until_done  # noqa: E402
from post_office.models import PRIORITY, STATUS, Email  # noqa: E402

AT_ONCE = 500


def main() -> None:
    letters, processes, lockfile = sys.argv[1:]
    logging.disable(logging.CRITICAL)
    call_command("migrate", verbosity=0)
    if not Email.objects.exists():
        _queue(json.loads(Path(letters).read_text()))
    print("ready", flush=True)
    for _line in sys.stdin:
        Email.objects.update(status=STATUS.queued)
        connection.close()
        started = time.perf_counter()
        send_queued_mail_until_done(lockfile, processes=int(processes), log_level=0)
        elapsed = time.perf_counter() - started
        assert not Email.objects.exclude(status=STATUS.sent).exists()
        print(elapsed, flush=True)


def _queue(letters: list[dict[str, str]]) -> None:
    Email.objects.bulk_create(
        (
            Email(
                from_email="biuro@goniec.example",
                to=[letter["to"]],
                subject=letter["subject"],
                message=letter["text"],
                html_message=letter["html"],
                priority=PRIORITY.medium,
                status=STATUS.queued,
                headers={"List-Unsubscribe": letter["unsubscribe"]},
            )
            for letter in letters
        ),
        batch_size=AT_ONCE,
    )


if __name__ == "__main__":
    main()
