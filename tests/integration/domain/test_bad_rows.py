from __future__ import annotations

import pytest
import sqlalchemy as sa

from myapp import builds, repositories
from myapp.builds import claiming, statuses
from myapp.context import Context
from tests.support import domain


def execute(context: Context, statement: str, **values: object) -> None:
    with context.database.write() as connection:
        connection.execute(sa.text(statement), values)


def test_a_secret_that_cannot_be_decrypted_sets_its_build_aside(context: Context) -> None:
    broken = domain.ready(context, "octo", "broken")
    scope = repositories.repository_scope(broken.id)
    repositories.set_variable(context, scope, "KEY", "hunter2!", secret=True, by="octocat")
    execute(context, "UPDATE variables SET value = :v", v=b"made with another key")
    bad = domain.pushed(context, broken)
    good = domain.pushed(context, domain.ready(context, "octo", "fine"))
    assert domain.claimed(context).build.id == good.id
    aside = domain.stored(context, bad.id)
    assert aside.state == "errored"
    assert aside.reason == "the variable KEY cannot be decrypted: set it again"
    told = {each.build_id: each for each in statuses.due(context, domain.later(1), 10)}
    assert told[bad.id].state == "error"


def test_a_token_that_cannot_be_decrypted_sets_its_build_aside(context: Context) -> None:
    repository = domain.ready(context)
    execute(context, "UPDATE repositories SET token = :t", t=b"made with another key")
    bad = domain.pushed(context, repository)
    assert builds.claim(context, "w1", 10) is None
    aside = domain.stored(context, bad.id)
    assert aside.reason == "the repository's GitHub token cannot be decrypted: set it again"


def test_a_build_without_its_repository_is_set_aside(sqlite_context: Context) -> None:
    context = sqlite_context
    orphan = domain.pushed(context, domain.ready(context, "octo", "vanished"))
    good = domain.pushed(context, domain.ready(context, "octo", "fine"))
    with context.database.outside_transaction() as connection:
        # As a damaged or hand-edited file may have it: the database itself would not allow it.
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM repositories WHERE name = 'vanished'")
        connection.execute("PRAGMA foreign_keys = ON")
    assert domain.claimed(context).build.id == good.id
    aside = domain.stored(context, orphan.id)
    assert (aside.state, aside.reason) == ("errored", "its repository is no longer there")


def test_whatever_else_is_wrong_with_a_row_does_not_stop_the_others(
    context: Context, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    repository = domain.ready(context)
    bad = domain.pushed(context, repository, "bad")
    good = domain.pushed(context, repository, "good")
    real = claiming.facts

    def facts(build: builds.Build, base_url: str) -> dict[str, str]:
        if build.id == bad.id:
            raise ArithmeticError("something nobody thought of")
        return real(build, base_url)

    monkeypatch.setattr(claiming, "facts", facts)
    assert domain.claimed(context).build.id == good.id
    aside = domain.stored(context, bad.id)
    assert aside.reason == "the build could not be prepared (ArithmeticError)"
    assert "something nobody thought of" in caplog.text
