"""The small parts that are pure: commands, wake-ups, the log."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from myapp.framework import application
from myapp.framework.compat import select_trigger, skitai, wsgi_handler
from myapp.framework.log import Bridge
from myapp.framework.subprocess import command_line
from myapp.framework.waiter import Watchers
from myapp.log import JsonFormatter, TextFormatter


@pytest.mark.parametrize("name", ["A B", "1A", "", "A=B", "A-B"])
def test_a_name_no_environment_may_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not an environment variable"):
        command_line(["true"], {name: "x"}, Path("log"), 5)


def test_nul_is_refused_in_a_command() -> None:
    with pytest.raises(ValueError, match="NUL"):
        command_line(["a\0b"], {}, Path("log"), 5)


def test_a_wake_up_between_two_waits_is_remembered() -> None:
    watchers = Watchers()
    with watchers.watch("key") as watcher:
        assert watchers.wake("other") == 0
        assert not watcher.woken
        assert watchers.wake("key") == 1
        assert watcher.woken
    assert watchers.wake("key") == 0


def record(message: str, *, fails: bool = False) -> logging.LogRecord:
    try:
        if fails:
            raise ValueError("no")
        error = None
    except ValueError as raised:
        error = (ValueError, raised, raised.__traceback__)
    return logging.LogRecord("hobotnica.web", logging.INFO, "f", 1, message, (), error)


def test_log_lines_are_text_or_json() -> None:
    assert TextFormatter().format(record("hello")).endswith("Z info web: hello")
    assert "ValueError: no" in TextFormatter().format(record("hello", fails=True))
    fields = json.loads(JsonFormatter().format(record("two\nlines", fails=True)))
    assert (fields["part"], fields["message"]) == ("web", "two\nlines")
    assert "ValueError" in fields["traceback"]


def test_what_the_framework_says_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        Bridge()("[fail] it failed", "info")
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("ERROR", "it failed")]


class Pipe(select_trigger.base_trigger):
    """The set's trigger with counted wake-ups instead of a pipe."""

    def __init__(self) -> None:
        super().__init__()
        self.wakeups = 0

    def shut(self) -> None:
        self.wakeups += 1

    def recv(self, _size: int) -> bytes:
        return b"x"


def test_waking_the_loop_waits_for_nothing_and_is_done_once_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    application.install()
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("a thread slept before its answer"))
    pipe, done = Pipe(), []
    pipe.pull_trigger(lambda: done.append(1))
    pipe.pull_trigger(lambda: 1 / 0)  # one that fails takes no other with it
    pipe.pull_trigger(lambda: done.append(2))
    assert (pipe.wakeups, done) == (1, [])
    pipe.handle_read()
    assert done == [1, 2]
    pipe.pull_trigger(lambda: done.append(3))
    assert pipe.wakeups == 2


def test_installing_raises_the_limits() -> None:
    application.install()
    assert skitai._WASPool.MAX_CLONES_PER_THREAD >= 8192
    assert wsgi_handler.Handler.MAX_QUEUE.fget(None) >= 1024
