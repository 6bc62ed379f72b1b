"""Fixtures of the scenarios: one service for all tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.scenarios.world import World
from tests.support.certificates import Authority
from tests.support.npm import MaterialMissing


@pytest.fixture(scope="module")
def open_world(
    ca: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., World]]:
    """Starts a world with settings of the module's own; it ends with the module."""
    with ExitStack() as stack:

        def start(**settings: Any) -> World:
            try:
                world = World(tmp_path_factory.mktemp("world"), ca, **settings)
            except MaterialMissing as error:
                pytest.skip(f"left out, as GitHub's published material is missing: {error}")
            return stack.enter_context(world)

        yield start


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, open_world: Callable[..., World]) -> World:
    """The module's world; its `SETTINGS`, if it has some, are the service's."""
    return open_world(**getattr(request.module, "SETTINGS", {}))
