"""Jobs by name: services ring them without importing them."""

from collections.abc import Callable

from domain.channel import Channel

DELIVER = "jobs.deliver.deliver"
DELIVER_SMS = "jobs.deliver_sms.deliver_sms"
DELIVERS = {Channel.EMAIL: DELIVER, Channel.SMS: DELIVER_SMS}
FETCH_MAIL = "jobs.fetch_mail.fetch_mail"
PUSH = "jobs.push.push"
SWEEP = "jobs.sweep.sweep"

Enqueue = Callable[..., None]
"""``enqueue(job_name, *arguments)``: rings after the commit; a ring may be lost or heard twice."""
