"""What keeps the service in order: once per interval, retention, and how it is doing."""

from myapp.maintenance.idempotency import (
    Answer,
    forget_answer,
    recall_answer,
    remember_answer,
)
from myapp.maintenance.intervals import Run, once_per_interval, runs
from myapp.maintenance.overview import Overview, status
from myapp.maintenance.retention import Removed, remove_old, vacuum

__all__ = [
    "Answer",
    "Overview",
    "Removed",
    "Run",
    "forget_answer",
    "once_per_interval",
    "recall_answer",
    "remember_answer",
    "remove_old",
    "runs",
    "status",
    "vacuum",
]
