"""Git over TLS with tokens: what works, every way it fails, and where the token is not."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from myapp.git import GitError, Remote, check, clone_url, command, fifo_credentials
from myapp.git import mirror as mirrors
from myapp.git.command import environment

pytestmark = pytest.mark.npm
LIMITS = {"timeout": 60, "limit": 1 << 30}


@pytest.fixture
def repository(git_server, octocat):
    return git_server.create("octocat/hello", private=True)


@pytest.fixture
def ca_file(ca) -> Path:
    return ca.pem


def test_a_private_repository_is_cloned_with_its_token(repository, octocat, ca_file, tmp_path):
    mirror = tmp_path / "m" / "1.git"
    mirrors.create(Remote(repository.url, octocat, ca_file), mirror, **LIMITS)
    assert mirrors.heads(mirror) == {"main": repository.head}
    found = subprocess.run(
        ["grep", "-rl", octocat, tmp_path], capture_output=True, text=True, check=False
    )
    assert found.stdout == ""


def test_a_commit_that_no_branch_has_any_more_is_fetched(repository, octocat, ca_file, tmp_path):
    mirror = tmp_path / "m" / "1.git"
    remote = Remote(repository.url, octocat, ca_file)
    mirrors.create(remote, mirror, **LIMITS)
    old = repository.commit({"a": "1"})
    repository.commit({"a": "2"}, parent="")
    mirrors.fetch_sha(remote, mirror, old, "refs/ci/1-1", **LIMITS)
    repository.forget_unreachable()
    mirrors.delete_ref(mirror, "refs/ci/1-1")
    gone = repository.commit({"a": "3"})
    repository.commit({"a": "4"}, parent="")
    repository.forget_unreachable()
    with pytest.raises(GitError, match="is no longer in the repository"):
        mirrors.fetch_sha(remote, mirror, gone, "refs/ci/2-1", **LIMITS)


def test_a_wrong_token_says_so(repository, ca_file, tmp_path):
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(repository.url, "ghp_wrong", ca_file), tmp_path / "m.git", **LIMITS)
    assert caught.value.kind == "credentials"
    assert "ghp_wrong" not in str(caught.value)


def test_no_token_says_so(repository, ca_file, tmp_path):
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(repository.url, None, ca_file), tmp_path / "m.git", **LIMITS)
    assert caught.value.kind == "credentials"


def test_a_repository_that_does_not_exist_says_so(
    git_server, repository, octocat, ca_file, tmp_path
):
    url = clone_url(git_server.url, "octocat", "nothing")
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(url, octocat, ca_file), tmp_path / "m.git", **LIMITS)
    assert caught.value.kind == "missing"


@pytest.mark.parametrize(
    ("owner", "kind"),
    [("e403", "access"), ("e429", "rate_limited"), ("e500", "server"), ("closed", "network")],
)
def test_githubs_refusals_have_their_kinds(git_server, octocat, ca_file, tmp_path, owner, kind):
    url = clone_url(git_server.url, owner, "x")
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(url, octocat, ca_file), tmp_path / "m.git", **LIMITS)
    assert caught.value.kind == kind


def test_an_unknown_authority_says_so(repository, octocat, tmp_path):
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(repository.url, octocat), tmp_path / "m.git", **LIMITS)
    assert caught.value.kind == "tls"


def test_a_server_that_hangs_is_given_up(git_server, octocat, ca_file, tmp_path):
    url = clone_url(git_server.url, "hang", "x")
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote(url, octocat, ca_file), tmp_path / "m.git", timeout=1, limit=1 << 30)
    assert caught.value.kind == "timeout"


def test_nobody_there_says_so(octocat, tmp_path):
    with pytest.raises(GitError) as caught:
        mirrors.create(Remote("https://127.0.0.1:9/a/b.git", octocat), tmp_path / "m", **LIMITS)
    assert caught.value.kind == "network"


def test_a_clone_for_another_process_gets_its_token_from_the_fifo(
    repository, octocat, ca_file, tmp_path
):
    arrived = tmp_path / "m.git"
    remote = Remote(repository.url, octocat, ca_file)
    with fifo_credentials(octocat, tmp_path / "run") as given:
        clone = mirrors.clone_command(remote, arrived, 1 << 30, given)
        assert octocat not in repr(clone)
        done = subprocess.run(
            clone.argv, env=clone.env, capture_output=True, text=True, check=False
        )
    check(done.returncode, done.stderr)
    assert mirrors.heads(arrived) == {"main": repository.head}


def test_a_stale_fifo_is_a_matter_of_credentials(repository, octocat, ca_file, tmp_path):
    remote = Remote(repository.url, octocat, ca_file)
    given = fifo_credentials(octocat, tmp_path / "run")
    given.close()
    clone = mirrors.clone_command(remote, tmp_path / "m.git", 1 << 30, given)
    done = subprocess.run(clone.argv, env=clone.env, capture_output=True, text=True, check=False)
    with pytest.raises(GitError) as caught:
        check(done.returncode, done.stderr)
    assert caught.value.kind == "credentials"


def test_the_token_is_in_no_argument_and_no_environment(
    repository, octocat, ca_file, tmp_path, monkeypatch
):
    """Look at every process of this machine as often as possible while a clone runs."""
    seen: list[bytes] = []
    leaks: list[bytes] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            for entry in Path("/proc").iterdir():
                if not entry.name.isdigit():
                    continue
                for name in ("cmdline", "environ"):
                    try:
                        text = (entry / name).read_bytes()
                    except OSError:
                        continue
                    if b"git" in text:
                        seen.append(text)
                    if octocat.encode() in text:
                        leaks.append(text)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for number in range(3):
            remote = Remote(repository.url, octocat, ca_file)
            mirrors.create(remote, tmp_path / f"{number}.git", **LIMITS)
    finally:
        done.set()
        watcher.join()
    assert seen
    assert leaks == []


def test_another_host_does_not_get_the_token(git_server, repository, octocat, ca_file, tmp_path):
    """The helper belongs to the host of the address; 127.0.0.1 and localhost are two."""
    other = repository.url.replace("localhost", "127.0.0.1")
    if other == repository.url:
        other = repository.url.replace("127.0.0.1", "localhost")
    before = len(git_server.requests)
    with fifo_credentials(octocat, tmp_path / "run") as given:
        env = environment(repository.url, given.helper, ca_file)
        done = subprocess.run(
            ["git", "ls-remote", "--", other], env=env, capture_output=True, text=True, check=False
        )
    assert done.returncode != 0
    asked = git_server.requests[before:]
    assert all("Authorization" not in request.headers for request in asked)


def test_other_protocols_are_closed(tmp_path):
    for url in ("ext::sh -c 'touch x'", "ssh://h/r", "git://h/r", "ftp://h/r"):
        with pytest.raises(GitError):
            command.run(["ls-remote", "--", url], remote=Remote("https://github.com/a/b.git"))
