"""`run_here`: this checkout, as a build would run it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from myapp.git import GitError
from myapp.runner.here import run_here
from myapp.settings import Settings
from tests.integration.runner.builder import git

PROJECT = Path(__file__).parents[3]
CODE = """
import sys
from pathlib import Path
from myapp.runner.here import run_here
from myapp.settings import Settings
result = run_here(Path(sys.argv[1]), "test", Settings.read({}))
print(result.state, result.reason)
"""


def run(directory: Path) -> str:
    # In a process of its own: run_here kills whatever its process has below itself.
    done = subprocess.run(
        [sys.executable, "-c", CODE, directory],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "sub").mkdir()
    (tmp_path / "Makefile").write_text("test:\n\t@echo committed; exit $${CODE:-0}\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "c")
    return tmp_path


def test_the_commit_is_built_and_its_output_shown(project):
    output = run(project / "sub")
    assert "committed\n" in output
    assert output.splitlines()[-1] == "passed None"


def test_what_is_not_committed_is_not_seen(project):
    (project / "Makefile").write_text("test:\n\t@echo changed\n")
    assert "changed" not in run(project)


def test_a_failure_is_one(project):
    (project / "Makefile").write_text("test:\n\texit 1\n")
    git(project, "commit", "-qam", "fail")
    assert run(project).splitlines()[-1] == "failed make test exited with 2"


def test_a_directory_that_is_no_checkout_is_an_error(tmp_path):
    with pytest.raises(GitError, match="is not a git checkout"):
        run_here(tmp_path, "test", Settings())
