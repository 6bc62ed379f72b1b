from __future__ import annotations

import pytest
import sqlalchemy as sa

from myapp import repositories
from myapp.context import Context
from myapp.errors import NotFound, ValidationFailed
from myapp.repositories import environment
from myapp.store import audit
from tests.support import domain

SCOPE = "repository:1"


def put(context: Context, key: str, value: str, *, secret: bool = False, **more: object) -> object:
    return repositories.set_variable(
        context,
        SCOPE,
        key,
        value,
        secret=secret,
        by="octocat",
        **more,  # type: ignore[arg-type]
    )


def test_a_variable_is_set_changed_and_deleted(context: Context) -> None:
    put(context, "KEY", "one")
    put(context, "KEY", "two", jobs=("deploy",))
    (found,) = repositories.variables(context, SCOPE)
    assert (found.value, found.secret, found.jobs) == ("two", False, ("deploy",))
    repositories.delete_variable(context, SCOPE, "KEY", by="octocat")
    assert repositories.variables(context, SCOPE) == []
    with pytest.raises(NotFound, match="KEY"):
        repositories.delete_variable(context, SCOPE, "KEY", by="octocat")


def test_a_secret_is_shown_as_stars_and_told_only_to_who_runs_builds(context: Context) -> None:
    put(context, "SECRET", "hunter2!", secret=True)
    put(context, "PLAIN", "visible")
    shown = {item.key: item.value for item in repositories.variables_shown(context, SCOPE)}
    assert shown == {"SECRET": "***", "PLAIN": "visible"}
    told = {item.key: item.value for item in repositories.variables(context, SCOPE)}
    assert told == {"SECRET": "hunter2!", "PLAIN": "visible"}


def test_no_value_is_in_the_database_in_clear(context: Context) -> None:
    put(context, "SECRET", "hunter2-secret", secret=True)
    put(context, "PLAIN", "hunter2-plain")
    with context.database.read() as connection:
        stored = connection.execute(sa.text("SELECT value FROM variables")).scalars().all()
        lines = audit.newest(connection, 10)
    assert len(stored) == 2
    assert all(b"hunter2" not in bytes(value) for value in stored)
    assert "hunter2" not in repr(lines)


def test_multi_line_and_unicode_values_come_back_as_they_were(context: Context) -> None:
    value = "-----BEGIN KEY-----\nünïcode\r\n\ttab 'quote' \"double\" $HOME `id`\n"
    put(context, "KEY", value, secret=True)
    assert repositories.variables(context, SCOPE)[0].value == value


def test_owner_scopes_ignore_case_and_do_not_mix_with_repositories(context: Context) -> None:
    assert repositories.owner_scope("OctoCat") == repositories.owner_scope("octocat")
    put(context, "KEY", "repository's")
    assert repositories.variables(context, repositories.owner_scope("1")) == []


@pytest.mark.parametrize(
    ("key", "value", "loc"),
    [
        ("PATH", "/tmp", ["parameters", "key"]),
        ("not a name", "x", ["parameters", "key"]),
        ("KEY", "a\0b", ["body", "value"]),
        ("KEY", "x" * (environment.LARGEST_VALUE + 1), ["body", "value"]),
        ("KEY", "ü" * (environment.LARGEST_VALUE // 2 + 1), ["body", "value"]),
        ("KEY", "\ud800", ["body", "value"]),
    ],
)
def test_what_cannot_be_set_is_told_at_its_place(
    context: Context, key: str, value: str, loc: list[str]
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        put(context, key, value)
    assert [problem["loc"] for problem in caught.value.detail] == [loc]
    assert repositories.variables(context, SCOPE) == []


@pytest.mark.parametrize("jobs", [(), ("lint",), ("test", "lint")])
def test_jobs_are_test_deploy_or_both(context: Context, jobs: tuple[str, ...]) -> None:
    with pytest.raises(ValidationFailed):
        put(context, "KEY", "x", jobs=jobs)


def test_the_largest_value_fits(context: Context) -> None:
    put(context, "KEY", "x" * environment.LARGEST_VALUE)
    assert len(repositories.variables(context, SCOPE)[0].value) == environment.LARGEST_VALUE


def test_there_is_a_limit_to_new_variables_but_not_to_changing_them(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "MOST_VARIABLES", 2)
    put(context, "A", "1")
    put(context, "B", "1")
    with pytest.raises(ValidationFailed, match="not valid"):
        put(context, "C", "1")
    put(context, "B", "2")


@pytest.mark.parametrize(
    ("value", "warned"),
    [("hunter2-long", False), ("abc", True), ("long enough\nno\n", True), ("", False)],
)
def test_a_secret_too_short_to_be_masked_is_warned_about(
    context: Context, value: str, warned: bool
) -> None:
    assert bool(put(context, "KEY", value, secret=True)) == warned
    assert put(context, "KEY", value) == []


def test_a_build_gets_owner_then_repository_variables_of_its_job(context: Context) -> None:
    repository = domain.ready(context, "Octo", "hello")
    owner = repositories.owner_scope("octo")
    own = repositories.repository_scope(repository.id)
    for scope, key, value, secret, jobs in (
        (owner, "COMMON", "owner", False, ("test", "deploy")),
        (owner, "BOTH", "owner's", True, ("test",)),
        (own, "BOTH", "repository's", True, ("test",)),
        (own, "DEPLOY_KEY", "never in a test", True, ("deploy",)),
    ):
        repositories.set_variable(
            context, scope, key, value, secret=secret, jobs=jobs, by="octocat"
        )
    domain.pushed(context, repository)
    claimed = domain.claimed(context)
    told = claimed.environment
    assert (told["COMMON"], told["BOTH"]) == ("owner", "repository's")
    assert "DEPLOY_KEY" not in told
    assert (told["CI"], told["HOBOTNICA_REPOSITORY"]) == ("1", "Octo/hello")
    assert {"token-1", "repository's"} <= set(claimed.secrets)
    assert "owner" not in claimed.secrets
    assert "never in a test" not in claimed.secrets
    assert claimed.token == "token-1"
    assert claimed.timeout == context.settings.build_timeout
