"""The demonstration's directory and the environment it starts the service with."""

from __future__ import annotations

from pathlib import Path

import pytest

from myapp.demo.launch import DemoFailed, fresh_directory, service_environment
from myapp.demo.sample import FILES, next_files
from myapp.demo.world import TOKEN
from myapp.settings import Settings


def test_an_earlier_demonstration_is_removed(tmp_path: Path) -> None:
    directory = fresh_directory(tmp_path / "demo")
    (directory / "old").touch()
    assert not (fresh_directory(tmp_path / "demo") / "old").exists()


def test_a_directory_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    with pytest.raises(DemoFailed, match="not a demonstration's"):
        fresh_directory(tmp_path)
    assert (tmp_path / "precious").exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoFailed, match="file"):
        fresh_directory(tmp_path / "file" / "demo")


def test_the_service_gets_the_pretended_github_and_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOBOTNICA_DATABASE_URL", "postgresql://elsewhere/real")
    given = service_environment(Settings(port=5123), tmp_path, "http://127.0.0.1:9")
    assert TOKEN not in str(given)
    assert "HOBOTNICA_DATABASE_URL" not in given
    settings = Settings.read(given)
    assert settings.port == 5123
    assert settings.data_dir == tmp_path / "data"
    assert settings.github_url == "http://127.0.0.1:9"
    assert settings.graphql_url == "http://127.0.0.1:9/api/graphql"


def test_the_sample_has_a_makefile_with_a_test() -> None:
    assert "\ntest:" in FILES["Makefile"]
    assert next_files(1) != next_files(2)
