"""Mirrors of a repository on this machine: no network, every failure that needs none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from myapp.git import GitError, Remote, check
from myapp.git import mirror as mirrors
from myapp.git.checkout import checkout
from tests.integration.runner.builder import git, wait_until

LIMITS = {"timeout": 60, "limit": 1 << 30}


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    path = tmp_path / "origin"
    path.mkdir()
    git(path, "init", "-q", "-b", "main")
    add(path, {"Makefile": "test:\n"})
    return path


def add(origin: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (origin / name).write_text(text)
    git(origin, "add", "-A")
    git(origin, "commit", "-q", "--allow-empty", "-m", "c")
    return git(origin, "rev-parse", "HEAD")


@pytest.fixture
def mirror(origin: Path, tmp_path: Path) -> Path:
    path = tmp_path / "mirrors" / "1.git"
    mirrors.create(Remote(str(origin)), path, **LIMITS)
    return path


def test_a_mirror_has_every_branch(origin, mirror):
    git(origin, "branch", "feature/x")
    mirrors.fetch_heads(Remote(str(origin)), mirror, **LIMITS)
    head = git(origin, "rev-parse", "HEAD")
    assert mirrors.heads(mirror) == {"main": head, "feature/x": head}


def test_a_branch_that_is_gone_is_forgotten_and_builds_references_are_not(origin, mirror):
    git(origin, "branch", "old")
    remote = Remote(str(origin))
    mirrors.fetch_heads(remote, mirror, **LIMITS)
    sha = git(origin, "rev-parse", "HEAD")
    mirrors.fetch_sha(remote, mirror, sha, "refs/ci/1-1", **LIMITS)
    git(origin, "branch", "-D", "old")
    mirrors.fetch_heads(remote, mirror, **LIMITS)
    assert set(mirrors.heads(mirror)) == {"main"}
    assert git(mirror, "rev-parse", "refs/ci/1-1") == sha


def test_a_force_push_is_followed(origin, mirror):
    git(origin, "commit", "-q", "--amend", "-m", "other")
    mirrors.fetch_heads(Remote(str(origin)), mirror, **LIMITS)
    assert mirrors.heads(mirror)["main"] == git(origin, "rev-parse", "HEAD")


def test_a_commit_is_fetched_by_its_sha_and_forgotten(origin, mirror):
    sha = add(origin, {"a": "1"})
    mirrors.fetch_sha(Remote(str(origin)), mirror, sha, "refs/ci/1-1", **LIMITS)
    assert git(mirror, "rev-parse", "refs/ci/1-1") == sha
    mirrors.delete_ref(mirror, "refs/ci/1-1")
    assert "refs/ci/1-1" not in git(mirror, "for-each-ref")


def test_only_what_is_new_is_fetched(origin, mirror):
    remote = Remote(str(origin))
    for number in range(3):
        sha = add(origin, {"n": str(number)})
        before = git(mirror, "count-objects").split()[0]
        mirrors.fetch_sha(remote, mirror, sha, f"refs/ci/{number}-1", **LIMITS)
        mirrors.delete_ref(mirror, f"refs/ci/{number}-1")
        assert int(git(mirror, "count-objects").split()[0]) - int(before) == 3
    assert git(mirror, "rev-parse", mirrors.NEWEST) == sha
    assert git(mirror, "for-each-ref", "--format=%(refname)", "refs/ci") == mirrors.NEWEST


def test_a_packed_reference_is_forgotten_too(origin, mirror):
    sha = git(origin, "rev-parse", "HEAD")
    mirrors.fetch_sha(Remote(str(origin)), mirror, sha, "refs/ci/1-1", **LIMITS)
    git(mirror, "pack-refs", "--all")
    mirrors.delete_ref(mirror, "refs/ci/1-1")
    assert "refs/ci/1-1" not in git(mirror, "for-each-ref")


@pytest.mark.parametrize("sha", ["f" * 40, "main", "--upload-pack=touch x", "HEAD:x", ""])
def test_what_is_no_commit_of_the_repository_is_gone(origin, mirror, sha):
    with pytest.raises(GitError) as caught:
        mirrors.fetch_sha(Remote(str(origin)), mirror, sha, "refs/ci/1-1", **LIMITS)
    assert caught.value.kind == "gone"


def test_an_empty_repository_says_so_and_leaves_no_mirror(tmp_path):
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(GitError, match="is empty"):
        mirrors.create(Remote(str(tmp_path / "empty")), tmp_path / "m" / "1.git", **LIMITS)
    assert list((tmp_path / "m").iterdir()) == []


def test_a_repository_over_the_limit_is_ended_and_leaves_no_mirror(origin, tmp_path):
    (origin / "big").write_bytes(os.urandom(3 << 20))
    add(origin, {})
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(str(origin)), tmp_path / "m" / "1.git", timeout=60, limit=1 << 20)
    assert caught.value.kind == "too_large"
    assert list((tmp_path / "m").iterdir()) == []


def test_a_fetch_that_would_pass_the_limit_is_ended(origin, mirror):
    (origin / "big").write_bytes(os.urandom(3 << 20))
    # More than a hundred objects, so that git keeps the pack.
    sha = add(origin, {f"f{n}": str(n) for n in range(150)})
    with pytest.raises(GitError) as caught:
        mirrors.fetch_sha(
            Remote(str(origin)), mirror, sha, "refs/ci/1-1", timeout=60, limit=1 << 20
        )
    assert caught.value.kind == "too_large"


def test_commands_for_others_do_the_same(origin, tmp_path):
    mirror = tmp_path / "m" / "1.git"
    arrived = mirrors.incoming(mirror)
    remote = Remote(str(origin))
    clone = mirrors.clone_command(remote, arrived, 1 << 30)
    done = subprocess.run(clone.argv, env=clone.env, capture_output=True, text=True, check=False)
    check(done.returncode, done.stderr)
    assert mirrors.progress(done.stderr)
    mirrors.settle(arrived, mirror)
    sha = add(origin, {"b": "2"})
    fetch = mirrors.fetch_command(remote, mirror, 1 << 30)
    done = subprocess.run(fetch.argv, env=fetch.env, capture_output=True, text=True, check=False)
    check(done.returncode, done.stderr)
    assert mirrors.heads(mirror)["main"] == sha


def test_a_command_for_others_ends_at_the_limit(origin, tmp_path):
    (origin / "big").write_bytes(os.urandom(3 << 20))
    add(origin, {})
    command = mirrors.clone_command(Remote(str(origin)), tmp_path / "m.git", 1 << 20)
    done = subprocess.run(
        command.argv, env=command.env, capture_output=True, text=True, check=False
    )
    with pytest.raises(GitError) as caught:
        check(done.returncode, done.stderr)
    assert caught.value.kind == "too_large"


def test_the_mirror_that_is_there_stays(origin, mirror, tmp_path):
    arrived = mirrors.incoming(mirror)
    subprocess.run(["cp", "-r", mirror, arrived], check=True)
    (mirror / "mark").touch()
    mirrors.settle(arrived, mirror)
    assert (mirror / "mark").exists()
    assert not arrived.exists()


def test_the_timeout_is_kept(origin, tmp_path, monkeypatch):
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nsleep 600 & echo $! > $0.pid; wait\n")
    (slow / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow}:{os.environ['PATH']}")
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(str(origin)), tmp_path / "m.git", timeout=0.5, limit=1 << 30)
    assert caught.value.kind == "timeout"
    pid = int((slow / "git.pid").read_text())
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the death of git's children")


def test_without_git_the_sentence_says_so(origin, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(str(origin)), tmp_path / "m.git", **LIMITS)
    assert caught.value.kind == "git_missing"


def test_a_damaged_mirror_says_so(origin, mirror):
    for pack in (mirror / "objects" / "pack").iterdir():
        pack.unlink()
    for ref in (mirror / "packed-refs", mirror / "HEAD"):
        ref.unlink(missing_ok=True)
    with pytest.raises(GitError) as caught:
        mirrors.heads(mirror)
    assert caught.value.kind == "broken"


def test_hooks_and_filters_of_a_repository_do_not_run(origin, mirror, tmp_path):
    marker = tmp_path / "ran"
    sha = add(origin, {".gitattributes": "* filter=evil\n", "x": "y"})
    hook = mirror / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(0o755)
    mirrors.fetch_sha(Remote(str(origin)), mirror, sha, "refs/ci/1-1", **LIMITS)
    checkout(mirror, tmp_path / "w", sha)
    assert (tmp_path / "w" / "x").read_text() == "y"
    assert not marker.exists()


def test_a_checkout_is_whole_and_detached(origin, mirror, tmp_path):
    (origin / "run.sh").write_text("#!/bin/sh\n")
    (origin / "run.sh").chmod(0o755)
    (origin / "link").symlink_to("Makefile")
    sha = add(origin, {"ä b": "1"})
    mirrors.fetch_sha(Remote(str(origin)), mirror, sha, "refs/ci/1-1", **LIMITS)
    place = tmp_path / "w"
    checkout(mirror, place, sha)
    assert git(place, "rev-parse", "HEAD") == sha
    assert git(place, "status", "--porcelain") == ""
    assert os.access(place / "run.sh", os.X_OK)
    assert (place / "link").is_symlink()
    assert (place / "ä b").read_text() == "1"


@pytest.mark.parametrize("name", [".git/hooks/post-checkout", ".GIT/config"])
def test_a_tree_that_would_write_into_git_is_refused(origin, mirror, tmp_path, name):
    blob = git(origin, "hash-object", "-w", "Makefile")
    tree = blob
    for part in reversed(name.split("/")):
        kind = "100644 blob" if tree == blob else "040000 tree"
        done = subprocess.run(
            ["git", "mktree"],
            cwd=origin,
            input=f"{kind} {tree}\t{part}\n",
            capture_output=True,
            text=True,
            check=True,
        )
        tree = done.stdout.strip()
    sha = git(origin, "commit-tree", tree, "-m", "evil")
    git(origin, "update-ref", "refs/heads/evil", sha)
    with pytest.raises(GitError) as caught:
        mirrors.fetch_sha(Remote(str(origin)), mirror, sha, "refs/ci/1-1", **LIMITS)
        checkout(mirror, tmp_path / "w", sha)
    assert caught.value.kind == "hostile"
