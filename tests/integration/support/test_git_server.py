"""The git server behaves as GitHub's: who may fetch and push, and how it fails."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import urllib3

from myapp.demo.repository import Executable, Symlink, environment
from tests.support.certificates import Authority
from tests.support.fake_github import FakeGitHub
from tests.support.git_server import GitServer

Git = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def git(ca: Authority, tmp_path: Path) -> Git:
    def run(
        *arguments: str, token: str = "", timeout: float = 30
    ) -> subprocess.CompletedProcess[str]:
        helper = tmp_path / "helper"
        helper.write_text(f"#!/bin/sh\necho username=x\necho password={token}\n")
        helper.chmod(0o700)
        settings = ["-c", f"credential.helper={helper}"] if token else []
        who = ["-c", "user.name=Mona", "-c", "user.email=mona@users.example"]
        return subprocess.run(
            ["git", *settings, *who, *arguments],
            env={**environment(), "GIT_SSL_CAINFO": str(ca.pem)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


def test_owner_clones_and_pushes_and_the_api_knows(
    git: Git, git_server: GitServer, octocat: str, tmp_path: Path
) -> None:
    repo = git_server.create(
        "octocat/hello", files={"run.sh": Executable("#!/bin/sh\n"), "l": Symlink("run.sh")}
    )
    assert git("clone", "-q", repo.url, "c", token=octocat).returncode == 0
    assert (tmp_path / "c" / "run.sh").stat().st_mode & 0o100
    assert (tmp_path / "c" / "l").readlink() == Path("run.sh")
    (tmp_path / "c" / "big").write_text("x" * 3_000_000)
    git("-C", "c", "add", ".")
    git("-C", "c", "commit", "-q", "-m", "Add something big")
    pushed = git("-C", "c", "push", "-q", "origin", "main:topic", token=octocat)
    assert pushed.returncode == 0, pushed.stderr
    assert repo.facts.commits[repo.facts.branches["topic"]].message == "Add something big"


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("nobody", "could not read Username"),
        ("wrong", "Authentication failed"),
        ("revoked", "Authentication failed"),
        ("stranger", "not found"),
        ("sso", "error: 403"),
    ],
)
def test_refusals_are_githubs(
    git: Git, git_server: GitServer, fake_github: FakeGitHub, who: str, words: str
) -> None:
    repo = git_server.create("octocat/hello")
    tokens = {"nobody": "", "wrong": "wrong", "stranger": fake_github.add_token("stranger")}
    token = tokens.get(who) if who in tokens else fake_github.add_token("octocat")
    if who == "revoked":
        fake_github.revoke(str(token))
    if who == "sso":
        fake_github.require_sso(str(token), "octocat")
    found = git("ls-remote", repo.url, token=str(token))
    assert found.returncode == 128
    assert words in found.stderr


def test_reader_fetches_but_does_not_push(
    git: Git, git_server: GitServer, fake_github: FakeGitHub
) -> None:
    repo = git_server.create("octocat/open", private=False)
    assert git("clone", "-q", repo.url, "c").returncode == 0
    found = git(
        "-C", "c", "push", "-q", "origin", "HEAD:topic", token=fake_github.add_token("mona")
    )
    assert "403" in found.stderr
    assert "topic" not in repo.facts.branches


def test_old_name_leads_to_the_new_one(
    git: Git, git_server: GitServer, fake_github: FakeGitHub, octocat: str
) -> None:
    repo = git_server.create("octocat/hello")
    old = repo.url
    fake_github.move("octocat/hello", "octocat/goodbye")
    found = git("ls-remote", old, token=octocat)
    assert repo.head in found.stdout
    assert any("goodbye" in request.path for request in git_server.requests)


def test_any_commit_is_given_by_its_sha_until_it_is_dropped(
    git: Git, git_server: GitServer, octocat: str
) -> None:
    repo = git_server.create("octocat/hello")
    dropped = repo.commit({"a": "1"})
    kept = repo.commit({"a": "2"}, parent="", message="Start afresh")
    git("init", "-q", "--bare", "m")
    assert git("-C", "m", "fetch", "-q", repo.url, dropped, token=octocat).returncode == 0
    repo.forget_unreachable()
    assert set(repo.facts.commits) == {kept}
    git("init", "-q", "--bare", "n")
    found = git("-C", "n", "fetch", "-q", repo.url, dropped, token=octocat)
    assert "not our ref" in found.stderr


def test_tags_branches_and_empty_repositories_are_known_to_the_api(git_server: GitServer) -> None:
    repo = git_server.create("octocat/hello")
    first = repo.head
    repo.commit({"b": b"\xff\x00", "Makefile": None}, branch="topic", parent=first)
    repo.tag("v1", annotated=True)
    repo.tag("v0", first)
    assert repo.facts.tags == {"v0": first, "v1": first}
    assert set(repo.facts.branches) == {"main", "topic"}
    repo.delete_branch("topic")
    assert set(repo.facts.branches) == {"main"}
    assert git_server.create("octocat/empty", empty=True).facts.branches == {}


def test_push_tells_the_webhooks(git_server: GitServer, fake_github: FakeGitHub) -> None:
    repo = git_server.create("octocat/hello")
    config = {"url": "http://127.0.0.1:1/", "secret": "s", "content_type": "json"}
    repo.facts.hooks[1] = {"id": 1, "active": True, "events": ["push"], "config": config}
    before = repo.head
    pushed = repo.push({"a": "1"}, message="Add a")
    assert pushed.sha == repo.head != before
    assert f'"before": "{before}"'.encode() in pushed.deliveries[0].raw
    assert pushed.sha.encode() in pushed.deliveries[0].raw


@pytest.mark.parametrize("owner", ["e500", "e403", "e429", "closed"])
def test_failing_owners_fail(git: Git, git_server: GitServer, owner: str) -> None:
    assert git("ls-remote", f"{git_server.url}/{owner}/x.git").returncode == 128


def test_git_takes_a_page_for_an_empty_repository(git: Git, git_server: GitServer) -> None:
    # Git's own fallback to the old protocol: nobody may take this for "no branches left".
    found = git("ls-remote", f"{git_server.url}/html/x.git")
    assert (found.returncode, found.stdout) == (0, "")


@pytest.mark.parametrize("owner", ["hang", "drip"])
def test_hanging_owners_hang(git: Git, git_server: GitServer, owner: str) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        git("ls-remote", f"{git_server.url}/{owner}/x.git", timeout=1)


@pytest.mark.parametrize("path", ["/x", "/octocat/hello.git/config", "/a/b.git/../../etc/passwd"])
def test_other_paths_are_not_served(git_server: GitServer, ca: Authority, path: str) -> None:
    git_server.create("octocat/hello", private=False)
    with urllib3.PoolManager(ssl_context=ca.client()) as pool:
        assert pool.request("GET", git_server.url + path).status == 404


def test_wrong_authority_is_not_believed(git_server: GitServer, tmp_path: Path) -> None:
    repo = git_server.create("octocat/open", private=False)
    found = subprocess.run(
        ["git", "ls-remote", repo.url],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "certificate verification failed" in found.stderr
