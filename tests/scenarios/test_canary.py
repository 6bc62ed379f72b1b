"""A token and a secret variable go through everything; then every place is searched for them."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.scenarios.world import OWNER, World, encoded, makefile, path_of
from tests.support.api_client import Api
from tests.support.wait import wait_until

SETTINGS = {"idle_timeout": 3, "log_format": "json"}

TELLING = (
    'echo "the secret is $$CANARY."',
    'echo "$$CANARY$$CANARY" 1>&2',
    'printf "%s" "$$CANARY" | fold -w 7',  # in pieces it is no longer the secret
    "env | sort; set | sort",
)
ENDS = {
    "passed": makefile(*TELLING),
    "failed": makefile(*TELLING, "exit 1"),
    "timed_out": makefile(*TELLING, "sleep 63.5"),
}
CRASH = makefile(
    'if [ "$$HOBOTNICA_BUILD_ATTEMPT" = 1 ]; then echo begun; sleep 63.5; fi', *TELLING
)


class Watch(threading.Thread):
    """Samples command lines and environments of all processes of the service."""

    def __init__(self, world: World) -> None:
        super().__init__(daemon=True)
        self._world, self._over = world, threading.Event()
        self.seen: set[bytes] = set()
        self.sampled: set[str] = set()

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join(10)

    def run(self) -> None:
        while not self._over.wait(0.005):
            self._sample()

    def _sample(self) -> None:
        process = self._world.service.process
        if process is None:
            return
        with contextlib.suppress(psutil.Error):
            for child in _tree(process.pid):
                place = Path("/proc", str(child.pid))
                with contextlib.suppress(OSError, psutil.Error):
                    environment = (place / "environ").read_bytes()
                    # What make runs is to have the variable: that is what it is for.
                    if b"HOBOTNICA_BUILD_ID=" not in environment:
                        self.seen |= {(place / "cmdline").read_bytes(), environment}
                        self.sampled.add(child.name())


def _tree(pid: int) -> Iterator[psutil.Process]:
    process = psutil.Process(pid)
    yield process
    yield from process.children(recursive=True)


@pytest.mark.slow
def test_a_secret_is_nowhere_in_clear(world: World) -> None:
    variable = f"canary-variable-{secrets.token_hex(16)}"
    token = world.github.add_token("canary", value=f"canary-token-{secrets.token_hex(16)}")
    api = world.api.with_token("canary", token)
    answers: list[tuple[str, bytes]] = []
    heard = Listening(api, answers)
    with Watch(world) as watch:
        name = "canary/hello"
        repository = world.create(full_name=name, permissions={OWNER: "ADMIN"})
        assert heard.ask("POST", "/api/repositories", {"owner": "canary", "name": "hello"}) == 201
        world.wait_for(repository, status="ready", hook_state="installed")
        [hook] = world.github.hooks(name)
        body = {"value": variable, "secret": True}
        assert heard.ask("PUT", f"{path_of(repository)}/env/CANARY", body) in (200, 201)
        body = {"value": variable, "secret": True}
        assert heard.ask("PUT", "/api/repositories/canary/env/OWNERS", body) in (200, 201)
        builds = []
        for state, files in ENDS.items():
            build = world.pushed(repository, files)
            assert build["state"] == state, world.log_of(build)
            builds.append(build)
        build = world.push(repository, CRASH)
        world.prints(build, "begun\n")
        [worker] = world.workers()
        worker.kill()
        build = world.ended(build, timeout=60)
        assert (build["state"], build["attempt"]) == ("passed", 2)
        builds.append(build)
        assert "the secret is ***." in world.log_of(build)
        # Failures of ours and of GitHub's, which are logged.
        world.github.fail("500", on="RepositoryAccess")
        heard.ask("POST", "/api/repositories", {"owner": "canary", "name": "hello"})
        heard.ask("POST", "/api/repositories", {"owner": "canary", "name": "absent"})
        heard.ask("POST", f"{path_of(repository)}/pull")
        world.wait_for(repository, pull_error=None)
        everything(heard, repository.full_name, builds)
        pages(world, answers, token, repository.full_name, builds)
    assert "git" in watch.sampled
    assert len(watch.seen) > 20
    world.service.stop()
    wait_until(lambda: not world.service.processes(), what="everything has ended")

    hidden = {"token": token, "variable": variable, "hook": hook["config"]["secret"]}
    places = [*files_of(world), *answers, *((f"a process: {a[:80]!r}", a) for a in watch.seen)]
    places += rows_of(world)
    found = [
        f"{kind} in {place}"
        for kind, secret in hidden.items()
        for form in encoded(secret)
        for place, data in places
        if form in data
    ]
    assert found == []
    # The search itself finds what is there.
    assert any(b"canary/hello" in data for _, data in places)
    assert any(encoded("canary/hello")[0] in data for place, data in places if "log" in place)


class Listening:
    """Asks the API and keeps every answer."""

    def __init__(self, api: Api, answers: list[tuple[str, bytes]]) -> None:
        self._api, self._answers = api, answers

    def ask(self, method: str, path: str, body: Any = None) -> int:
        """One request; its status."""
        answer = self._api.request(method, path, json=body)
        headers = json.dumps(answer.headers).encode()
        self._answers.append((f"{method} {path}", headers + answer.body))
        return answer.status


def everything(heard: Listening, name: str, builds: list[Any]) -> None:
    """Every address of the API that shows something."""
    for path in (
        "/api/repositories",
        f"/api/repositories/{name}",
        f"/api/repositories/{name}/env",
        f"/api/repositories/{name}/env/CANARY",
        "/api/repositories/canary/env",
        f"/api/repositories/{name}/builds",
        "/api/dashboard",
        "/api/status",
        "/api/health",
        "/api/metrics",
    ):
        assert heard.ask("GET", path) == 200, path
    assert heard.ask("POST", f"/api/repositories/{name}/hook") == 200
    for build in builds:
        path = f"/api/builds/{build['id']}"
        for part in ("", "/log", "/log?format=html", "/log/stream"):
            assert heard.ask("GET", path + part) == 200, part


def pages(
    world: World,
    answers: list[tuple[str, bytes]],
    token: str,
    name: str,
    builds: list[Any],
) -> None:
    """Every page that shows something; the form's own CSRF token is nobody else's."""
    paths = ["/", f"/repositories/{name}", f"/repositories/{name}/settings", "/status"]
    paths += [f"/builds/{build['id']}" for build in builds]
    for path in paths:
        answers.append((f"page {path}", world.page(path, "canary", token).encode()))


def files_of(world: World) -> Iterator[tuple[str, bytes]]:
    """Everything the service wrote: the data directory and its log."""
    yield "the service's log", world.service.log_file.read_bytes()
    for path in world.data_dir.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield str(path), path.read_bytes()


def rows_of(world: World) -> list[tuple[str, bytes]]:
    """The database in clear, as its own tools dump it: pages may tear values apart."""
    with contextlib.closing(sqlite3.connect(world.data_dir / "hobotnica.sqlite3")) as database:
        tables = [row[0] for row in database.execute("select name from sqlite_master")]
        found = []
        for table in tables:
            if not re.fullmatch(r"\w+", table):
                continue
            with contextlib.suppress(sqlite3.OperationalError):  # an index
                for row in database.execute(f"select * from {table}"):
                    found.append((f"table {table}", repr(row).encode() + _blobs(row)))
    return found


def _blobs(row: tuple[Any, ...]) -> bytes:
    return b"\n".join(value for value in row if isinstance(value, bytes))
