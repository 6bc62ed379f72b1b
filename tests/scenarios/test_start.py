"""What refuses to start says why in one line and ends with 1."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.npm import PROJECT
from tests.support.ports import free_port

SERVE = str(PROJECT / "serve.py")


def start(directory: Path, path: str = "", **settings: Any) -> str:
    """Start serve.py, which must end with 1 and one line on standard error; that line."""
    given = {"data_dir": directory / "data", "port": free_port(), "worker": "none", **settings}
    environment = {f"HOBOTNICA_{name.upper()}": str(value) for name, value in given.items()}
    done = subprocess.run(
        [sys.executable, SERVE],
        cwd=PROJECT,
        env={"PATH": path or os.environ["PATH"], "HOME": str(directory), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    [line] = done.stderr.splitlines()
    assert line.startswith("hobotnica: ")
    assert done.stdout == ""
    return line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "http"),
        ("port", "70000"),
        ("slots", "0"),
        ("github_url", "github.com"),
        ("github_api_url", "https://octocat:secret@github.example"),
        ("worker", "remote"),
        ("pull_interval", "1"),
        ("database_url", "mysql://somewhere/db"),
        ("admins", "not a login!"),
        ("ca_file", "/does/not/exist.pem"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    assert f"HOBOTNICA_{name.upper()}" in start(tmp_path, **{name: value})


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"127.0.0.1:{port} is taken" in start(tmp_path, port=port)


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = start(tmp_path, data_dir=tmp_path / "file" / "data")
    assert "HOBOTNICA_DATA_DIR" in line
    assert "cannot be written" in line


@pytest.mark.parametrize("missing", ["git", "make"])
def test_a_missing_tool(tmp_path: Path, missing: str) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in {"git", "make"} - {missing}:
        found = next(
            Path(place, name)
            for place in os.environ["PATH"].split(":")
            if Path(place, name).exists()
        )
        (tools / name).symlink_to(found)
    assert f"{missing} is missing" in start(tmp_path, path=str(tools))


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "hobotnica.sqlite3").write_bytes(b"this is not a database" * 100)
    assert "not a database" in start(tmp_path)


def test_a_database_server_that_is_not_there(tmp_path: Path) -> None:
    database = "postgresql://nobody@127.0.0.1:1/nowhere"
    line = start(tmp_path, database_url=database)
    assert "database" in line
    assert "nobody@" not in line
