"""What the benchmarks run on: a bare repository whose `make test` says ok, and its commits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

GIT_ENV = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Bench",
    "GIT_AUTHOR_EMAIL": "bench@localhost",
    "GIT_COMMITTER_NAME": "Bench",
    "GIT_COMMITTER_EMAIL": "bench@localhost",
}
MAKEFILE = "test:\n\t@echo ok\n"


class Origin:
    """A bare repository on this disk to which commits are added without a work tree."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        self._git("init", "-q", "--bare", "-b", "main", ".")
        self.parent: str | None = None

    def commit(self, number: int) -> str:
        """One more commit on main; its SHA."""
        lines = [
            "commit refs/heads/main",
            "committer Bench <bench@localhost> 1700000000 +0000",
            f"data <<EOT\ncommit {number}\nEOT",
        ]
        if self.parent:
            lines.append(f"from {self.parent}")
        lines += [f"M 100644 inline Makefile\ndata {len(MAKEFILE)}\n{MAKEFILE}"]
        text = f"{number}\n"
        lines += [f"M 100644 inline number\ndata {len(text)}\n{text}"]
        self._git("fast-import", "--quiet", stdin="\n".join(lines) + "\n")
        self.parent = self._git("rev-parse", "main").strip()
        return self.parent

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
