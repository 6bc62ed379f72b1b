"""The commands that look after the data, each as an operator types it."""

from __future__ import annotations

import stat
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from myapp import accounts, repositories
from myapp.cli import main
from myapp.context import Context
from myapp.github.model import RepositoryFacts, Viewer
from myapp.settings import Settings, describe

TOKEN = "ghp_of_octocat"
SECRET = "a secret of the repository"


def run(directory: Path, *arguments: str, **environ: str) -> Result:
    """The command in an installation; its output is both streams."""
    given = {"HOBOTNICA_DATA_DIR": str(directory), **environ}
    return CliRunner().invoke(main, list(arguments), env=given)


def opened(directory: Path) -> Context:
    return Context.open(Settings.read({"HOBOTNICA_DATA_DIR": str(directory)}))


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """A data directory with octocat's repository, its token and a secret."""
    directory = tmp_path / "var"
    assert run(directory, "migrate").output == "The database is up to date.\n"
    context = opened(directory)
    viewer = Viewer("U_1", "octocat", "The Octocat", "https://github.com/octocat")
    account = accounts.remember(context, viewer)
    facts = RepositoryFacts(
        "R_1", "octocat", "hello", True, False, False, "ADMIN", "main", "", "", "", "", ""
    )
    repository = repositories.register(context, account, facts, TOKEN)
    scope = repositories.repository_scope(repository.id)
    repositories.set_variable(context, scope, "KEY", SECRET, secret=True, by="octocat")
    context.close()
    return directory


def secrets_of(directory: Path) -> tuple[str | None, str]:
    """The token and the secret in clear, as a worker would get them."""
    context = opened(directory)
    repository = repositories.find(context, "octocat", "hello")
    assert repository is not None
    [variable] = repositories.variables(context, repositories.repository_scope(repository.id))
    found = repositories.repository_token(context, repository.id), variable.value
    context.close()
    return found


def test_backup_is_restored_into_an_empty_directory(installation: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    written = run(installation, "backup", str(file))
    assert written.exit_code == 0, written.output
    assert "It holds the key" in written.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = tmp_path / "elsewhere"
    assert run(restored, "restore", str(file)).exit_code == 0
    assert secrets_of(restored) == (TOKEN, SECRET)
    assert stat.S_IMODE((restored / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((restored / "hobotnica.sqlite3").stat().st_mode) == 0o600


def test_backup_overwrites_nothing(installation: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    file.write_text("precious")
    refused = run(installation, "backup", str(file))
    assert (refused.exit_code, file.read_text()) == (1, "precious")
    assert "exists already" in refused.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup.tar.gz", "var"]


def test_restore_refuses_a_directory_in_use(installation: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup.tar.gz"
    run(installation, "backup", str(file))
    refused = run(installation, "restore", str(file))
    assert refused.exit_code == 1
    assert "choose an empty directory" in refused.output
    assert secrets_of(installation) == (TOKEN, SECRET)


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x1f\x8b broken"])
def test_restore_of_something_else_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    refused = run(tmp_path / "var", "restore", str(file))
    assert refused.exit_code == 1
    assert "is not a backup" in refused.output
    assert list((tmp_path / "var").iterdir()) == []


def test_restore_takes_no_paths_from_the_archive(tmp_path: Path) -> None:
    file, victim = tmp_path / "evil.tar", tmp_path / "victim"
    with tarfile.open(file, "w") as tar:
        for name in ("key", "../victim"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, str(victim)
            tar.addfile(link)
    assert run(tmp_path / "var", "restore", str(file)).exit_code == 1
    assert not victim.exists()


def test_backup_of_postgresql_says_how(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    refused = run(tmp_path, "backup", str(tmp_path / "b"), HOBOTNICA_DATABASE_URL=url)
    assert refused.exit_code == 1
    assert "pg_dump" in refused.output


def test_rotate_key_encrypts_everything_anew(installation: Path) -> None:
    context = opened(installation)  # a process that runs all the while
    before = (installation / "key").read_text()
    turned = run(installation, "rotate-key")
    assert turned.exit_code == 0, turned.output
    keys = (installation / "key").read_text().splitlines()
    assert len(keys) == 2
    assert keys[1] == before.strip()
    repository = repositories.find(context, "octocat", "hello")
    assert repository is not None
    assert repositories.repository_token(context, repository.id) == TOKEN
    context.close()
    # The old key is needed for nothing that is stored.
    (installation / "key").write_text(keys[0] + "\n")
    assert secrets_of(installation) == (TOKEN, SECRET)


def test_every_command_has_help() -> None:
    from myapp.cli import COMMANDS

    for command in COMMANDS:
        shown = CliRunner().invoke(main, [command, "--help"])
        assert shown.exit_code == 0, shown.output
        assert shown.output.startswith("Usage: ")


def test_check_lists_every_setting() -> None:
    shown = CliRunner().invoke(main, ["check", "--settings"])
    assert shown.exit_code == 0
    assert [line.split()[0] for line in shown.output.splitlines()] == [
        name for name, _, _ in describe()
    ]


def test_check_says_what_is_there(tmp_path: Path) -> None:
    shown = run(tmp_path / "var", "check")
    assert shown.exit_code == 0, shown.output
    assert "Everything that is needed is here." in shown.output
    assert not (tmp_path / "var").exists()


def test_check_hides_the_databases_password(tmp_path: Path) -> None:
    url = "postgresql://me:hunter2@127.0.0.1:1/nothing"
    shown = run(tmp_path / "var", "check", HOBOTNICA_DATABASE_URL=url)
    assert shown.exit_code == 1
    assert "MISSING  database     postgresql://me:***@127.0.0.1:1/nothing" in shown.output
    assert "hunter2" not in shown.output


def test_check_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    shown = run(tmp_path / "file" / "var", "check", PATH=str(tmp_path))
    assert shown.exit_code == 1
    assert "MISSING  git" in shown.output
    assert "must be mended" in shown.output


def test_a_wrong_setting_is_one_line(tmp_path: Path) -> None:
    refused = run(tmp_path, "migrate", HOBOTNICA_PORT="many")
    assert refused.exit_code == 1
    assert refused.output == "hobotnica: HOBOTNICA_PORT: must be a whole number (got 'many')\n"
