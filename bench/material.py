"""What the benchmarks run on: a bare repository whose `make test` tells the time, its commits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

GIT_ENV = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}
# The recipe's own clock, so that the floor and the service are measured at the same place.
MAKEFILE = "test:\n\t@date +%s.%N\n"


class Origin:
    """A bare repository on this disk to which commits are added without a work tree."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self._git("init", "-q", "--bare", "-b", "main", ".")

    def commits(self, count: int, first: int = 0) -> list[str]:
        """So many commits, each the head of a branch `b<number>` of its own; their SHAs."""
        lines: list[str] = []
        for number in range(first, first + count):
            lines += [
                f"commit refs/heads/b{number}",
                "committer Bench <bench@localhost> 1700000000 +0000",
                f"data <<EOT\ncommit {number}\nEOT",
                f"M 100644 inline Makefile\ndata {len(MAKEFILE)}\n{MAKEFILE}",
                f"M 100644 inline number\ndata {len(str(number))}\n{number}",
            ]
        self._git("fast-import", "--quiet", stdin="\n".join(lines) + "\n")
        names = [f"refs/heads/b{number}" for number in range(first, first + count)]
        return self._git("rev-parse", *names).split()

    def _git(self, *arguments: str, stdin: str = "") -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            env=GIT_ENV,
            input=stdin,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
