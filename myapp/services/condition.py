"""How the service is: its parts, its queue, its disk, its programs (blocking functions)."""

from __future__ import annotations

import functools
import platform
import shutil
import subprocess
import time
from importlib.metadata import version as version_of

from myapp import __version__, maintenance
from myapp.context import Context
from myapp.errors import HobotnicaError
from myapp.maintenance import Overview
from myapp.services.shapes import Json, time_json, worker_json

DISK_FLOOR = 512 << 20  # bytes that have to be free
PROGRAMS = ("git", "make", "bwrap")
LIBRARIES = ("atila", "skitai", "SQLAlchemy")


def status(context: Context) -> Json:
    """The shape `Status`."""
    overview = maintenance.status(context)
    now = time.time()
    alive = [worker for worker in overview.workers if worker.is_alive(now)]
    waited = overview.oldest_queued_age
    disk = shutil.disk_usage(context.settings.data_dir)
    return {
        "version": __version__,
        "workers": [worker_json(worker, now=now) for worker in overview.workers],
        "queue": {
            "queued": overview.queued,
            "running": overview.running,
            "oldest_queued_at": time_json(None if waited is None else now - waited),
        },
        "sandbox": sandbox(alive[0].sandbox if alive else None),
        "disk": {"total": disk.total, "free": disk.free},
        "versions": versions(),
        "checks": checks(context, overview),
    }


def health(context: Context) -> tuple[int, Json]:
    """HTTP status and the shape `Health`; 503 when a part of ours is down."""
    try:
        found = checks(context, maintenance.status(context))
    except HobotnicaError as error:
        found = {"database": _check("down", str(error.detail))}
    down = [
        f"{name}: {check['detail']}" for name, check in found.items() if check["status"] == "down"
    ]
    shape: Json = {"status": "down" if down else "ok", "version": __version__, "checks": found}
    if down:
        shape["detail"] = "; ".join(down)
    return (503 if down else 200), shape


def checks(context: Context, overview: Overview) -> Json:
    """Each part with its status and, unless it is well, a sentence."""
    return {
        "database": _check("ok"),
        "worker": _worker_check(overview),
        "disk": _disk_check(context),
        "github": _github_check(overview),
    }


def sandbox(kind: str | None) -> Json:
    """What confines the builds, as the worker found out by trying."""
    details = {
        None: "no worker is running",
        "bwrap": "bubblewrap: own processes, /tmp and users; the data directory is out of sight",
        "unshare": "own processes and mounts, by unshare; files are protected by permissions only",
        "none": "limits only: builds can see what this machine's users can see",
    }
    return {"kind": kind or "unknown", "detail": details.get(kind)}


@functools.cache
def versions() -> Json:
    """The programs and libraries the service uses; None for what is not there."""
    found: Json = {"python": platform.python_version()}
    for program in PROGRAMS:
        found[program] = _program_version(program)
    for library in LIBRARIES:
        found[library.lower()] = version_of(library)
    return found


def _program_version(program: str) -> str | None:
    try:
        run = subprocess.run(
            [program, "--version"], capture_output=True, text=True, check=True, timeout=5
        )
    except (OSError, subprocess.SubprocessError):
        return None
    first = run.stdout.splitlines()[0] if run.stdout else ""
    return next((word for word in first.split() if word[0].isdigit()), first)


def _check(state: str, detail: str | None = None) -> Json:
    return {"status": state, "detail": detail}


def _worker_check(overview: Overview) -> Json:
    now = time.time()
    if any(worker.is_alive(now) for worker in overview.workers):
        return _check("ok")
    return _check("down", "no worker is running: builds wait")


def _disk_check(context: Context) -> Json:
    free = shutil.disk_usage(context.settings.data_dir).free
    if free >= DISK_FLOOR:
        return _check("ok")
    return _check("down", f"only {free >> 20} MB are free where the data directory is")


def _github_check(overview: Overview) -> Json:
    age = overview.oldest_status_age
    if age is None or age < 120:
        return _check("ok")
    waiting = overview.statuses_waiting
    return _check("degraded", f"{waiting} commit statuses wait, the oldest for {age:.0f} s")
