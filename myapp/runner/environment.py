"""The environment of a build, made from nothing: the service's own is never inherited."""

from __future__ import annotations

from myapp.runner.model import Job

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


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
        if name and "=" not in name and "\0" not in name + value:
            environment[name] = value
    return environment
