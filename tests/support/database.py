"""Databases for tests: SQLite files, and a PostgreSQL that the tests start themselves."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import sqlalchemy as sa

from myapp.store.database import Database
from tests.support.wait import wait_until

_UNSAFE_BUT_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def postgresql_programs() -> Path | None:
    """The folder with the newest initdb of this machine, None if there is none."""
    found = [
        path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")
        if path.parent.parent.name.isdigit()
    ]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    program = shutil.which("initdb")
    return Path(program).resolve().parent if program else None


def _in_memory() -> str | None:
    """A folder in memory if there is one with room: every test copies a database."""
    place = "/dev/shm"
    roomy = os.access(place, os.W_OK) and shutil.disk_usage(place).free > 2 << 30
    return place if roomy else None


class PostgreSQL:
    """A server on a socket of its own in a temporary folder; nobody else can connect to it."""

    def __init__(self) -> None:
        programs = postgresql_programs()
        if programs is None:
            raise FileNotFoundError("initdb")
        # Not pytest's folder: a socket's path may have 107 bytes only, and the user may differ.
        self._directory = Path(tempfile.mkdtemp(prefix="pg-", dir=_in_memory()))
        self._programs = programs
        self._as_postgres: list[str] = []
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self._directory, user.pw_uid, user.pw_gid)
            ids = ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
            self._as_postgres = ["setpriv", *ids, "--pdeathsig", "INT"]
        self._data = self._directory / "data"
        self._run("initdb", "-D", self._data, "-U", "test", "-A", "trust", "-E", "UTF8", "-N")
        self._process = self._start()

    def __enter__(self) -> PostgreSQL:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def url(self, name: str = "postgres") -> str:
        """The address of one of the server's databases."""
        return f"postgresql://test@/{name}?host={self._directory}"

    def create(self, template: str = "template1") -> str:
        """A new database, a copy of `template`; its name."""
        name = f"test_{secrets.token_hex(6)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def disconnect(self, name: str) -> None:
        """Cut every connection to a database, as a server's restart does."""
        self._execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )

    def stop(self) -> None:
        """Stop the server; the data stays."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(30)

    def start(self) -> None:
        """Start the server again."""
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        options = ["-k", self._directory, "-c", "listen_addresses=", "-c", "max_connections=200"]
        for setting in _UNSAFE_BUT_FAST:
            options += ["-c", setting]
        with (self._directory / "log").open("ab") as log:
            process = subprocess.Popen(
                [*self._as_postgres, self._programs / "postgres", "-D", self._data, *options],
                cwd=self._directory,
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, 60, what="PostgreSQL answers")
        return process

    def _answers(self) -> bool:
        try:
            self._execute("SELECT 1")
        except sa.exc.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str | Path) -> None:
        command = [*self._as_postgres, self._programs / program, *arguments]
        subprocess.run(command, check=True, cwd=self._directory, capture_output=True)

    def _execute(self, statement: str) -> None:
        url = sa.make_url(self.url()).set(drivername="postgresql+psycopg2")
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def migrated_file(path: Path) -> Path:
    """An SQLite file with the newest schema, whole without its write-ahead log."""
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.outside_transaction() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    database.close()
    return path
