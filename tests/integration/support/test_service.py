"""The service fixture starts, answers, restarts and leaves nothing behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest

from tests.support.ports import is_listening
from tests.support.service import Service
from tests.support.wait import wait_until


def test_service_answers_restarts_and_leaves_nothing(tmp_path: Path) -> None:
    with Service(
        tmp_path, github_url="http://127.0.0.1:1", github_api_url="http://127.0.0.1:1/api/v3"
    ) as service:
        assert service.api.get("/api/health").json["status"] == "ok"
        first = service.process.pid if service.process else 0
        service.restart()
        assert service.process and service.process.pid != first
        assert service.api.get("/api/public/references").status == 200
        service.kill_all()
        assert not service.processes()
        wait_until(lambda: not is_listening(service.port), what="the port is free")
        service.start()
    assert not is_listening(service.port)
    assert service.processes() == []


def test_a_service_that_does_not_start_shows_its_log(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="HOBOTNICA_SLOTS"), Service(tmp_path, slots="none"):
        pass


def test_a_process_left_in_the_data_directory_fails_the_test(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.data_dir.mkdir()
    pid = os.fork()
    if pid == 0:
        os.chdir(service.data_dir)
        signal.pause()
    try:
        assert [process.pid for process in service.processes()] == [pid]
        assert len(service.end()) == 1
    finally:
        os.waitpid(pid, 0)
    assert not psutil.pid_exists(pid)
