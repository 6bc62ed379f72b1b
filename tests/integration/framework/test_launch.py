"""Starting and ending (docs/framework.md, 13, 14): one clear line, and nothing left."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.integration.framework.server import AppServer
from tests.support.ports import is_listening
from tests.support.wait import wait_until


def refusal(server: AppServer, **environment: str) -> str:
    """The one line with which it refuses to start."""
    process = server.spawn(**environment)
    assert process.wait(30) == 1
    lines = [line for line in server.log.splitlines() if line]
    assert len(lines) == 1, server.log
    return lines[0]


def test_a_wrong_setting_names_its_variable(tmp_path: Path) -> None:
    line = refusal(AppServer(tmp_path, slots="many"))
    assert line == "hobotnica: HOBOTNICA_SLOTS: must be a whole number (got 'many')"


@pytest.mark.parametrize("port", ["0", "http", "70000"])
def test_a_wrong_port_is_refused(tmp_path: Path, port: str) -> None:
    server = AppServer(tmp_path)
    process = server.spawn("--port", port)
    assert process.wait(30) == 1


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refusal(AppServer(tmp_path, port=port))
    assert line == f"hobotnica: 127.0.0.1:{port} is taken: stop what uses it, or --port N"


def test_an_address_that_is_not_ours_is_told(tmp_path: Path) -> None:
    assert "HOBOTNICA_ADDRESS: 192.0.2.1:" in refusal(AppServer(tmp_path, address="192.0.2.1"))


def test_a_data_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refusal(AppServer(tmp_path, data_dir=tmp_path / "file" / "data"))
    assert "HOBOTNICA_DATA_DIR" in line
    assert "cannot be written" in line


def test_a_ca_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    assert "HOBOTNICA_CA_FILE" in refusal(AppServer(tmp_path, ca_file=tmp_path / "ca.pem"))


def tool(directory: Path, name: str, version: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\necho '{version}'\n")
    path.chmod(0o755)


def test_missing_and_old_tools_are_told(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    assert "git is missing" in refusal(AppServer(tmp_path / "a"), PATH=str(tools))
    tool(tools, "git", "git version 2.20.1")
    assert "git 2.31 or newer is needed, this is 2.20" in refusal(
        AppServer(tmp_path / "b"), PATH=str(tools)
    )
    tool(tools, "git", "git version 2.40.0 (Apple Git-143)")
    assert "make is missing" in refusal(AppServer(tmp_path / "c"), PATH=str(tools))


def test_an_app_that_cannot_be_mounted_ends_with_1(tmp_path: Path) -> None:
    server = AppServer(tmp_path)
    process = server.spawn(BROKEN="1")
    assert process.wait(30) == 1
    assert "this app cannot be mounted" in server.log
    assert not is_listening(server.port)


def test_an_unknown_argument_ends_with_1(tmp_path: Path) -> None:
    server = AppServer(tmp_path)
    assert server.spawn("--no-such-switch").wait(30) == 1
    assert "--no-such-switch" in server.log


@pytest.fixture
def server(tmp_path: Path) -> Iterator[AppServer]:
    with AppServer(tmp_path, worker="local") as started:
        wait_until(lambda: "companion is here" in started.log, what="the companion runs")
        yield started


def family(server: AppServer) -> list[psutil.Process]:
    main = psutil.Process(server.process.pid)
    return [main, *main.children(recursive=True)]


def web_worker(server: AppServer) -> psutil.Process:
    return next(p for p in family(server)[1:] if "companion" not in " ".join(p.cmdline()))


def companion(server: AppServer) -> psutil.Process:
    return next(p for p in family(server)[1:] if "companion" in " ".join(p.cmdline()))


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def test_it_says_where_it_is_listens_there_only_and_polls_with_epoll(server: AppServer) -> None:
    assert server.log.count(f"Hobotnica is at http://127.0.0.1:{server.port}\n") == 1
    worker = web_worker(server)
    listening = [c.laddr for c in worker.net_connections() if c.status == psutil.CONN_LISTEN]
    assert listening == [("127.0.0.1", server.port)]
    links = [str(path.readlink()) for path in Path(f"/proc/{worker.pid}/fd").iterdir()]
    assert "anon_inode:[eventpoll]" in links
    assert len(family(server)) == 3  # master, one web worker, the companion


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_ends_everything_with_0(server: AppServer, number: signal.Signals) -> None:
    processes = family(server)
    server.process.send_signal(number)
    assert server.process.wait(20) == 0
    wait_until(lambda: all_gone(processes), 5, what="nothing is left")
    assert "Traceback" not in server.log.replace("maintenance broken failed\nTraceback", "")


def test_ctrl_c_in_a_terminal_ends_everything(server: AppServer) -> None:
    processes = family(server)
    os.killpg(server.process.pid, signal.SIGINT)
    assert server.process.wait(20) == 0
    wait_until(lambda: all_gone(processes), 5, what="nothing is left")


def test_nothing_survives_a_killed_master(server: AppServer) -> None:
    processes = family(server)
    server.process.kill()
    server.process.wait()
    wait_until(lambda: all_gone(processes), 15, what="the worker and the companion have ended")
    assert not is_listening(server.port)


def test_a_killed_web_worker_is_replaced_and_the_companion_stays(server: AppServer) -> None:
    old, beside = web_worker(server), companion(server)
    old.kill()
    wait_until(lambda: web_worker_answers(server, old.pid), 20, what="a new web worker answers")
    assert companion(server).pid == beside.pid
    server.process.terminate()
    assert server.process.wait(20) == 0


def web_worker_answers(server: AppServer, old: int) -> bool:
    try:
        return web_worker(server).pid != old and server._answers()
    except (StopIteration, psutil.NoSuchProcess):
        return False


def test_a_hangup_replaces_the_web_worker_without_losing_a_request(server: AppServer) -> None:
    old = web_worker(server).pid
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(server.client.get, "/endings/slow?seconds=0.5")
        wait_until(lambda: _is_open(server), 5, what="the request is under way")
        server.process.send_signal(signal.SIGHUP)
        assert slow.result(20).status_code == 200
    for _ in range(20):
        assert httpx.get(server.url + "/endings/plain/answer", timeout=20).status_code == 200
    assert web_worker(server).pid != old


def test_devel_starts_and_answers(tmp_path: Path) -> None:
    server = AppServer(tmp_path)
    server.spawn("--devel")
    try:
        wait_until(lambda: is_listening(server.port), 30)
        wait_until(server._answers, 30)
        assert server.client.get("/endings/map/good").json()["one"] == 1
        assert server.client.get("/static/app.css").status_code == 200
    finally:
        server.__exit__()


def test_a_killed_companion_is_started_again(server: AppServer) -> None:
    companion(server).kill()
    wait_until(lambda: server.log.count("companion is here") == 2, 20, what="a new companion")
    assert server.client.get("/endings/after-thread/answer").status_code == 200


def test_requests_in_flight_are_answered_before_the_end(server: AppServer) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(server.client.get, "/endings/slow?seconds=2")
        wait_until(lambda: web_worker(server).net_connections(), 5)
        wait_until(lambda: _is_open(server), 5, what="the request is under way")
        server.process.terminate()
        assert answer.result(20).json() == {"slow": True}
    assert server.process.wait(20) == 0


def test_a_running_command_does_not_keep_the_server_from_ending(
    server: AppServer, tmp_path: Path
) -> None:
    query = {"script": "sleep 61.7", "log": str(tmp_path / "log"), "timeout": "90"}
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(server.client.get, "/api/command", params=query)
        wait_until(lambda: any("61.7" in p.cmdline() for p in family(server)), 10)
        processes = family(server)
        server.process.terminate()
        assert server.process.wait(20) == 0
        wait_until(lambda: all_gone(processes), 5, what="the command has ended")
        assert asked.exception(10) is not None


def _is_open(server: AppServer) -> bool:
    states = [c.status for c in web_worker(server).net_connections()]
    return psutil.CONN_ESTABLISHED in states


def test_two_instances_run_side_by_side(server: AppServer, tmp_path: Path) -> None:
    with AppServer(tmp_path / "two") as other:
        assert other.client.get("/endings/plain/answer").status_code == 200
    assert server.client.get("/endings/plain/answer").status_code == 200


def test_with_sigchld_ignored_by_the_parent_a_failing_command_is_still_red(
    tmp_path: Path,
) -> None:
    script = tmp_path / "start.py"
    script.write_text(
        "import os, signal, sys\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        f"os.execv(sys.executable, [sys.executable, {str(AppServer(tmp_path).script)!r}, "
        "*sys.argv[1:]])\n"
    )
    with AppServer(tmp_path, script) as server:
        query = {"script": "exit 3", "log": str(tmp_path / "log")}
        answer = server.client.get("/api/command", params=query)
        assert answer.json()["code"] == 3


def test_the_watchdog_names_the_line_that_stops_the_loop(tmp_path: Path) -> None:
    with AppServer(tmp_path, watchdog=1) as server:
        server.client.get("/endings/slow?seconds=0.4")
        assert "stood still" not in server.log
        server.client.get("/endings/blocking")
        wait_until(lambda: "the event loop stood still" in server.log, 5)
        assert "time.sleep(0.3)" in server.log


def test_an_old_python_is_told_in_one_line() -> None:
    source = (Path(__file__).parents[3] / "serve.py").read_text()
    first = source.index("if sys.version_info < (3, 11)")
    assert first < source.index("import myapp")
    compile(source, "serve.py", "exec", dont_inherit=True)
    assert sys.version_info >= (3, 11)
