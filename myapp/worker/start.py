"""From nothing to a working worker, in the order that keeps it small and its builds apart."""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import signal
import socket
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from myapp.errors import HobotnicaError
from myapp.runner.detect import detect
from myapp.runner.model import Sandbox
from myapp.runner.workspace import sweep
from myapp.settings import Settings
from myapp.worker.nursery import Nursery

if TYPE_CHECKING:
    from myapp.context import Context

log = logging.getLogger("hobotnica.worker")


def start_worker(settings: Settings) -> int:
    """Find the sandbox, clean up after an earlier life, fork the nursery, work."""
    try:
        sandbox = detect(settings.sandbox, settings.data_dir)
    except HobotnicaError as error:
        log.error("%s", error)
        return 1
    _tell(sandbox)
    for name in sweep(sandbox.workspaces):
        log.warning("removed the workspace that a dead build had left: %s", name)
    nursery = Nursery.start()
    # Only now what is large, or has threads and locks: the nursery is to know none of it.
    from myapp.context import Context

    try:
        context = Context.open(settings)
    except HobotnicaError as error:
        log.error("%s", error)
        nursery.close()
        return 1
    name, lock = own_name(settings.data_dir / "run")
    try:
        return run_worker(context, name, settings.slots, nursery=nursery, sandbox=sandbox)
    finally:
        context.close()
        os.close(lock)


def run_worker(
    context: Context, name: str, slots: int, *, nursery: Nursery, sandbox: Sandbox
) -> int:
    """Work in this process until a signal, commit statuses going out from a thread of it."""
    from myapp.worker.domain import DomainVerbs
    from myapp.worker.local import Worker
    from myapp.worker.reporter import Reporter

    worker = Worker(context, name, slots, nursery=nursery, sandbox=sandbox, verbs=DomainVerbs())
    reporter = Reporter(context)
    reporter.start()
    gc.collect()
    gc.freeze()
    try:
        return worker.run()
    finally:
        # All builds have ended or are handed back: one more signal could only break off the rest.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        reporter.stop()


def own_name(directory: Path) -> tuple[str, int]:
    """A name that no other living worker of this machine has, and the same after a restart.

    It is held by a lock on a file, whose descriptor is the second value.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in count(1):
        fd = os.open(directory / f"worker-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            continue
        return f"{socket.gethostname()}-{number}", fd
    raise HobotnicaError("no name is free")  # count() never ends


def _tell(sandbox: Sandbox) -> None:
    if sandbox.level == "none":
        log.warning("builds run without a sandbox (%s)", sandbox.reason or "as set")
    else:
        log.info("builds are confined by %s", sandbox)
        if sandbox.reason:
            log.warning("not the strongest sandbox: %s", sandbox.reason)
