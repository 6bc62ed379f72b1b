"""The service between its GitHub and its git, and what scenarios do with them over and over."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil

from tests.support import factories
from tests.support.api_client import Answer, Api
from tests.support.certificates import Authority
from tests.support.fake_github import FakeGitHub
from tests.support.git_server import GitRepository, GitServer
from tests.support.npm import PROJECT
from tests.support.service import Service
from tests.support.wait import wait_until

OWNER = "octocat"
FINAL = {"passed", "failed", "errored", "cancelled", "timed_out", "superseded", "skipped"}


def makefile(*lines: str) -> dict[str, str]:
    """A repository's files: `make test` runs these shell lines, unechoed."""
    return {"Makefile": "test:\n" + "".join(f"\t@{line}\n" for line in lines)}


def printing(text: str) -> dict[str, str]:
    """A repository's files: `make test` prints this and succeeds."""
    return makefile(f"echo {text}")


class World:
    """One service with everything around it; leaving it fails if something is left behind.

    `with World(directory, ca, idle_timeout=3) as world:`; each test makes repositories of its own.
    """

    def __init__(
        self,
        directory: Path,
        ca: Authority,
        *,
        git_tls: ssl.SSLContext | None = None,
        **settings: Any,
    ) -> None:
        self.directory, self._stack = directory, ExitStack()
        self.github = FakeGitHub(ca.server())
        self.git = GitServer(self.github, directory / "git", git_tls or ca.server())
        self.token = self.github.add_token(OWNER)
        given = {
            "github_url": self.git.url,
            "github_api_url": self.github.api_url,
            "ca_file": ca.pem,
            "slots": 2,
            **settings,
        }
        self.service = Service(directory / "service", login=OWNER, token=self.token, **given)

    def __enter__(self) -> World:
        with ExitStack() as stack:
            for part in (self.github, self.git):
                stack.enter_context(part)
            stack.callback(self._check_github)
            stack.push(self.service.__exit__)
            try:
                self.start()
            except BaseException:
                self.service.end()
                raise
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *what: Any) -> None:
        self._stack.__exit__(*what)

    def _check_github(self) -> None:
        if self.github.violations:
            raise AssertionError(
                "the fake GitHub found fault:\n" + "\n".join(self.github.violations)
            )

    @property
    def api(self) -> Api:
        """The API as octocat."""
        return self.service.api

    @property
    def data_dir(self) -> Path:
        """The service's data directory."""
        return self.service.data_dir

    def start(self) -> None:
        """Start the service; without a worker it answers but is not healthy."""
        if self.service.settings.get("worker") != "none":
            self.service.start()
            return
        self.service.process = self.service.spawn()
        wait_until(self._answers, 60, what="the service answers")

    def _answers(self) -> bool:
        process = self.service.process
        if process is None or process.poll() is not None:
            raise AssertionError(f"serve.py ended\n{self.service.told}")
        with contextlib.suppress(Exception):
            return self.api.get("/api/public/references").status == 200
        return False

    @contextlib.contextmanager
    def worker(self) -> Iterator[subprocess.Popen[bytes]]:
        """A worker beside a service that has none."""
        with self.service.log_file.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "myapp", "worker"],
                cwd=PROJECT,
                env=self.service.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    # Repositories

    def create(self, files: dict[str, Any] | None = None, **facts: Any) -> GitRepository:
        """A repository of octocat's at GitHub, with one commit."""
        facts.setdefault("full_name", f"{OWNER}/{factories.name()}")
        return self.git.create(files=files, **facts)

    def register(self, repository: GitRepository) -> Answer:
        """Register it; the answer."""
        owner, name = repository.full_name.split("/")
        return self.api.post("/api/repositories", {"owner": owner, "name": name})

    def ready(self, files: dict[str, Any] | None = None, **facts: Any) -> GitRepository:
        """A new repository that is registered, cloned, and has its webhook."""
        repository = self.create(files, **facts)
        answer = self.register(repository)
        assert answer.status == 201, answer.text
        self.wait_for(repository, status="ready", hook_state="installed")
        return repository

    def shown(self, repository: GitRepository) -> Any:
        """The repository as the API shows it."""
        answer = self.api.get(path_of(repository))
        assert answer.status == 200, answer.text
        return answer.json

    def wait_for(self, repository: GitRepository, timeout: float = 20, **fields: Any) -> Any:
        """Wait until the API shows these values of the repository."""
        seen: Any = None

        def fits() -> Any:
            nonlocal seen
            seen = self.shown(repository)
            return seen if all(seen[key] == value for key, value in fields.items()) else None

        try:
            return wait_until(fits, timeout, every=0.05, what=f"{repository.full_name}: {fields}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{seen}\n{self.service.told}") from None

    # Builds

    def builds(self, repository: GitRepository) -> Any:
        """The repository's builds, newest first."""
        answer = self.api.get(f"{path_of(repository)}/builds?limit=100")
        assert answer.status == 200, answer.text
        return answer.json

    def build(self, build_id: int) -> Any:
        """The build as the API shows it."""
        answer = self.api.get(f"/api/builds/{build_id}")
        assert answer.status == 200, answer.text
        return answer.json

    def push(
        self, repository: GitRepository, files: dict[str, Any] | None = None, **options: Any
    ) -> Any:
        """Push a commit; the build that its delivery was answered with."""
        options.setdefault("message", "A change")
        pushed = repository.push(files if files is not None else {"n": factories.sha()}, **options)
        [delivery] = pushed.deliveries
        assert delivery.status == 202, delivery.body
        assert delivery.json["sha"] == pushed.sha
        return delivery.json

    def ended(self, build: Any, timeout: float = 30) -> Any:
        """Wait until the build (its shape or its id) has ended."""
        return self.reaches(build, *FINAL, timeout=timeout)

    def reaches(self, build: Any, *states: str, timeout: float = 30) -> Any:
        """Wait until the build is in one of the states."""
        build_id = build if isinstance(build, int) else build["id"]
        seen: Any = None

        def there() -> Any:
            nonlocal seen
            seen = self.build(build_id)
            return seen if seen["state"] in states else None

        try:
            return wait_until(there, timeout, what=f"build {build_id} is {states}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{seen}\n{self.service.told}") from None

    def pushed(
        self, repository: GitRepository, files: dict[str, Any] | None = None, **options: Any
    ) -> Any:
        """Push a commit and wait until its build has ended."""
        return self.ended(self.push(repository, files, **options))

    def log_of(self, build: Any) -> str:
        """The build's log as far as it goes."""
        return self.api.get(f"/api/builds/{build['id']}/log").text

    def prints(self, build: Any, words: str, timeout: float = 20) -> str:
        """Wait until the build's log holds these words."""
        found = lambda: log if words in (log := self.log_of(build)) else None  # noqa: E731
        return str(wait_until(found, timeout, every=0.05, what=f"{words!r} in the log"))

    def states_at_github(self, repository: GitRepository, sha: str) -> list[str]:
        """The commit's statuses, oldest first."""
        return [status["state"] for status in self.github.statuses(repository.full_name, sha)]

    # Pages

    def page(self, path: str, login: str = OWNER, token: str = "") -> str:
        """A page as octocat's browser (or another's) gets it, signed in by the form."""
        api = self.api.anonymous()
        form = api.get("/login")
        csrf = re.search(r'name="csrf" value="([^"]+)"', form.text)
        assert csrf, form.text
        given = token or self.token
        fields = {"username": login, "token": given, "csrf": csrf[1], "next": path}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields).encode()
        signed_in = api.post("/login", body=body, headers={**kind, **_cookie(form)})
        assert signed_in.status == 303, signed_in.text
        page = api.get(path, headers=_cookie(signed_in))
        assert page.status == 200, page.text
        return page.text

    # On this machine

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What is in the database."""
        with contextlib.closing(sqlite3.connect(self.data_dir / "hobotnica.sqlite3")) as database:
            return database.execute(statement, values).fetchall()

    def number(self, repository: GitRepository) -> int:
        """The repository's id in the database."""
        name = repository.full_name.lower()
        [(number,)] = self.rows("select id from repositories where full_key = ?", name)
        return int(number)

    def mirrors(self, number: int) -> list[str]:
        """What there is on disk of a repository's mirror: the mirror itself, unfinished clones."""
        return sorted(path.name for path in (self.data_dir / "mirrors").glob(f"{number}.*"))

    def workers(self) -> list[psutil.Process]:
        """The living worker processes themselves, not what they started."""
        found = [process for process in self.service.processes() if is_worker(process)]
        ids = {process.pid for process in found}
        return [process for process in found if process.ppid() not in ids]

    def web_workers(self) -> list[psutil.Process]:
        """The processes that answer requests: the children that serve.py forked."""
        if self.service.process is None:
            return []
        children = psutil.Process(self.service.process.pid).children()
        return [child for child in children if os.getsid(child.pid) == self.service.process.pid]

    def touch_in_build(self, words: str, name: str) -> None:
        """Make a file where the build runs that has these words in a command line."""

        service = self.service.process.pid if self.service.process else 0

        def touched() -> bool:
            for process in self.marked(words):
                with contextlib.suppress(OSError, psutil.Error):
                    # Other services' builds may be waiting for the same.
                    if service not in [parent.pid for parent in process.parents()]:
                        continue
                    Path(f"/proc/{process.pid}/cwd", name).touch()
                    return True
            return False

        wait_until(touched, what=f"the build that runs {words!r}")

    def marked(self, words: str) -> list[psutil.Process]:
        """Living processes on the machine with these words in their command line."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and words in " ".join(
                    process.cmdline()
                ):
                    found.append(process)
        return found


def _cookie(answer: Answer) -> dict[str, str]:
    return {"Cookie": answer.headers["set-cookie"].partition(";")[0]}


def is_worker(process: psutil.Process) -> bool:
    """Whether it is `python3 -m myapp worker` or a fork of it."""
    with contextlib.suppress(psutil.Error):
        return process.cmdline()[1:4] == ["-m", "myapp", "worker"]
    return False


def path_of(repository: GitRepository) -> str:
    """The repository's path in the API."""
    return f"/api/repositories/{repository.full_name}"


def at_once(count: int, do: Callable[[int], Any]) -> list[Any]:
    """Call `do(0)`, `do(1)` ... at the same moment from as many threads; what they gave."""
    gate = threading.Barrier(count)

    def one(number: int) -> Any:
        gate.wait(10)
        return do(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def encoded(secret: str) -> list[bytes]:
    """The forms in which a secret could be found: plain, base64 at any offset, hexadecimal."""
    raw = secret.encode()
    forms = [raw, raw.hex().encode()]
    for shift in range(3):
        # Only the characters that do not depend on what stands before and after.
        whole = base64.b64encode(b"\0" * shift + raw)
        forms.append(whole[(0, 2, 3)[shift] : len(whole) // 4 * 4 - 4])
    return forms
