"""Commands through `was.Subprocess` (docs/framework.md, 11, 14)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.framework.server import AppServer, memory_of
from tests.support.wait import wait_until


def run(server: AppServer, script: str, log: Path, **query: Any) -> dict[str, Any]:
    params = {"script": script, "log": str(log), **query}
    answer = server.client.get("/api/command", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "a log's; $(name)"


def test_the_exit_code_and_both_outputs_come_back(server: AppServer, log: Path) -> None:
    result = run(server, "echo out; echo err >&2; exit 3", log)
    assert result == {"code": 3, "timed_out": False, "tail": "out\nerr\n"}


@pytest.mark.parametrize("script", ["false", "exit 255", "kill -9 $$", "no-such-command"])
def test_a_command_that_fails_is_seen_as_failing(server: AppServer, log: Path, script: str) -> None:
    assert run(server, script, log)["code"] != 0


def test_the_environment_is_only_what_was_given(server: AppServer, log: Path) -> None:
    environment = run(server, "env -0", log)["tail"].split("\0")
    names = {line.partition("=")[0] for line in environment if line}
    assert names - {"PWD", "SHLVL", "_"} == {"PATH", "GREETING"}
    assert "GREETING=it's" in environment


def test_standard_input_is_empty(server: AppServer, log: Path) -> None:
    assert run(server, "cat; echo end", log)["tail"] == "end\n"


def test_bytes_that_are_no_utf8_neither_hang_nor_fail(server: AppServer, log: Path) -> None:
    assert run(server, r"printf '\377\376ok'", log) == {
        "code": 0,
        "timed_out": False,
        "tail": "��ok",
    }


def test_at_the_timeout_the_whole_group_ends(server: AppServer, log: Path) -> None:
    marker = "987654"
    script = f"trap '' TERM; sleep {marker} & sh -c 'sleep {marker}; true' & sleep {marker}"
    result = run(server, script, log, timeout=0.3)
    assert (result["timed_out"], result["code"] != 0) == (True, True)

    def left() -> list[Any]:
        lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
        return [line for line in lines if marker in line]

    wait_until(lambda: not left(), 15, what="the group has ended")


def test_200_mb_of_output_take_no_memory(server: AppServer, log: Path) -> None:
    run(server, "true", log)
    before = memory_of(server)
    result = run(server, "head -c 200000000 /dev/zero | tr '\\0' 'x'", log)
    assert (result["code"], log.stat().st_size) == (0, 200_000_000)
    assert memory_of(server) - before < 30 << 20


def test_commands_run_side_by_side_without_stopping_others(
    server: AppServer, tmp_path: Path
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(20) as pool:
        running = [
            pool.submit(run, server, "sleep 1; echo done", tmp_path / str(number))
            for number in range(20)
        ]
        assert server.client.get("/endings/after-thread/answer").elapsed.total_seconds() < 0.9
        assert {future.result()["tail"] for future in running} == {"done\n"}
