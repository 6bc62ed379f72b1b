"""Who calls the runner: the local worker, its supervisor, the reporter of commit statuses."""

from __future__ import annotations

from myapp.settings import Settings


def main(settings: Settings) -> int:
    """`python3 -m myapp worker`: work until a signal; the process's exit code."""
    from myapp import log
    from myapp.worker.start import start_worker

    log.configure(settings.log_format)
    return start_worker(settings)
