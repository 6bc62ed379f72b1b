"""`make demo`: a push becomes a build before anyone's eyes, and Ctrl-C leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from myapp.demo.world import FULL_NAME, LOGIN, TOKEN
from tests.support.api_client import Api
from tests.support.npm import PROJECT
from tests.support.ports import free_port, is_listening
from tests.support.wait import wait_until

RUN = (
    "import sys; from myapp.demo import run; from myapp.settings import Settings;"
    " sys.exit(run(Settings.read()))"
)


@pytest.mark.slow
def test_demo_shows_a_push_becoming_a_build(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONUNBUFFERED": "1",
        "HOBOTNICA_DATA_DIR": str(tmp_path / "var"),
        "HOBOTNICA_PORT": str(port),
    }
    with log.open("wb") as output:
        demo = subprocess.Popen(
            [sys.executable, "-c", RUN],
            cwd=PROJECT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    api = Api(f"http://127.0.0.1:{port}").with_token(LOGIN, TOKEN)
    try:
        wait_until(
            lambda: "Ctrl-C" in log.read_text() or demo.poll() is not None, 90, what="addresses"
        )
        assert demo.poll() is None, log.read_text()
        builds = f"/api/repositories/{FULL_NAME}/builds"
        build = wait_until(
            lambda: next((b for b in api.get(builds).json if b["finished_at"]), None),
            60,
            what="the build has ended",
        )
        assert build["state"] == "passed", api.get(f"/api/builds/{build['id']}/log").text
        assert "All good." in api.get(f"/api/builds/{build['id']}/log").text
        github = re.search(r"http://127.0.0.1:(\d+)/ ", log.read_text())
        assert github
        page = Api(f"http://127.0.0.1:{github[1]}")
        wait_until(lambda: "Passed" in page.get("/").text, what="the status at GitHub")
        assert page.post("/push").status == 303
        wait_until(lambda: len(api.get(builds).json) == 2, what="the second build")
        assert page.get(f"/{FULL_NAME}").status == 200
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, log.read_text()
    assert not is_listening(port)
