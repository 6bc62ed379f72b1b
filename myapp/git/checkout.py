"""A fresh checkout of one commit that borrows its objects from the mirror.

The `.git` directory is written by hand: what `git init` would make, without a process. It is the
build's own, so nothing a build writes there reaches the mirror or another build, and no git of the
service ever runs in it after the build has begun.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from myapp.git.command import Interrupt, run
from myapp.git.errors import GitError

NO_ROOM = 16 << 20  # bytes

_CONFIG = """[core]
\trepositoryformatversion = {version}
\tfilemode = true
\tbare = false
\tlogallrefupdates = false
{extensions}"""
_SHA256 = "[extensions]\n\tobjectFormat = sha256\n"


def checkout(
    mirror: Path,
    directory: Path,
    sha: str,
    *,
    timeout: float = 600,
    interrupt: Interrupt | None = None,
) -> None:
    """Fill `directory` (which must not exist) with the commit, HEAD detached; raises GitError."""
    git = directory / ".git"
    for part in ("objects/info", "objects/pack", "refs/heads", "refs/tags", "info"):
        (git / part).mkdir(parents=True)
    long = len(sha) == 64
    config = _CONFIG.format(version=int(long), extensions=_SHA256 if long else "")
    (git / "config").write_text(config)
    (git / "objects/info/alternates").write_text(f"{mirror / 'objects'}\n")
    (git / "HEAD").write_text(f"{sha}\n")
    try:
        run(
            ["read-tree", "-m", "-u", sha],
            env={"GIT_DIR": str(git), "GIT_WORK_TREE": str(directory)},
            timeout=timeout,
            interrupt=interrupt,
        )
    except GitError as error:
        # Git only says "unable to write file", whatever the reason.
        if error.kind == "unknown" and shutil.disk_usage(directory).free < NO_ROOM:
            raise GitError("disk") from None
        raise
