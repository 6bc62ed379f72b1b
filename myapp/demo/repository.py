"""Bare git repositories with commits made from Python, by plain git commands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from myapp.errors import HobotnicaError


class GitFailed(HobotnicaError):
    """A git command ended with an error; the detail is its last line."""


@dataclass(frozen=True)
class Executable:
    """A file's content that is to have the executable bit."""

    content: str | bytes


@dataclass(frozen=True)
class Symlink:
    """A symbolic link in the tree."""

    target: str


Content = str | bytes | Executable | Symlink | None


def environment() -> dict[str, str]:
    """What git is started with: nobody's configuration and no questions."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
    }


def git(directory: Path, *arguments: str, data: bytes | None = None) -> str:
    """Run one git command in the repository and give its output; raises GitFailed."""
    done = subprocess.run(
        ["git", "-C", str(directory), *arguments],
        input=data,
        stdin=None if data is not None else subprocess.DEVNULL,
        capture_output=True,
        env=environment(),
        check=False,
    )
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitFailed(f"git {arguments[0]}: {lines[-1] if lines else done.returncode}")
    return done.stdout.decode("utf-8", "replace").strip()


def create(directory: Path, default_branch: str = "main") -> Path:
    """Make an empty bare repository that, as GitHub's, gives out any commit by its SHA."""
    directory.mkdir(parents=True)
    git(directory, "init", "-q", "--bare", "--template=", f"--initial-branch={default_branch}")
    for key, value in {
        "uploadpack.allowAnySHA1InWant": "true",
        "uploadpack.allowFilter": "true",
        "http.receivepack": "true",
        "receive.autogc": "false",
        "gc.auto": "0",
    }.items():
        git(directory, "config", key, value)
    return directory


def commit(
    directory: Path,
    files: Mapping[str, Content],
    *,
    branch: str = "main",
    message: str = "Change something",
    author: str = "The Octocat",
    parent: str | None = None,
    when: int = 1_700_000_000,
) -> str:
    """Put a commit on the branch and give its SHA.

    The files are added to the parent's (None removes one); `parent` is a SHA, "" for a commit
    without one, None for the branch's head. Another parent than the head is a forced push.
    """
    ref = f"refs/heads/{branch}"
    if parent is None:
        parent = refs(directory).get(ref, "")
    who = f"{author} <{author.replace(' ', '-').lower()}@users.example> {when} +0000"
    text = message.encode()
    # "reset" first: without it fast-import goes on from the branch's present head.
    parts = [f"reset {ref}\n\ncommit {ref}\nauthor {who}\ncommitter {who}\n".encode()]
    parts.append(b"data %d\n%s\n" % (len(text), text))
    if parent:
        parts.append(f"from {parent}\n".encode())
    for path, content in files.items():
        parts.append(_change(path, content))
    git(directory, "fast-import", "--quiet", "--force", data=b"".join(parts))
    return git(directory, "rev-parse", ref)


def refs(directory: Path) -> dict[str, str]:
    """Every branch and tag by its full name, with the SHA it stands at."""
    lines = git(directory, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.rsplit(" ", 1) for line in lines)


def describe(directory: Path, revision: str) -> tuple[str, str, str] | None:
    """SHA, message and author of the commit that the revision leads to, None without one."""
    try:
        text = git(
            directory, "log", "-1", "--format=%H%n%an%n%B", "--end-of-options", revision, "--"
        )
    except GitFailed:
        return None
    sha, author, message = [*text.split("\n", 2), "", ""][:3]
    return sha, message, author


def _change(path: str, content: Content) -> bytes:
    name = '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if content is None:
        return f"D {name}\n".encode()
    mode = {Executable: "100755", Symlink: "120000"}.get(type(content), "100644")
    inner = content.content if isinstance(content, Executable) else content
    inner = inner.target if isinstance(inner, Symlink) else inner
    data = inner.encode() if isinstance(inner, str) else inner
    return f"M {mode} inline {name}\n".encode() + b"data %d\n%s\n" % (len(data), data)
