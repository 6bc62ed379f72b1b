"""What the set says, in the log of the web process (myapp.log)."""

from __future__ import annotations

import logging
import sys
from typing import Any

from myapp.framework.compat import set_logger

_LEVELS = {"fatal": 50, "expt": 40, "error": 40, "fail": 40, "wran": 30, "warn": 30, "debug": 10}


class Bridge:
    """The set's screen logger: what Skitai and Atila say goes to `logging`."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._log = logging.getLogger("hobotnica.skitai")

    def __call__(self, line: Any, type: str = "info", name: str = "") -> Any:
        """The set's three ways to log are one."""
        return self.log(line, type, name)

    write = __call__

    def log(self, line: Any, type: str = "info", _name: str = "") -> Any:
        """One line; `[info] ...` at its beginning is the level, as the set has it."""
        text = str(line).strip()
        if text.startswith("[") and "]" in text:
            type, text = text[1:].split("]", 1)
        level = _LEVELS.get(type.split(":", 1)[0], logging.INFO)
        self._log.log(level if level != logging.INFO else logging.DEBUG, "%s", text.strip())
        return line

    def trace(self, name: str = "") -> None:
        """The exception being handled, with its traceback."""
        self._log.error("unexpected error %s", name, exc_info=sys.exc_info())

    traceback = trace

    def close(self) -> None:
        """Nothing is open."""

    cleanup = rotate = flush = close


def install() -> None:
    """Put the bridge in the place of the set's logger on the screen."""
    set_logger.screen_logger = Bridge
