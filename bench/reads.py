"""Reading the list of 100 builds over 16 connections, by wrk (a client faster than the server)."""

from __future__ import annotations

import re
import shutil
import subprocess

from bench.service import NAME, OWNER, Service
from myapp import builds


def make_100(service: Service) -> None:
    """A hundred builds that have ended, without running them."""
    for number in range(100):
        build = builds.enqueue(
            service.context,
            service.repository,
            event="manual",
            branch=f"b{number}",
            ref=f"refs/heads/b{number}",
            sha=f"{number:040x}",
            message="A change of the benchmark's",
            author=OWNER,
            creator=OWNER,
        )
        builds.cancel(service.context, build.id, OWNER, "only to be read")


def list_of_100(service: Service, seconds: int = 5, connections: int = 16) -> float | None:
    """Answers a second; None where wrk is not installed."""
    if shutil.which("wrk") is None:
        return None
    path = f"/api/repositories/{OWNER}/{NAME}/builds?limit=100"
    status, found = service.get(path)
    if status != 200 or len(found) != 100:
        raise RuntimeError(f"the list has {len(found)} builds, status {status}")
    shown = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "-H",
            f"Authorization: Bearer {service.api_token}",
            f"http://127.0.0.1:{service.port}{path}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in shown:
        raise RuntimeError(shown)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", shown)[1])  # type: ignore[index]
