"""One service for all tests of the services: each makes repositories and builds of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import _require_material
from tests.integration.services.place import Place, open_place
from tests.support.certificates import Authority

STALL = re.compile(r"the event loop stood still .*?(?=\n\d{4}-|\Z)", re.DOTALL)


@pytest.fixture(scope="session")
def shared_place(ca: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The service that most tests use; at its end the watchdog is asked about its event loop."""
    _require_material()
    with ExitStack() as stack:
        place = open_place(tmp_path_factory.mktemp("services"), ca, stack)
        yield place
        place.forget_clients()
    stalls = [stall for stall in STALL.findall(place.service.log) if in_our_code(stall)]
    if stalls:
        pytest.fail("our code stopped the event loop:\n" + "\n".join(stalls))


def in_our_code(stall: str) -> bool:
    """Whether the loop stood in a route or a verb, not in waiting for its share of the machine."""
    return bool(re.search(r"myapp/(services|store|builds|repositories|accounts|git|logs)/", stall))


@pytest.fixture
def place(shared_place: Place) -> Iterator[Place]:
    """The shared service; GitHub fails no longer when the test has ended."""
    shared_place.github.violations.clear()
    yield shared_place
    shared_place.github.faults.clear()
    shared_place.forget_clients()
    shared_place.empty_the_queue()
    if shared_place.github.violations:
        pytest.fail("the fake GitHub found fault:\n" + "\n".join(shared_place.github.violations))
