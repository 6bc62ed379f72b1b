"""What git's complaints mean, as sentences a person understands.

Git ends with 128 for nearly everything, so its words (LC_ALL=C) decide. The first kind that
matches wins: the specific ones stand before the general ones.
"""

from __future__ import annotations

import re

from myapp.errors import HobotnicaError

TRANSIENT = frozenset({"timeout", "network", "server", "rate_limited"})

SENTENCES = {
    "credentials": "GitHub does not accept the token (wrong, expired or revoked)",
    "access": "The token may not read this repository",
    "missing": "The repository does not exist, or the token may not read it",
    "empty": "The repository is empty: push a first commit",
    "gone": "The commit is no longer in the repository (force-pushed away?)",
    "tls": "The server's TLS certificate is not trusted",
    "timeout": "Git took too long and was ended",
    "disk": "The disk is full",
    "too_large": "The repository is larger than this installation allows",
    "rate_limited": "GitHub limits our requests at the moment",
    "server": "GitHub has trouble at the moment",
    "network": "GitHub cannot be reached",
    "redirect": "The repository's address leads to another host, which is not followed",
    "hostile": "The repository holds objects that git refuses as malformed or dangerous",
    "broken": "The repository's mirror is damaged",
    "git_missing": "git is not installed on this machine",
    "unknown": "Git failed",
}

_PATTERNS = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("disk", r"No space left on device|Disk quota exceeded"),
        ("too_large", r"File too large|exceeds maximum allowed size"),
        ("credentials", r"Authentication failed|could not read (Username|Password)|invalid token"),
        ("missing", r"repository '.*' not found|Repository not found|does not appear to be a git"),
        ("access", r"returned error: 403|access denied|SAML SSO"),
        ("rate_limited", r"returned error: 429"),
        ("server", r"returned error: 5\d\d"),
        ("redirect", r"returned error: 30\d|unable to update url base from redirection"),
        ("timeout", r"Operation too slow|timed out"),
        ("gone", r"not our ref|couldn't find remote ref|no such remote ref"),
        ("hostile", r"fsck error|fsckObjects|invalid path|hasDot"),
        (
            "network",
            r"Could not resolve|Failed to connect|Couldn't connect|Connection (refused|reset)|"
            r"early EOF|unexpected disconnect|RPC failed|Empty reply|hung up|Recv failure|"
            r"non-properly terminated|SSL_ERROR_SYSCALL",
        ),
        ("tls", r"certificate|handshake|SSL_connect|\bSSL\b|\bTLS\b"),
        ("broken", r"bad object|not a git repository|unable to read (tree|sha1)|packfile|corrupt"),
    )
)
# Addresses are no words of git's: a repository may be called "rustls" or "timed out".
_ADDRESS = re.compile(r"(?:https?|file)://[^\s']+")
_EMPTY = re.compile(r"cloned an empty repository")


class GitError(HobotnicaError):
    """Git failed: `kind` for programs, `detail` the sentence, `transient` if later may help."""

    status = 502

    def __init__(self, kind: str, detail: str | None = None) -> None:
        super().__init__(detail or SENTENCES[kind])
        self.kind = kind

    @property
    def transient(self) -> bool:
        """Whether the same command may work a little later."""
        return self.kind in TRANSIENT


def check(returncode: int, output: str) -> None:
    """Raise GitError unless git succeeded; `output` is its stderr (or both streams)."""
    if _EMPTY.search(output):
        raise GitError("empty")
    if returncode != 0:
        raise classify(output)


def classify(output: str) -> GitError:
    """The error that git's stderr tells of."""
    words = _ADDRESS.sub("URL", output)
    for kind, pattern in _PATTERNS:
        if pattern.search(words):
            return GitError(kind)
    return GitError("unknown", _last_words(output))


def commit_gone(sha: str) -> GitError:
    """The pushed commit cannot be had any more."""
    return GitError("gone", f"commit {sha[:7]} is no longer in the repository (force-pushed away?)")


def _last_words(output: str) -> str | None:
    lines = [line for line in re.split(r"[\r\n]+", output) if line.strip()]
    for line in reversed(lines):
        if line.startswith(("fatal:", "error:")):
            return "Git failed: " + line.split(":", 1)[1].strip()[:300]
    return f"Git failed: {lines[-1].strip()[:300]}" if lines else None
