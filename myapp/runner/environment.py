"""The environment of a build, made from nothing: the service's own is never inherited."""

from __future__ import annotations

import re

from myapp.runner.model import Job

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# The sandbox's own programs start with this environment, before the build's user is put on: what
# steers the loader or the C library must not reach them, wherever it came from.
_STEERING = re.compile(
    r"(LD|GLIBC|MALLOC|RES)_.*|PATH|HOME|TMPDIR|GCONV_PATH|LOCPATH|NLSPATH|HOSTALIASES|BASH_ENV|ENV"
)


def build_environment(job: Job) -> dict[str, str]:
    """PATH, HOME and TMPDIR of the workspace, CI=1, HOBOTNICA=1, then the job's variables."""
    environment = {
        "PATH": PATH,
        "HOME": str(job.workspace / "home"),
        "TMPDIR": str(job.workspace / "tmp"),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
        "USER": "hobotnica",
        "LOGNAME": "hobotnica",
        "CI": "1",
        "HOBOTNICA": "1",
    }
    for name, value in job.environment.items():
        if name and "=" not in name and "\0" not in name + value and not _STEERING.fullmatch(name):
            environment[name] = value
    return environment
