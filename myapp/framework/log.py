"""The web process's log: one line an event on stdout, as text or JSON; the set's lines with it."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from myapp.framework.compat import set_logger

_LEVELS = {"fatal": 50, "expt": 40, "error": 40, "fail": 40, "wran": 30, "warn": 30, "debug": 10}


class TextFormatter(logging.Formatter):
    """`2026-01-31T10:00:00Z info web: message`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, a traceback below it."""
        line = f"{_time(record)} {record.levelname.lower()} {_name(record)}: {record.getMessage()}"
        return line + ("\n" + self.formatException(record.exc_info) if record.exc_info else "")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        fields: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "part": _name(record),
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _name(record: logging.LogRecord) -> str:
    return record.name.removeprefix("hobotnica.")


def configure(log_format: str) -> None:
    """Send all logging to stdout in the format of the settings (text | json)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


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
