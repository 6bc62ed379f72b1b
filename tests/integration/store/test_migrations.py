from __future__ import annotations

import multiprocessing
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from myapp.errors import SettingsError
from myapp.store.database import Database
from myapp.store.migration import configuration, current, known
from myapp.store.tables import metadata
from tests.support.database import PostgreSQL


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'data' / 'new.sqlite3'}"
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create()
    request.addfinalizer(lambda: server.drop(name))
    return server.url(name)


def test_migrations_make_exactly_the_tables_of_the_code(empty_url: str) -> None:
    database = Database(empty_url)
    database.migrate()
    with database.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    database.close()
    assert differences == []


def test_partial_indexes_are_the_same_in_both(empty_url: str) -> None:
    # Alembic compares no conditions of indexes, and the queue depends on them.
    migrated, created = Database(empty_url), sa.create_engine("sqlite://")
    migrated.migrate()
    metadata.create_all(created)
    with migrated.connect() as connection, created.connect() as other:
        found = _conditions(connection)
        wanted = _conditions(other)
    migrated.close()
    assert found == wanted
    assert {"builds_queue", "builds_lane", "statuses_due"} <= found.keys()


def _conditions(connection: sa.Connection) -> dict[str, str]:
    inspector = sa.inspect(connection)
    found = {}
    for table in metadata.tables:
        for index in inspector.get_indexes(table):
            for key, condition in index.get("dialect_options", {}).items():
                if key.endswith("_where"):
                    text = str(condition).replace("::text", "")
                    found[str(index["name"])] = text.strip("()").replace("(", "").replace(")", "")
    return found


def test_migrating_twice_changes_nothing(empty_url: str) -> None:
    database = Database(empty_url)
    assert database.migrate() == database.migrate() == known()[-1]
    with database.read() as connection:
        assert current(connection) == known()[-1]
    database.close()


def _start(url: str, barrier: object, results: object) -> None:
    database = Database(url)
    barrier.wait()  # type: ignore[attr-defined]
    try:
        results.put(database.migrate())  # type: ignore[attr-defined]
    except Exception as error:
        results.put(repr(error))  # type: ignore[attr-defined]


def test_several_starters_at_once_migrate_once(empty_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(4), spawn.Queue()
    starters = [spawn.Process(target=_start, args=(empty_url, barrier, results)) for _ in range(4)]
    for starter in starters:
        starter.start()
    answers = [results.get(timeout=60) for _ in starters]
    for starter in starters:
        starter.join(60)
    assert answers == [known()[-1]] * 4


def test_a_database_of_a_newer_version_is_refused(empty_url: str) -> None:
    database = Database(empty_url)
    database.migrate()
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="newer Hobotnica"):
        database.migrate()
    database.close()


def test_the_newest_file_is_the_head_that_alembic_sees() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        script = ScriptDirectory.from_config(configuration(connection))
    assert script.get_heads() == [known()[-1]]
    assert [revision.revision for revision in script.walk_revisions()] == known()[::-1]


def test_the_database_file_and_its_folder_are_private(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'var' / 'hobotnica.sqlite3'}")
    database.migrate()
    with database.write() as connection:
        connection.execute(sa.text("DELETE FROM leases"))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("var/*")}
    database.close()
    assert stat.S_IMODE((tmp_path / "var").stat().st_mode) == 0o700
    assert set(modes.values()) == {0o600}
    assert "hobotnica.sqlite3-wal" in modes


def test_a_database_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "wrong.sqlite3"
    path.write_text("this is a text file\n" * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(Exception, match="not a database"):
        database.migrate()
    database.close()
