"""A service without a worker between its GitHub and its git, and people with rights of all kinds.

What a test needs beforehand (repositories, builds, logs) is written by the domain's own verbs into
the service's database; what it is about goes over HTTP.
"""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import urllib3

from myapp import accounts, builds, repositories
from myapp.accounts import Account
from myapp.builds import Build
from myapp.context import Context
from myapp.github.model import RepositoryFacts, Viewer
from myapp.repositories import Repository
from myapp.runner.model import Result
from myapp.services.cookies import SESSION_COOKIE, Cookies
from myapp.settings import Settings
from myapp.store import access as access_table
from tests.support import domain, factories
from tests.support.certificates import Authority
from tests.support.contract_client import ContractClient, personal_token
from tests.support.fake_github import FakeGitHub
from tests.support.git_server import GitServer
from tests.support.github_model import FakeRepository
from tests.support.service import Service
from tests.support.wait import wait_until

OWNER = "octocat"  # registers the repositories and owns them at GitHub
PEOPLE = (OWNER, "boss", "writer", "reader", "stranger", "root", "banned")
PERMISSIONS = {"boss": "ADMIN", "writer": "WRITE", "reader": "READ", "banned": "ADMIN"}
ADMINISTRATOR = "root"  # named in HOBOTNICA_ADMINS
DISABLED_REASON = "left the company"
PASSED = Result("passed", None, 0, 0.5, 1 << 20)
FAILED = Result("failed", "make test ended with exit code 2", 2, 0.5, 1 << 20)
_ADDRESSES = itertools.count(1)


class QuietService(Service):
    """A service without a worker, which is never healthy but answers."""

    def wait_until_healthy(self) -> None:
        """Wait until it answers anything."""
        wait_until(self._answers, 60, every=0.05, what="the service answers")

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"serve.py ended\n{self.told}")
        try:
            return self.api.get("/api/public/references").status == 200
        except urllib3.exceptions.HTTPError:
            return False


def new_address() -> dict[str, str]:
    """Headers of a client at an address of its own: rate limits are told apart by it."""
    number = next(_ADDRESSES)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


@dataclass
class Place:
    """`client("reader")` is somebody's, `repository()` and `build(...)` are new ones."""

    github: FakeGitHub
    git: GitServer
    service: Service
    context: Context
    tokens: dict[str, str]
    people: dict[str, Account]
    ca: Authority
    _open: list[httpx.Client] = field(default_factory=list)

    def client(
        self, login: str | None = OWNER, headers: dict[str, str] | None = None, **options: Any
    ) -> ContractClient:
        """A client with somebody's token, or of nobody; held to the contract."""
        credentials = personal_token(login, self.tokens[login]) if login else {}
        given = {**new_address(), **credentials, **(headers or {})}
        client = ContractClient(self.service.url, headers=given, **options)
        self._open.append(client)
        return client

    def plain(
        self, login: str | None = OWNER, headers: dict[str, str] | None = None
    ) -> httpx.Client:
        """The same, not held to the contract: for pages, and for what openapi-core cannot read."""
        credentials = personal_token(login, self.tokens[login]) if login else {}
        given = {**new_address(), **credentials, **(headers or {})}
        options: dict[str, Any] = {"timeout": 30, "trust_env": False}
        client = httpx.Client(base_url=self.service.url, headers=given, **options)
        self._open.append(client)
        return client

    def session(self, login: str, token: str = "") -> dict[str, str]:
        """The headers of a browser in which somebody has signed in."""
        session_id = accounts.open_session(
            self.context, self.people[login], token or self.tokens[login]
        )
        value = self.cookies.seal_session(session_id)
        return {"Cookie": f"{SESSION_COOKIE}={value}", "Sec-Fetch-Site": "same-origin"}

    @property
    def cookies(self) -> Cookies:
        """The service's own, to read and to make what browsers have."""
        return Cookies(self.context.vault.signing_key("cookies"))

    def forget_clients(self) -> None:
        """Close them all."""
        for client in self._open:
            client.close()
        self._open.clear()

    # What is there before a test begins

    def at_github(self, full_name: str = "", **facts: Any) -> FakeRepository:
        """A repository at GitHub, with people of every permission."""
        name = full_name or f"{OWNER}/{factories.name()}"
        facts.setdefault("permissions", PERMISSIONS)
        return self.github.add_repository(name, **facts)

    def registered(self, full_name: str = "", **facts: Any) -> Repository:
        """The same, registered by its owner; being cloned as far as anybody knows."""
        fake = self.at_github(full_name, **facts)
        told = RepositoryFacts(
            node_id=fake.node_id,
            owner=fake.owner,
            name=fake.name,
            private=fake.private,
            archived=fake.archived,
            empty=False,
            permission="ADMIN",
            default_branch=fake.default_branch,
            default_branch_sha=fake.head or "",
            head_message="Initial commit",
            head_author=OWNER,
            html_url=f"{self.git.url}/{fake.full_name}",
            description=fake.description or "",
        )
        return repositories.register(self.context, self.people[OWNER], told, self.tokens[OWNER])

    def repository(self, full_name: str = "", **facts: Any) -> Repository:
        """The same, ready."""
        found = repositories.mark_ready(self.context, self.registered(full_name, **facts).id)
        assert found is not None
        return found

    def queued(self, repository: Repository, **new: Any) -> Build:
        """A build that waits."""
        usual: dict[str, Any] = {
            "event": "push",
            "branch": "main",
            "ref": "refs/heads/main",
            "sha": factories.sha(),
            "message": "A change",
            "author": OWNER,
            "creator": OWNER,
        }
        return builds.enqueue(self.context, repository, **{**usual, **new})

    def running(self, repository: Repository, log: bytes = b"", **new: Any) -> Build:
        """A build that a worker (of the test's) is at work on."""
        return self.take(self.queued(repository, **new), log)

    def take(self, build: Build, log: bytes = b"") -> Build:
        """Let the worker claim this build, whatever else waits."""
        others: list[Build] = []
        while True:
            claimed = domain.claimed(self.context, domain.worker(self.context, "w1", 1000)).build
            if claimed.id == build.id:
                break
            others.append(claimed)
        for other in others:
            builds.finish(self.context, other.id, other.attempt, PASSED)
        builds.workers.gone(self.context, "w1")
        self.write(claimed, log)
        return claimed

    def write(self, build: Build, log: bytes) -> None:
        """Add to a running build's log."""
        if log:
            builds.append_log(self.context, build.id, build.attempt, log)

    def finish(self, build: Build, result: Result = PASSED) -> Build:
        """End a running build."""
        return builds.finish(self.context, build.id, build.attempt, result)

    def finished(
        self, repository: Repository, log: bytes = b"", result: Result = PASSED, **new: Any
    ) -> Build:
        """A build that has run."""
        return self.finish(self.running(repository, log, **new), result)

    def empty_the_queue(self) -> None:
        """End what a test has left, so that the next one's build is the next to be claimed."""
        with self.context.database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE builds SET state = 'cancelled', reason = 'the test has ended', "
                "finished_at = created_at WHERE state IN ('queued', 'running')"
            )
        self.context.changed("queue")

    def remember_access(
        self, login: str, repository: Repository, permission: str, age: float = 0.0
    ) -> None:
        """As if GitHub had said so some seconds ago."""
        with self.context.database.write() as connection:
            access_table.grant(
                connection,
                self.people[login].id,
                repository.id,
                permission,
                time.time() - age,
            )


def path_of(repository: Repository) -> str:
    """The address of a repository in the API."""
    return f"/api/repositories/{repository.full_name}"


def until_ready(client: httpx.Client, path: str) -> dict[str, Any]:
    """The repository once its clone has ended well."""

    def look() -> Any:
        found = client.get(path).json()
        assert found["status"] != "failed", found["status_reason"]
        return found if found["status"] == "ready" else None

    found: dict[str, Any] = wait_until(look, 60, what=f"{path} is ready")
    return found


def open_place(directory: Path, ca: Authority, stack: ExitStack, **settings: Any) -> Place:
    """Start everything; the stack ends it."""
    github = stack.enter_context(FakeGitHub(ca.server()))
    git = stack.enter_context(GitServer(github, directory / "git", ca.server()))
    given = {
        "github_url": git.url,
        "github_api_url": github.api_url,
        "ca_file": ca.pem,
        "worker": "none",
        "admins": ADMINISTRATOR,
        "trusted_proxy": "127.0.0.1",
        "watchdog": "1",
        **settings,
    }
    service = stack.enter_context(QuietService(directory / "service", **given))
    read = {name: value for name, value in service.environment.items() if "HOBOTNICA_" in name}
    context = Context.open(Settings.read(read))
    stack.callback(context.close)
    tokens = {login: github.add_token(login) for login in PEOPLE}
    people = {}
    for login in PEOPLE:
        account = github.add_user(login)
        page = f"{git.url}/{login}"
        people[login] = accounts.remember(context, Viewer(account.node_id, login, login, page))
    accounts.set_disabled(context, "banned", DISABLED_REASON)
    return Place(github, git, service, context, tokens, people, ca)
