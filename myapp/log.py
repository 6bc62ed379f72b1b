"""The log of every process: one line an event on stdout, as text or JSON."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


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
    return f"{_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=4)
def _second(moment: int) -> str:
    """Most lines share their second with the one before."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _name(record: logging.LogRecord) -> str:
    return record.name.removeprefix("hobotnica.")


def configure(log_format: str) -> None:
    """Send all logging to stdout in the format of the settings (text | json)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # What no line of ours shows need not be found out for each of them (docs.python.org,
    # "Optimization" in the logging HOWTO): the caller's place, thread and process.
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
