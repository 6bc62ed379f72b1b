"""A GitHub for tests, held to GitHub's own published schemas.

    with FakeGitHub() as github:
        token = github.add_token("octocat")
        github.add_repository("octocat/hello")
        ...  # point HOBOTNICA_GITHUB_API_URL at github.api_url
        github.push("octocat/hello", message="Say hello")

Everything can be changed while it runs. What the fake itself does wrong, or is asked that it does
not know, is in `violations`; what it refused as off the schema is in `refused`.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.support import factories, github_graphql, github_rest
from tests.support.faults import Fault, FaultQueue, perform
from tests.support.github_deliveries import NOTHING, Delivery, payload, push_payload, send
from tests.support.github_model import Account, Directory, FakeRepository, Token
from tests.support.github_openapi import OffTheSchema, check_answer, description
from tests.support.http_server import Handler, Server


@dataclass(frozen=True)
class Received:
    """A request that came in, with all its headers, so that tests can look for the token."""

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: bytes
    operation: str


class FakeGitHub:
    """The server and everything it knows; `api_url` is laid out as GitHub Enterprise's."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        # Both raise MaterialMissing here, before anything is started.
        github_graphql.schema()
        description()
        self.directory = Directory()
        self.faults = FaultQueue()
        self.requests: list[Received] = []
        self.deliveries: list[Delivery] = []
        self.violations: list[str] = []
        self.refused: list[str] = []
        self.git_url = ""
        self.hook_trust: ssl.SSLContext | None = None
        self._server = Server(_Handler, tls)
        self._server.github = self  # type: ignore[attr-defined]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> FakeGitHub:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        for thread in self._threads:
            thread.join(15)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """What HOBOTNICA_GITHUB_API_URL is to be."""
        return f"{self.url}/api/v3"

    @property
    def graphql_url(self) -> str:
        """Where GraphQL is."""
        return f"{self.url}/api/graphql"

    # Accounts and tokens

    def add_user(self, login: str, name: str = "") -> Account:
        """An account; adding it again gives the one that is there."""
        return self.directory.accounts.setdefault(login.lower(), Account(login, name))

    def add_organisation(self, login: str, admins: tuple[str, ...] = ()) -> Account:
        """An organisation; its admins administer its repositories."""
        account = Account(login, organisation=True, admins={admin.lower() for admin in admins})
        return self.directory.accounts.setdefault(login.lower(), account)

    def add_token(
        self,
        login: str,
        scopes: tuple[str, ...] | None = ("repo", "admin:repo_hook"),
        value: str = "",
    ) -> str:
        """A new token of the user (added if missing); `scopes` None: a fine-grained one."""
        token = Token(value or factories.token(), self.add_user(login), scopes)
        self.directory.tokens[token.value] = token
        return token.value

    def revoke(self, token: str) -> None:
        """From now on the token is wrong."""
        del self.directory.tokens[token]

    def require_sso(self, token: str, organisation: str) -> None:
        """From now on the organisation wants single sign-on from this token."""
        self.directory.tokens[token].sso_missing.add(organisation.lower())

    # Repositories

    def add_repository(
        self,
        full_name: str = "",
        *,
        empty: bool = False,
        permissions: dict[str, str] | None = None,
        **facts: Any,
    ) -> FakeRepository:
        """A repository with one commit (unless empty); its owner is added if missing."""
        owner, name = (full_name or f"{factories.owner()}/{factories.name()}").split("/")
        self.add_user(owner)
        repository = FakeRepository(owner, name, **facts)
        for login, level in (permissions or {}).items():
            repository.permissions[login.lower()] = level
        if not empty:
            repository.add_commit(repository.default_branch, message="Initial commit")
        self.directory.repositories.append(repository)
        return repository

    def repository(self, full_name: str) -> FakeRepository:
        """The repository of this name; KeyError without one."""
        found = self.directory.repository(full_name)
        if found is None:
            raise KeyError(full_name)
        return found

    def set_permission(self, full_name: str, login: str, level: str | None) -> None:
        """Give the user a level, or with None take access away."""
        permissions = self.repository(full_name).permissions
        if level is None:
            permissions.pop(login.lower(), None)
        else:
            permissions[login.lower()] = level

    def move(self, full_name: str, new_full_name: str) -> list[Delivery]:
        """Rename or transfer; the old name goes on leading there. Tells the webhooks."""
        repository = self.repository(full_name)
        self.directory.former[repository.full_name.lower()] = repository
        owner, name = new_full_name.split("/")
        action = "renamed" if owner == repository.owner else "transferred"
        self.add_user(owner)
        repository.owner, repository.name = owner, name
        return self.deliver(repository.full_name, "repository", action=action)

    def delete(self, full_name: str) -> None:
        """Remove the repository."""
        self.directory.repositories.remove(self.repository(full_name))

    def hooks(self, full_name: str) -> list[dict[str, Any]]:
        """The repository's webhooks, secrets in clear."""
        return list(self.repository(full_name).hooks.values())

    def statuses(self, full_name: str, sha: str | None = None) -> list[dict[str, Any]]:
        """The commit statuses that were set, oldest first; each has `sha`."""
        return [
            status
            for status in self.repository(full_name).statuses
            if sha is None or status["sha"] == sha
        ]

    # What happens at GitHub

    def push(
        self,
        full_name: str,
        *,
        branch: str = "main",
        sha: str = "",
        message: str = "A change",
        author: str = "octocat",
        delivery: str | None = None,
    ) -> list[Delivery]:
        """Put a commit on the branch and tell the webhooks; the deliveries with their answers."""
        repository = self.repository(full_name)
        before = repository.branches.get(branch, NOTHING)
        after = repository.add_commit(branch, sha, message, author)
        return self.tell_push(full_name, f"refs/heads/{branch}", before, after, delivery=delivery)

    def tell_push(
        self, full_name: str, ref: str, before: str, after: str, *, delivery: str | None = None
    ) -> list[Delivery]:
        """Deliver a push event for what was pushed already."""
        repository = self.repository(full_name)
        body = push_payload(self.directory, repository, ref, before, after)
        return self.send(full_name, "push", body, delivery=delivery)

    def delete_branch(self, full_name: str, branch: str) -> list[Delivery]:
        """Remove the branch and tell the webhooks."""
        before = self.repository(full_name).branches.pop(branch)
        return self.tell_push(full_name, f"refs/heads/{branch}", before, NOTHING)

    def tag(self, full_name: str, tag: str, sha: str) -> list[Delivery]:
        """Put a tag on the commit and tell the webhooks."""
        self.repository(full_name).tags[tag] = sha
        return self.tell_push(full_name, f"refs/tags/{tag}", NOTHING, sha)

    def deliver(self, full_name: str, event: str, **fields: Any) -> list[Delivery]:
        """Deliver GitHub's example of the event, with these fields changed."""
        body = payload(self.directory, self.repository(full_name), event, **fields)
        return self.send(full_name, event, body)

    def send(
        self, full_name: str, event: str, body: dict[str, Any], *, delivery: str | None = None
    ) -> list[Delivery]:
        """Send this payload to every active webhook that wants the event."""
        done = [
            send(hook, event, body, delivery=delivery, trust=self.hook_trust)
            for hook in self.hooks(full_name)
            if hook["active"] and (event == "ping" or {event, "*"} & set(hook["events"]))
        ]
        self.deliveries += done
        return done

    def ping(self, repository: FakeRepository, hook: dict[str, Any]) -> None:
        """Greet a webhook from a thread, as GitHub does after it was created."""
        fields = {"hook_id": hook["id"], "hook": {"id": hook["id"], "events": hook["events"]}}

        def greet() -> None:
            body = payload(self.directory, repository, "ping", **fields)
            self.deliveries.append(send(hook, "ping", body, trust=self.hook_trust))

        thread = threading.Thread(target=greet, daemon=True)
        self._threads.append(thread)
        thread.start()

    def fail(
        self,
        fault: str | Fault,
        *,
        on: str = "",
        times: int = 1,
        seconds: float | None = None,
    ) -> None:
        """Fail the next requests; `on` is as in "POST /repos/o/r/statuses" or "RepositoryAccess".

        The names of faults are the keys of `faults.FAULTS`.
        """
        self.faults.add(fault, on, times, seconds)

    def requests_of(self, operation: str) -> list[Received]:
        """What came in for a GraphQL operation, or beginning with "METHOD /path"."""
        return [
            request
            for request in self.requests
            if request.operation == operation
            or f"{request.method} {request.path}".startswith(operation)
        ]


class _Handler(Handler):
    def answer(self) -> None:
        github: FakeGitHub = self.server.github
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        path = re.sub(r"\A/api(?:/v3)?(?=/)", "", path)
        body = _object(raw) if path == "/graphql" else {}
        operation = str(body.get("operationName", "")) if path == "/graphql" else ""
        github.requests.append(
            Received(self.command, path, dict(self.headers.items()), raw, operation)
        )
        fault = github.faults.take(f"{self.command} {path}", *filter(None, [operation]))
        if fault and not perform(self, fault):
            return
        try:
            answer = self._answer(github, path, dict(parse_qsl(query)), raw, body)
        except Exception as error:  # a mistake of the fake's own must be seen
            github.violations.append(f"{self.command} {path}: {error!r}")
            answer = github_rest.refusal(500, "The fake failed")
        self._give(answer)

    def _answer(
        self,
        github: FakeGitHub,
        path: str,
        query: dict[str, str],
        raw: bytes,
        body: dict[str, Any],
    ) -> github_rest.Answer:
        if not self.headers.get("User-Agent"):
            return github_rest.refusal(403, "Request forbidden by administrative rules.")
        found = re.match(r"(?i)(?:bearer|token) (.+)", self.headers.get("Authorization", ""))
        token = github.directory.tokens.get(found[1]) if found else None
        if token is None:
            return github_rest.refusal(401, "Bad credentials" if found else "Requires auth")
        if path == "/graphql":
            reply = github_graphql.answer(
                github.directory, token, body, github.git_url or github.url
            )
            if "data" not in reply:
                github.refused.append(f"GraphQL: {reply['errors'][0]['message']}")
            return github_rest.Answer(200, reply, _scopes(token))
        call = github_rest.Call(
            github.directory, token, self.command, path, query, raw, github.url, github.ping
        )
        answer = github_rest.answer(call)
        if answer is None:
            github.violations.append(f"not known to the fake: {self.command} {path}")
            return github_rest.refusal(404, "Not Found")
        if answer.status == 422:
            github.refused.append(f"{self.command} {path}: {json.dumps(answer.body)}")
        try:
            sent = json.dumps(answer.body).encode()
            check_answer(self.command, path, query, answer.status, sent)
        except OffTheSchema as error:
            github.violations.append(f"own answer to {self.command} {path}: {error}")
        answer.headers.update(_scopes(token))
        return answer

    def _give(self, answer: github_rest.Answer) -> None:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "X-GitHub-Request-Id": uuid.uuid4().hex[:20].upper(),
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "4999",
            "X-RateLimit-Reset": str(int(time.time()) + 3600),
            **answer.headers,
        }
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send(answer.status, body, headers)


def _scopes(token: Token) -> dict[str, str]:
    return {} if token.scopes is None else {"X-OAuth-Scopes": ", ".join(token.scopes)}


def _object(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
