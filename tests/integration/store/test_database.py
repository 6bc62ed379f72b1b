from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from myapp.errors import DatabaseUnavailable, SettingsError
from myapp.store import engines
from myapp.store.database import Database
from tests.support.database import PostgreSQL

LINES = sa.text("SELECT count(*) FROM audit")
WRITE = sa.text(
    "INSERT INTO audit (at, actor, action, target, detail) VALUES (0, 'a', 'b', 'c', :detail)"
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 0.2)


def write(database: Database, detail: str = "") -> None:
    with database.write() as connection:
        connection.execute(WRITE, {"detail": detail})


def lines(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(LINES).scalar_one()


def test_a_write_is_there_when_its_block_has_ended(database: Database) -> None:
    write(database)
    assert lines(database) == 1


def test_a_write_is_undone_when_its_block_raises(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as connection:
        connection.execute(WRITE, {"detail": ""})
        raise KeyError
    assert lines(database) == 0
    write(database)
    assert lines(database) == 1


def test_a_write_inside_a_write_is_a_fault_that_is_seen_at_once(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with pytest.raises(RuntimeError, match="inside"), database.write(), database.write():
        pass
    write(database)
    database.close()


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.write() as connection:
        connection.execute(WRITE, {"detail": ""})
        assert lines(database) == 0
    assert lines(database) == 1


def test_foreign_keys_are_kept(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(sa.text("INSERT INTO heads VALUES (99, 'main', 'sha')"))


def test_a_fault_of_ours_is_not_told_as_unavailable(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError), database.read() as connection:
        connection.execute(sa.text("SELECT nothing FROM nowhere"))


def test_a_file_locked_for_too_long_is_503_and_nothing_is_lost(
    impatient: None, sqlite_url: str
) -> None:
    ours, theirs = Database(sqlite_url), Database(sqlite_url)
    with theirs.write() as connection:
        connection.execute(WRITE, {"detail": "theirs"})
        with pytest.raises(DatabaseUnavailable, match="busy") as caught:
            write(ours)
        assert caught.value.status == 503
        assert "Retry-After" in caught.value.headers
        assert lines(ours) == 0
    write(ours)
    assert lines(ours) == 2
    ours.close()
    theirs.close()


def test_threads_of_one_process_write_in_turn(database: Database) -> None:
    threads = [
        threading.Thread(target=lambda: [write(database) for _ in range(25)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lines(database) == 200


def test_a_thread_that_waits_too_long_for_its_turn_gets_503(
    impatient: None, sqlite_url: str
) -> None:
    database = Database(sqlite_url)
    errors: list[BaseException] = []

    def late() -> None:
        try:
            write(database)
        except DatabaseUnavailable as error:
            errors.append(error)

    with database.write():
        thread = threading.Thread(target=late)
        thread.start()
        thread.join()
    assert len(errors) == 1
    write(database)
    database.close()


def test_a_full_disk_is_503_and_what_was_written_stays(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    write(database, "before")
    with database.outside_transaction() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DatabaseUnavailable, match="disk is full"):
        write(database, "x" * 100_000)
    assert lines(database) == 1
    with database.outside_transaction() as connection:
        connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    write(database, "x" * 100_000)
    assert lines(database) == 2
    database.close()


def test_a_folder_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path / 'file' / 'db.sqlite3'}")


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "nonsense"])
def test_an_address_that_cannot_keep_anything_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsError, match="HOBOTNICA_DATABASE_URL"):
        Database(url)


def test_a_password_is_not_shown() -> None:
    database = Database("postgresql://user:hunter2@127.0.0.1:1/name")
    assert "hunter2" not in repr(database)
    with pytest.raises(DatabaseUnavailable) as caught, database.read():
        pass
    assert "hunter2" not in str(caught.value)
    database.close()


def test_a_server_that_cut_the_connections_is_503_once_and_then_used_again(
    postgresql: PostgreSQL, postgresql_url: str
) -> None:
    database = Database(postgresql_url)
    write(database)
    postgresql.disconnect(database.url.database or "")
    with pytest.raises(DatabaseUnavailable):
        write(database)
    write(database)
    assert lines(database) == 2
    database.close()


def test_a_row_locked_for_too_long_is_503(impatient: None, postgresql_url: str) -> None:
    database = Database(postgresql_url)
    write(database)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE audit SET detail = 'mine'"))
        with pytest.raises(DatabaseUnavailable, match="busy"), database.write() as other:
            other.execute(sa.text("UPDATE audit SET detail = 'yours'"))
    database.close()


def test_a_forked_child_opens_connections_of_its_own(database: Database) -> None:
    write(database, "parent")
    with database.write() as held:
        held.execute(WRITE, {"detail": "held while forking"})
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if lines(database) == 1 else 2
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert lines(database) == 2
    write(database)
    assert lines(database) == 3
