"""check: is everything there that the service needs?"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click

from myapp.cli import fail
from myapp.errors import HobotnicaError
from myapp.settings import Settings, describe

Finding = tuple[str, bool, str]


@click.command()
@click.option("--settings", "show", is_flag=True, help="List every setting and its default.")
def check(show: bool) -> None:
    """Look at this machine and say what is missing (doctor)."""
    if show:
        for name, default, help_text in describe():
            click.echo(f"{name:36} {default or '-':26} {help_text}")
        return
    settings = Settings.read()
    wrong = 0
    for name, good, detail in findings(settings):
        click.echo(f"{'ok' if good else 'MISSING':8} {name:12} {detail}")
        wrong += not good
    if wrong:
        fail(f"{wrong} of these must be mended")
    click.echo("Everything that is needed is here.")


def findings(settings: Settings) -> Iterator[Finding]:
    """Each part: its name, whether it is all right, and a word about it."""
    version = sys.version.split()[0]
    yield "python", (3, 11) <= sys.version_info[:2] <= (3, 13), version
    for program in ("git", "make"):
        yield _program(program)
    yield _data_directory(settings.data_dir)
    yield _database(settings)
    yield _sandbox(settings)
    free = shutil.disk_usage(_existing(settings.data_dir)).free
    yield "disk", free > 512 << 20, f"{free >> 20} MB free"


def _program(name: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        return name, False, "not found on PATH"
    shown = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    return name, shown.returncode == 0, (shown.stdout or shown.stderr).partition("\n")[0]


def _existing(path: Path) -> Path:
    return path if path.exists() else _existing(path.parent)


def _data_directory(path: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=_existing(path)):
            return "data", True, str(path)
    except OSError as error:
        return "data", False, f"{path}: {error.strerror}"


def _database(settings: Settings) -> Finding:
    from myapp.store.database import Database

    url = urlsplit(settings.database)
    shown = (
        settings.database.replace(f":{url.password}@", ":***@") if url.password else url.geturl()
    )
    if url.scheme.startswith("sqlite") and not Path(url.path.removeprefix("/")).exists():
        return "database", True, f"{shown} (made at the first start)"
    database = Database(settings.database)
    try:
        with database.read():
            return "database", True, shown
    except HobotnicaError as error:
        return "database", False, f"{shown}: {error.detail}"
    finally:
        database.close()


def _sandbox(settings: Settings) -> Finding:
    from myapp.runner.detect import detect

    with tempfile.TemporaryDirectory() as place:
        try:
            found = detect(settings.sandbox, Path(place))
        except HobotnicaError as error:
            return "sandbox", False, str(error.detail)
    return "sandbox", True, str(found)
