"""Real git over smart HTTP, with the fake GitHub's tokens and permissions.

    with FakeGitHub() as github, GitServer(github, directory, ca.server()) as git_server:
        repo = git_server.create("octocat/hello", files={"Makefile": "test:\\n\\t@echo ok\\n"})
        sha = repo.commit({"a": "1"}, message="Add a")      # nobody is told
        pushed = repo.push({"a": "2"}, message="Change a")  # the webhooks are told

Like GitHub: no or wrong credentials 401, no access 404, no right to push 403, an old name is
redirected. The owners `hang`, `drip`, `e403`, `e429`, `e500`, `html` and `closed` fail as they say.
A repository whose full name is in `held` waits until it is taken out.
"""

from __future__ import annotations

import base64
import binascii
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from myapp.demo import repository as git
from myapp.demo import smart_http
from tests.support.fake_github import FakeGitHub
from tests.support.faults import drip
from tests.support.github_deliveries import NOTHING, Delivery
from tests.support.github_model import FakeRepository, Token
from tests.support.http_server import Handler, Server, cut

DEFAULT_FILES = {"Makefile": "test:\n\t@echo ok\n"}
_LOG = "--format=%H%x1f%an%x1f%B%x1e"


@dataclass(frozen=True)
class GitRequest:
    """A request to the git server, with its headers, so that tests can look for the token."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True)
class Pushed:
    """A pushed commit and what the webhooks answered."""

    sha: str
    deliveries: list[Delivery]


class GitRepository:
    """A repository at the fake GitHub with a real one behind it."""

    def __init__(self, server: GitServer, facts: FakeRepository, directory: Path) -> None:
        self.server, self.facts, self.directory = server, facts, directory

    @property
    def full_name(self) -> str:
        """`owner/name`, as it is now."""
        return self.facts.full_name

    @property
    def url(self) -> str:
        """The address to clone from."""
        return f"{self.server.url}/{self.full_name}.git"

    @property
    def head(self) -> str:
        """The default branch's SHA."""
        return git.refs(self.directory)[f"refs/heads/{self.facts.default_branch}"]

    def commit(self, files: Mapping[str, git.Content] | None = None, **options: Any) -> str:
        """Put a commit on a branch without telling anyone; options as of `repository.commit`."""
        options.setdefault("branch", self.facts.default_branch)
        sha = git.commit(self.directory, files or {}, **options)
        self.refresh()
        return sha

    def push(
        self,
        files: Mapping[str, git.Content] | None = None,
        *,
        delivery: str | None = None,
        **options: Any,
    ) -> Pushed:
        """Commit and tell the webhooks; `parent` as another SHA or "" makes it a forced push."""
        branch = options.get("branch", self.facts.default_branch)
        ref = f"refs/heads/{branch}"
        before = git.refs(self.directory).get(ref, NOTHING)
        sha = self.commit(files, **options)
        done = self.server.github.tell_push(self.full_name, ref, before, sha, delivery=delivery)
        return Pushed(sha, done)

    def tag(self, name: str, sha: str = "", *, annotated: bool = False) -> None:
        """Put a tag on a commit (default: the head)."""
        identity = ("-c", "user.name=octocat", "-c", "user.email=octocat@users.example")
        kind = ("-a", "-m", name) if annotated else ()
        git.git(self.directory, *identity, "tag", *kind, name, sha or self.head)
        self.refresh()

    def delete_branch(self, branch: str) -> None:
        """Remove a branch without telling anyone."""
        git.git(self.directory, "update-ref", "-d", f"refs/heads/{branch}")
        self.refresh()

    def forget_unreachable(self) -> None:
        """Drop every commit that no branch or tag leads to, as GitHub does one day."""
        git.git(self.directory, "-c", "gc.auto=0", "repack", "-q", "-a", "-d")
        git.git(self.directory, "prune", "--expire=now")
        self.facts.commits.clear()
        self.refresh()

    def refresh(self) -> None:
        """Let the API know what the repository holds now."""
        facts, refs = self.facts, git.refs(self.directory)
        facts.branches = _under(refs, "refs/heads/")
        text = git.git(self.directory, "log", "--all", _LOG) if refs else ""
        for entry in text.split("\x1e"):
            if entry.strip():
                sha, author, message = entry.strip("\n").split("\x1f")
                facts.add_commit(None, sha, message.strip("\n"), author)
        facts.tags = {
            name: git.git(self.directory, "rev-parse", f"{sha}^{{commit}}")
            for name, sha in _under(refs, "refs/tags/").items()
        }


class GitServer:
    """`git http-backend` behind Basic authentication; `url` is for HOBOTNICA_GITHUB_URL."""

    def __init__(
        self, github: FakeGitHub, directory: Path, tls: ssl.SSLContext | None = None
    ) -> None:
        self.github, self.directory = github, directory
        self.requests: list[GitRequest] = []
        self.repositories: dict[int, GitRepository] = {}
        self.held: set[str] = set()
        self._server = Server(_Handler, tls)
        self._server.git_server = self  # type: ignore[attr-defined]

    def __enter__(self) -> GitServer:
        self._server.start()
        self.github.git_url = self.url
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """The server's address."""
        return self._server.url

    def create(
        self,
        full_name: str = "",
        files: Mapping[str, git.Content] | None = None,
        *,
        empty: bool = False,
        message: str = "Initial commit",
        **facts: Any,
    ) -> GitRepository:
        """A repository, known to the API as well, with one commit of these files (unless empty).

        Without files it has a Makefile whose test passes; `facts` as of `add_repository`.
        """
        found = self.github.add_repository(full_name, empty=True, **facts)
        found.git_dir = self.directory / f"{found.id}.git"
        git.create(found.git_dir, found.default_branch)
        repository = GitRepository(self, found, found.git_dir)
        self.repositories[found.id] = repository
        if not empty:
            repository.commit(DEFAULT_FILES if files is None else files, message=message)
        return repository

    def tell(self, repository: GitRepository, before: dict[str, str]) -> None:
        """Tell the webhooks what a client's push changed."""
        after = git.refs(repository.directory)
        for ref in sorted(before.keys() | after.keys()):
            old, new = before.get(ref, NOTHING), after.get(ref, NOTHING)
            if old != new:
                self.github.tell_push(repository.full_name, ref, old, new)


class _Handler(Handler):
    def answer(self) -> None:
        server: GitServer = self.server.git_server
        path, _, query = self.path.partition("?")
        server.requests.append(GitRequest(self.command, self.path, dict(self.headers.items())))
        place = smart_http.split(path)
        if place is None:
            self._deny(404, "Not Found")
        elif not self._fail(place[0]):
            self._hold(server, f"{place[0]}/{place[1]}")
            self._serve(server, place, query)

    @staticmethod
    def _hold(server: GitServer, full_name: str) -> None:
        stopping = server._server.stopping
        while full_name in server.held and not stopping.wait(0.05):
            pass

    def _fail(self, owner: str) -> bool:
        if owner == "hang":
            self.server.stopping.wait()
        elif owner == "drip":
            drip(self, 0.5)
        elif owner == "closed":
            cut(self.connection)
        elif owner == "html":
            self.send(200, b"<html>Welcome</html>", {"Content-Type": "text/html"})
        elif owner in ("e403", "e429", "e500"):
            self._deny(int(owner[1:]), "error")
        else:
            return False
        self.close_connection = True
        return True

    def _serve(self, server: GitServer, place: tuple[str, str, str], query: str) -> None:
        write = smart_http.is_write(place[2], query)
        token = self._token(server.github)
        directory = server.github.directory
        facts = directory.repository(f"{place[0]}/{place[1]}")
        given = self.headers.get("Authorization") is not None
        if token is None and (given or write or facts is None or facts.private):
            self._challenge(given)
        elif facts is None or facts.git_dir is None or not directory.may(token, facts, "READ"):
            self._deny(404, "Repository not found.")
        elif token and facts.owner.lower() in token.sso_missing:
            self._deny(403, "The organization has enabled or enforced SAML SSO.")
        elif write and (facts.archived or not directory.may(token, facts, "WRITE")):
            self._deny(403, "Write access to repository not granted.")
        elif place[2] == "info/refs" and self._is_former(facts, place):
            location = f"{server.url}/{facts.full_name}.git/{place[2]}?{query}".rstrip("?")
            self.send(301, b"", {"Location": location})
        else:
            self._run(server, facts, place[2], query, token)

    def _run(
        self, server: GitServer, facts: FakeRepository, rest: str, query: str, token: Token | None
    ) -> None:
        repository = server.repositories[facts.id]
        pushing = rest == "git-receive-pack"
        before = git.refs(repository.directory) if pushing else {}
        smart_http.serve(
            self,
            repository.directory,
            rest,
            query,
            user=token.account.login if token else "",
            # The API knows of the push before the client knows that it worked.
            before_end=repository.refresh if pushing else None,
        )
        if pushing:
            server.tell(repository, before)

    @staticmethod
    def _is_former(facts: FakeRepository, place: tuple[str, str, str]) -> bool:
        return facts.full_name.lower() != f"{place[0]}/{place[1]}".lower()

    def _token(self, github: FakeGitHub) -> Token | None:
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        try:
            text = base64.b64decode(value).decode() if kind == "Basic" else ""
        except (binascii.Error, UnicodeDecodeError):
            return None
        return github.directory.tokens.get(text.partition(":")[2])

    def _challenge(self, given: bool) -> None:
        text = "Invalid username or token." if given else "Repository not found."
        self._deny(401, text, {"WWW-Authenticate": 'Basic realm="GitHub"'})

    def _deny(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        # The body may not have been read: the connection cannot be used again.
        self.close_connection = True
        plain = {"Content-Type": "text/plain", "Connection": "close"}
        self.send(status, text.encode(), {**plain, **(headers or {})})


def _under(refs: dict[str, str], prefix: str) -> dict[str, str]:
    return {ref.removeprefix(prefix): sha for ref, sha in refs.items() if ref.startswith(prefix)}
