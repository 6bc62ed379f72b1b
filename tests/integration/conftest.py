"""Databases and contexts for the tests that use real ones; each test has its own, empty."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from myapp.context import Context
from myapp.settings import Settings
from myapp.store.database import Database
from tests.support.database import PostgreSQL, migrated_file, postgresql_programs

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server of the tests' own."""
    if postgresql_programs() is None:
        pytest.skip("left out, as PostgreSQL's server (initdb) is not installed")
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL) -> str:
    """The name of a database with the newest schema."""
    name = postgresql.create()
    database = Database(postgresql.url(name))
    database.migrate()
    database.close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with the newest schema."""
    return migrated_file(tmp_path_factory.mktemp("sqlite") / "template.sqlite3")


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a new SQLite database."""
    directory = tmp_path / "var"
    directory.mkdir(mode=0o700, exist_ok=True)
    path = directory / "hobotnica.sqlite3"
    shutil.copyfile(sqlite_template, path)
    path.chmod(0o600)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL, postgresql_template: str) -> Iterator[str]:
    """The address of a new PostgreSQL database."""
    name = postgresql.create(postgresql_template)
    yield postgresql.url(name)
    postgresql.drop(name)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a new database: the test runs once over each kind."""
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """The defaults, with a data directory of the test's own."""
    return Settings(data_dir=tmp_path / "var", database_url=database_url, admins=("root",))


@pytest.fixture
def context(settings: Settings) -> Iterator[Context]:
    """What every verb needs, over a new database."""
    context = Context.open(settings)
    yield context
    context.close()


@pytest.fixture
def sqlite_context(sqlite_url: str, tmp_path: Path) -> Iterator[Context]:
    """The same over SQLite only, for what depends on its file."""
    context = Context.open(Settings(data_dir=tmp_path / "var", database_url=sqlite_url))
    yield context
    context.close()
