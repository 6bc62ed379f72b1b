"""What serve.py does around `skitai.run`: look first, then start, say where, end everything.

What is wrong is one clear line on standard error and exit code 1.
"""

from __future__ import annotations

import contextlib
import errno
import getopt
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from myapp.errors import HobotnicaError, SettingsError
from myapp.log import configure
from myapp.settings import Settings

OLDEST_GIT = (2, 31)  # GIT_CONFIG_COUNT: settings that are no arguments
WORKER = (sys.executable, "-m", "myapp.worker.supervisor")  # keeps a worker alive
REQUEST_THREADS = 8
POOL_THREADS = 32


def fail(sentence: str) -> NoReturn:
    """One line, exit code 1."""
    sys.stderr.write(f"hobotnica: {sentence}\n")
    raise SystemExit(1)


@contextlib.contextmanager
def service(
    work: Callable[[Settings], None] | None = None, worker: Sequence[str] = WORKER
) -> Iterator[dict[str, Any]]:
    """Check, prepare and migrate; inside, mount and run with the options yielded.

    `work(settings)` prepares the data, in a process of its own. `worker` is the command started
    beside the web side if HOBOTNICA_WORKER is local. Afterwards nothing that was started is left.
    """
    try:
        settings = _settings_with_arguments()
        check_tools()
        check_data_directory(settings.data_dir)
        _check_port(settings)
        if work is not None:
            _in_a_child(work, settings)
        options = _prepare(settings, worker if settings.worker == "local" else ())
    except HobotnicaError as error:
        fail(str(error.detail))
    except ModuleNotFoundError as error:
        fail(f"{error.name} is not installed: `make run` sets everything up")
    from myapp.framework import process

    try:
        yield options
    except getopt.GetoptError as error:
        fail(str(error))
    finally:
        if process.companion is not None:
            process.companion.stop()


def _settings_with_arguments() -> Settings:
    """The settings; `--port N` wins over HOBOTNICA_PORT, also in the processes we start."""
    settings = Settings.read()
    port = _argument("--port") or str(settings.port)
    os.environ["HOBOTNICA_PORT"] = port
    os.environ["HOBOTNICA_DATA_DIR"] = str(settings.data_dir)
    return Settings.read()


def _argument(name: str) -> str | None:
    for place, word in enumerate(sys.argv[1:], 1):
        if word == name and place + 1 < len(sys.argv):
            return sys.argv[place + 1]
        if word.startswith(name + "="):
            return word.partition("=")[2]
    return None


def check_tools() -> None:
    """git (new enough) and make must be there; SettingsError otherwise."""
    for tool in ("git", "make"):
        try:
            output = subprocess.run(
                [tool, "--version"], capture_output=True, text=True, check=True, timeout=30
            ).stdout
        except (OSError, subprocess.SubprocessError):
            raise SettingsError(f"{tool} is missing: install it and start again") from None
        found = re.search(r"(\d+)\.(\d+)", output)
        if tool == "git" and found and tuple(map(int, found.groups())) < OLDEST_GIT:
            wanted = ".".join(map(str, OLDEST_GIT))
            raise SettingsError(f"git {wanted} or newer is needed, this is {found.group()}")


def check_data_directory(directory: Path) -> None:
    """Make it (0700) and try to write; SettingsError otherwise."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        sentence = f"HOBOTNICA_DATA_DIR: {directory} cannot be written: {reason}"
        raise SettingsError(sentence) from None


def _check_port(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.address, settings.port))
            probe.listen(1)
        except OSError as error:
            where = f"{settings.address}:{settings.port}"
            if error.errno == errno.EADDRINUSE:
                raise SettingsError(f"{where} is taken: stop what uses it, or --port N") from None
            reason = (error.strerror or str(error)).lower()
            raise SettingsError(f"HOBOTNICA_ADDRESS: {where} cannot be used: {reason}") from None


def _in_a_child(work: Callable[[Settings], None], settings: Settings) -> None:
    """Run it in a fork, so that what it imports does not stay in every process's memory."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(settings)
            status = 0
        except HobotnicaError as error:
            sys.stderr.write(f"hobotnica: {error.detail}\n")
        except Exception as error:
            sys.stderr.write(f"hobotnica: cannot prepare the database: {error}\n")
        finally:
            sys.stderr.flush()
            os._exit(status)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SystemExit(1)


def _prepare(settings: Settings, worker: Sequence[str]) -> dict[str, Any]:
    """Install the adapter's fixes and return the options for `skitai.run`."""
    from myapp.framework import application, client, log, process, selftest
    from myapp.framework.compat import engine, http_server, skitai

    configure(settings.log_format)
    log.install()
    application.install()
    try:
        client.install(settings.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise SettingsError(f"HOBOTNICA_CA_FILE: {settings.ca_file}: {error}") from None
    selftest.check_tls()
    process.install(worker)
    run_directory = settings.data_dir / "run" / "skitai"
    run_directory.mkdir(parents=True, exist_ok=True)
    # The set's own place is /var/tmp/skitai, which belongs to whoever came first.
    skitai.get_varpath = lambda _: str(run_directory)
    # As root the set would give the worker to "nobody", who cannot read the data directory.
    http_server.http_server.KEEP_PRIVILEGES = _argument("--user") is None
    http_server.http_server.fork = _forking(http_server.http_server.fork)
    engine.Loader.run = _running(engine.Loader.run)
    skitai.use_poll("epoll")  # select dies at descriptor 1024
    return {
        "name": f"hobotnica-{os.getuid()}-{settings.port}",
        "address": settings.address,
        "port": settings.port,
        "workers": 1,
        "threads": REQUEST_THREADS,
        "executors_workers": POOL_THREADS,
        "executors_zombie_timeout": 300,
        "max_upload_size": 1 << 30,  # each route has its own limit
        "network_timeout": 120,  # seconds without a byte before a request is given up
    }


def _forking(fork: Callable[..., Any]) -> Callable[..., Any]:
    """Around the set's fork: the port listens now; tune it, and start the companion."""
    from myapp.framework import process

    def start_and_fork(self: Any, workers: int = 1) -> Any:
        # Accepted connections inherit it (tcp(7)). Without it the last part of an answer waits for
        # the client's delayed acknowledgement of the part before: 40 ms.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if process.companion is not None:
            process.companion.start()
        return fork(self, workers)

    return start_and_fork


def _running(run: Callable[..., Any]) -> Callable[..., Any]:
    """Around the set's loop, in the worker: the app is mounted now, so say where."""
    from myapp.framework import process

    def announce_and_run(self: Any, timeout: float = 30) -> Any:
        if self._exit_code is None:
            process.enter_worker()
            announce(Settings.read())
        return run(self, timeout)

    return announce_and_run


def announce(settings: Settings) -> None:
    """Print where to look."""
    sys.stdout.write(f"Hobotnica is at {settings.base_url}\n")
    sys.stdout.flush()
