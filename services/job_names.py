"""Jobs by name: services ring them without importing them."""

from collections.abc import Callable

DELIVER = "jobs.deliver.deliver"
SWEEP = "jobs.sweep.sweep"

Enqueue = Callable[..., None]
"""``enqueue(job_name, *arguments)``: rings after the commit; a ring may be lost or heard twice."""
