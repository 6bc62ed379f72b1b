"""Fixtures that all tests share: a certificate authority, GitHub, git, the whole service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support import npm
from tests.support.certificates import Authority
from tests.support.fake_github import FakeGitHub
from tests.support.git_server import GitServer
from tests.support.service import Service

PACKAGES = ("@octokit/graphql-schema", "@octokit/openapi", "@octokit/webhooks-examples")


def _require_material() -> None:
    try:
        for package in PACKAGES:
            npm.material(f"{package}/package.json")
    except npm.MaterialMissing as error:
        pytest.skip(f"left out, as GitHub's published material is missing: {error}")


@pytest.fixture(autouse=True)
def _material(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("npm"):
        _require_material()


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority that nobody knows; `ca.pem` is its file."""
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def fake_github(ca: Authority) -> Iterator[FakeGitHub]:
    """A GitHub over TLS that knows nobody yet; its own mistakes fail the test."""
    _require_material()
    with FakeGitHub(ca.server()) as github:
        yield github
    if github.violations:
        pytest.fail("the fake GitHub found fault:\n" + "\n".join(github.violations))


@pytest.fixture
def git_server(fake_github: FakeGitHub, ca: Authority, tmp_path: Path) -> Iterator[GitServer]:
    """Git over TLS, with the fake GitHub's tokens and permissions."""
    with GitServer(fake_github, tmp_path / "git", ca.server()) as server:
        yield server


@pytest.fixture
def octocat(fake_github: FakeGitHub) -> str:
    """A token of the user octocat."""
    return fake_github.add_token("octocat")


@pytest.fixture
def start_service(
    fake_github: FakeGitHub, git_server: GitServer, octocat: str, ca: Authority, tmp_path: Path
) -> Iterator[Callable[..., Service]]:
    """Starts the service with settings of the test's own; each call starts another one."""
    with ExitStack() as stack:

        def start(**settings: Any) -> Service:
            given = {
                "github_url": git_server.url,
                "github_api_url": fake_github.api_url,
                "ca_file": ca.pem,
                "slots": 2,
                "login": "octocat",
                "token": octocat,
                **settings,
            }
            directory = Path(given.pop("directory", tmp_path / f"service-{len(started)}"))
            service = stack.enter_context(Service(directory, **given))
            started.append(service)
            return service

        started: list[Service] = []
        yield start


@pytest.fixture
def service(start_service: Callable[..., Service]) -> Service:
    """The whole service as octocat uses it: `service.api.get("/api/repositories")`."""
    return start_service()
