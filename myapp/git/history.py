"""What a mirror tells of a commit."""

from __future__ import annotations

from pathlib import Path

from myapp.git.command import run

LONGEST_MESSAGE = 10_000


def describe(mirror: Path, sha: str) -> tuple[str, str]:
    """The commit's (message, author's name); raises GitError if the mirror lacks it."""
    text = run(
        ["-C", str(mirror), "log", "-1", "--no-show-signature", "--format=%an%x00%B", sha, "--"]
    )
    author, _, message = text.partition("\0")
    return message.strip()[:LONGEST_MESSAGE], author.strip()
