"""The commands for accounts, repositories, and running a checkout here."""

from __future__ import annotations

import subprocess
from pathlib import Path

from myapp import accounts, repositories
from tests.integration.cli.test_keeping import installation, opened, run

__all__ = ["installation"]


def test_user_list_shows_everybody_and_why_they_are_disabled(installation: Path) -> None:
    assert run(installation, "user", "list").output.split() == ["octocat"]
    told = run(installation, "user", "disable", "octocat", "--reason", "left")
    assert told.output == "octocat is disabled.\n"
    assert "disabled: left" in run(installation, "user", "list").output
    assert run(installation, "user", "enable", "octocat").output == "octocat is enabled.\n"
    shown = run(installation, "user", "list", HOBOTNICA_ADMINS="octocat").output
    assert shown.split() == ["octocat", "admin"]


def test_user_token_is_the_accounts(installation: Path) -> None:
    token = run(installation, "user", "token", "octocat").output.strip()
    context = opened(installation)
    account = accounts.by_api_token(context, token)
    context.close()
    assert account is not None
    assert account.login == "octocat"


def test_user_token_of_a_stranger_is_refused(installation: Path) -> None:
    refused = run(installation, "user", "token", "stranger")
    assert refused.exit_code == 1
    assert "has never been here" in refused.output


def test_repository_revoke_forgets_the_token(installation: Path) -> None:
    told = run(installation, "repository", "revoke", "octocat/hello", "--reason", "moved away")
    assert told.output == "octocat/hello is revoked.\n"
    listed = run(installation, "repository", "list").output
    assert "revoked: moved away" in listed
    context = opened(installation)
    repository = repositories.find(context, "octocat", "hello")
    assert repository is not None
    assert repositories.repository_token(context, repository.id) is None
    context.close()


def test_repository_revoke_of_an_unknown_one_is_refused(installation: Path) -> None:
    refused = run(installation, "repository", "revoke", "octocat/nothing", "--reason", "x")
    assert (refused.exit_code, refused.output) == (
        1,
        "hobotnica: octocat/nothing is not registered\n",
    )


def checkout(directory: Path, recipe: str) -> Path:
    """A git checkout whose `make test` is this line."""
    directory.mkdir()
    (directory / "Makefile").write_text(f"test:\n\t{recipe}\n")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@localhost", "commit", "-qm", "first"],
    ):
        subprocess.run(["git", *command], cwd=directory, check=True)
    return directory


def in_a_process(directory: Path) -> subprocess.CompletedProcess[str]:
    """`run` as it is typed: it takes over its process, so it gets one of its own."""
    import sys

    from tests.support.npm import PROJECT

    return subprocess.run(
        [sys.executable, "-m", "myapp", "run", "--directory", str(directory)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_run_shows_a_checkouts_own_test(tmp_path: Path) -> None:
    done = in_a_process(checkout(tmp_path / "good", "@echo HOBOTNICA=$$HOBOTNICA"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HOBOTNICA=1" in done.stdout
    assert done.stderr.endswith("passed: make test\n")


def test_run_of_a_failing_test_is_exit_code_1(tmp_path: Path) -> None:
    done = in_a_process(checkout(tmp_path / "bad", "@exit 3"))
    assert done.returncode == 1
    assert "hobotnica: failed: make test exited with 2" in done.stderr
