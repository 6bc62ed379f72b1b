"""`@app.maintain` by a real timer (docs/framework.md, 10)."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.integration.framework.server import AppServer
from tests.support.ports import is_listening
from tests.support.wait import wait_until


def test_jobs_run_without_a_request_again_and_again_and_their_errors_stay_theirs(
    tmp_path: Path,
) -> None:
    server = AppServer(tmp_path)
    server.spawn()
    try:
        wait_until(lambda: "tick 0 of framework-test" in server.log, 30, what="the first run")
        wait_until(lambda: "tick 1 of framework-test" in server.log, 30, what="the second run")
        wait_until(lambda: server.log.count("broken failed") > 1, 30, what="the errors")
        assert server.client.get("/endings/plain/answer").status_code == 200
        assert server.client.get("/endings/after-thread/answer").status_code == 200
    finally:
        server.__exit__()
    assert not is_listening(server.port)


def test_a_job_that_takes_for_ever_does_not_keep_the_server_from_ending(tmp_path: Path) -> None:
    with AppServer(tmp_path) as server:
        wait_until(lambda: "tick 0" in server.log, 30)  # `slow` sleeps for an hour beside it
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(15) == 0
