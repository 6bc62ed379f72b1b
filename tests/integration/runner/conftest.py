from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from myapp.errors import SettingsError
from tests.integration.runner.builder import Builder

LEVELS = ("bwrap", "unshare", "none")
CANARY = "canary-of-the-service"


def make(level: str) -> Builder:
    # In the nursery's environment, as a real service's secrets would be.
    os.environ["HOBOTNICA_DATABASE_URL"] = CANARY
    try:
        return Builder(level)
    except SettingsError as error:
        pytest.skip(f"this machine has no such sandbox: {error}")
    finally:
        del os.environ["HOBOTNICA_DATABASE_URL"]


@pytest.fixture(scope="module", params=LEVELS)
def builder(request: pytest.FixtureRequest) -> Iterator[Builder]:
    """A builder for each level that works on this machine."""
    with make(request.param) as found:
        yield found


@pytest.fixture(scope="module")
def best() -> Iterator[Builder]:
    """A builder with the strongest sandbox of this machine."""
    with make("auto") as found:
        yield found


@pytest.fixture(scope="module")
def bwrap() -> Iterator[Builder]:
    """A builder under bubblewrap."""
    with make("bwrap") as found:
        yield found
