"""The adapter's test app, shared by a module's tests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.framework.server import AppServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    with AppServer(tmp_path_factory.mktemp("app")) as started:
        yield started


@pytest.fixture
def client(server: AppServer) -> httpx.Client:
    return server.client
