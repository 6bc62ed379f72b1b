"""Hobotnica: tests and deploys GitHub repositories that have a Makefile.

These are Atila's hooks; the framework is imported inside them, so that a worker never loads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from myapp.settings import Settings

__version__ = "0.1.0"


def migrate(settings: Settings) -> None:
    """Bring the database up to date before anything uses it."""
    from myapp.context import Context

    context = Context.open(settings)
    try:
        context.database.migrate()
    finally:
        context.close()


def __config__(pref: Any) -> None:  # noqa: N807
    """Nothing of the framework's configuration is used: the settings are in myapp.settings."""


def __app__() -> Any:  # noqa: N807
    """The Atila app of this process."""
    from myapp.framework.application import Application

    return Application("hobotnica")


def __setup__(app: Any, mntopt: dict[str, Any]) -> None:  # noqa: N807
    """Mount the services; their own `__setup__` binds the contract and opens the context."""
    from myapp import services

    app.serve_directory(Path(__file__).parent)
    app.mount("/", services)
