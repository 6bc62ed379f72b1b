"""`make demo`: the pretended GitHub and the real service, until Ctrl-C."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

import urllib3

from myapp.demo.pushing import push_a_commit
from myapp.demo.server import DemoServer
from myapp.demo.world import FULL_NAME, LOGIN, NAME, TOKEN
from myapp.errors import HobotnicaError
from myapp.settings import PREFIX, Settings

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 20.0
MARK = ".hobotnica-demo"


class DemoFailed(HobotnicaError):
    """The demonstration could not be started; the detail says why."""


class _Stop(Exception):
    """Ctrl-C or SIGTERM."""


def run(settings: Settings) -> int:
    """Show a push becoming a build; returns the exit code when it is stopped."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)
    service: subprocess.Popen[bytes] | None = None
    github: DemoServer | None = None
    try:
        directory = fresh_directory(settings.data_dir / "demo")
        github = DemoServer(directory / "github")
        github.start()
        service = subprocess.Popen(
            [sys.executable, str(PROJECT / "serve.py")],
            cwd=PROJECT,
            env=service_environment(settings, directory, github.world.address),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        _wait_until_healthy(service, settings.base_url)
        _show(settings.base_url, github, directory)
        return service.wait()
    except _Stop:
        _say("\nStopping.")
        return 0
    except HobotnicaError as error:
        print(f"hobotnica: {error.detail}", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if service is not None:
            stop(service)
        if github is not None:
            github.stop()


def fresh_directory(path: Path) -> Path:
    """An empty directory for this run; what an earlier demonstration left there is removed."""
    if path.exists() and any(path.iterdir()) and not (path / MARK).exists():
        raise DemoFailed(f"{path} is not a demonstration's directory; remove it first")
    shutil.rmtree(path, ignore_errors=True)
    try:
        path.mkdir(parents=True)
        (path / MARK).touch()
    except OSError as error:
        raise DemoFailed(f"{path}: {error.strerror}") from None
    return path


def service_environment(settings: Settings, directory: Path, github: str) -> dict[str, str]:
    """The service's environment: ours, with the pretended GitHub in place of the real one."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    changed = {
        "DATA_DIR": str(directory / "data"),
        "GITHUB_URL": github,
        "GITHUB_API_URL": f"{github}/api/v3",
        "ADDRESS": settings.address,
        "PORT": str(settings.port),
        "PUBLIC_URL": settings.public_url or "",
        "SLOTS": str(settings.slots),
        "SANDBOX": settings.sandbox,
        "WORKER": "local",
    }
    return own | {PREFIX + name: value for name, value in changed.items()}


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the service: asked politely first, then with its whole process group."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def call(method: str, url: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """One request to the service's API as octocat: status and decoded body."""
    headers = {"X-GitHub-Username": LOGIN, "X-GitHub-Personal-Token": TOKEN}
    try:
        answer = urllib3.request(
            method, url, json=body, headers=headers, timeout=10.0, retries=False
        )
        return answer.status, json.loads(answer.data or b"null")
    except (urllib3.exceptions.HTTPError, ValueError):
        return 0, None


def _show(base: str, github: DemoServer, directory: Path) -> None:
    status, found = call("POST", f"{base}/api/repositories", {"owner": LOGIN, "name": NAME})
    if status != 201:
        raise DemoFailed(f"The sample repository could not be registered: {status} {found}")
    _wait_for_hook(github)
    workshop = directory / "workshop"
    github.push = lambda: push_a_commit(github.world, workshop)
    sha = push_a_commit(github.world, workshop, "Say hello to Hobotnica")
    build = _wait_for_build(base, sha)
    _say(
        f"""
  Hobotnica       {base}/
  Log in as       {LOGIN}
  with the token  {TOKEN}
  The build       {build}
  Push another    {github.world.address}/   (the pretended GitHub; its page has a button)

Ctrl-C stops everything."""
    )


def _wait_until_healthy(service: subprocess.Popen[bytes], base: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if service.poll() is not None:
            raise DemoFailed("The service did not start; its own words are above")
        if call("GET", f"{base}/api/health")[0] == 200:
            return
        time.sleep(0.1)
    raise DemoFailed(f"The service did not become healthy within {START_SECONDS:.0f} seconds")


def _wait_for_hook(github: DemoServer) -> None:
    """Wait until the service has cloned and installed its webhook, so that the push is heard."""
    until = time.monotonic() + START_SECONDS
    repository_url = f"/repos/{FULL_NAME}"
    while not github.world.hooks:
        if time.monotonic() > until:
            raise DemoFailed(f"No webhook was installed on {repository_url}")
        time.sleep(0.1)


def _wait_for_build(base: str, sha: str) -> str:
    """The address of the build that the push made."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        status, builds = call("GET", f"{base}/api/repositories/{FULL_NAME}/builds")
        if status == 200:
            for build in builds:
                if build["sha"] == sha:
                    return str(build["html_url"])
        time.sleep(0.2)
    raise DemoFailed("The push did not become a build")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a command's answer


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stop
