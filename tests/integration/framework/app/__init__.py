"""A small Atila app with a route for each thing the adapter promises."""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from myapp.errors import AccountDisabled, NotAuthenticated, ValidationFailed
from myapp.framework.application import Application

HOME = Path(__file__).parent


class _Operation:
    """A contract of one rule: `limit`, if given, is a number."""

    def validate(self, path_parameters, query, headers, body, content_type):  # type: ignore[no-untyped-def]
        if any(key == "limit" and not value.isdigit() for key, value in query):
            raise ValidationFailed.at("Not a number", "parameters", "limit")
        return SimpleNamespace(path=path_parameters, query=query, headers=headers, body=body)


class _Operations(dict):  # type: ignore[type-arg]
    def __missing__(self, key: str) -> _Operation:
        return _Operation()

    def __contains__(self, key: object) -> bool:
        return key != "unknownToTheContract"


def authorise(was: Any, call: Any) -> Any:
    if call.permission is None:
        return None
    if "authorization" not in call.headers:
        raise NotAuthenticated
    return _ask(was, call.headers["authorization"])


def _ask(was: Any, credentials: str) -> Any:
    account = (yield was.Thread(str.upper, args=(credentials,))).fetch()
    if account == "DISABLED":
        raise AccountDisabled
    return account


_seen: dict[str, list[float]] = {}
_lock = threading.Lock()


def once_per_interval(name: str, interval: float, now: float) -> bool:
    with _lock:
        times = _seen.setdefault(name, [])
        if times and now - times[-1] < interval:
            return False
        times.append(now)
        return True


def __config__(pref: Any) -> None:  # noqa: N807
    pass


def __app__() -> Any:  # noqa: N807
    return Application("framework-test")


def __setup__(app: Any, mntopt: Any) -> None:  # noqa: N807
    from myapp.settings import Settings
    from tests.integration.framework.app import calls, endings, streams

    app.serve_directory(HOME)
    app.bind(
        contract=SimpleNamespace(operations=_Operations()),
        authorise=authorise,
        settings=Settings.read(),
        once_per_interval=once_per_interval,
        page_headers=(("X-Frame-Options", "DENY"),),
    )
    if os.environ.get("BROKEN"):
        raise RuntimeError("this app cannot be mounted")
    app.mount("/endings", endings)
    app.mount("/api", calls)
    app.mount("/streams", streams)


def __mount__(app: Any, mntopt: Any) -> None:  # noqa: N807
    @app.maintain(1)
    def tick(was: Any, now: float, count: int) -> None:
        logging.getLogger("hobotnica.test").info("tick %d of %s", count, was.app.name)

    @app.maintain(1)
    def broken(was: Any, now: float, count: int) -> None:
        raise RuntimeError("this job always fails")

    @app.maintain(3600)
    def slow(was: Any, now: float, count: int) -> None:
        time.sleep(3600)
