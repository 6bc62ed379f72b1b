from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from myapp import accounts, builds, deliveries, repositories
from myapp.builds import statuses
from myapp.context import Context
from myapp.errors import (
    Conflict,
    LeaseLost,
    PermissionDenied,
    RepositoryNotFound,
    ValidationFailed,
)
from myapp.store.tables import metadata
from tests.support import domain


def test_get_ignores_case(context: Context) -> None:
    repository = domain.registered(context, "Octo", "Hello.World")
    found = repositories.get(context, domain.account(context), "oCTO", "hello.WORLD", "ADMIN")
    assert found.id == repository.id
    assert found.full_name == "Octo/Hello.World"
    assert found.permission == "ADMIN"


def test_absent_and_invisible_are_the_same_error(context: Context) -> None:
    domain.registered(context)
    stranger = domain.account(context, "stranger")
    errors = []
    for name in ("hello", "absent"):
        with pytest.raises(RepositoryNotFound) as caught:
            repositories.get(context, stranger, "octo", name)
        errors.append((type(caught.value), caught.value.detail))
    assert errors[0] == errors[1]


def test_a_reader_may_not_do_what_needs_more(context: Context) -> None:
    repository = domain.registered(context)
    reader = domain.account(context, "reader")
    accounts.grant(context, reader, repository.id, "READ")
    assert repositories.get(context, reader, "octo", "hello").permission == "READ"
    with pytest.raises(PermissionDenied, match="WRITE"):
        repositories.get(context, reader, "octo", "hello", "WRITE")


def test_an_administrator_sees_everything(context: Context) -> None:
    domain.registered(context)
    root = domain.account(context, "root")
    found = repositories.get(context, root, "octo", "hello", "ADMIN")
    assert found.permission is None
    assert [each.name for each in repositories.list_visible(context, root)] == ["hello"]


def test_a_list_pages_by_key_and_shows_only_what_is_visible(context: Context) -> None:
    account = domain.account(context)
    for number in range(5):
        domain.registered(context, "octo", f"repository-{number}")
    domain.registered(context, "other", "hidden", login="other")
    first = repositories.list_visible(context, account, limit=2)
    assert [each.name for each in first] == ["repository-4", "repository-3"]
    second = repositories.list_visible(context, account, limit=9, before=first[-1].id)
    assert [each.name for each in second] == ["repository-2", "repository-1", "repository-0"]
    assert repositories.list_visible(context, account, owner="other") == []
    assert len(repositories.list_visible(context, account, owner="OCTO")) == 5


def test_a_ready_repository_with_a_build_on_is_running(context: Context) -> None:
    repository = domain.ready(context)
    account = domain.account(context)
    domain.pushed(context, repository)
    assert repositories.get(context, account, "octo", "hello").status == "ready"
    build = domain.claimed(context).build
    running = repositories.get(context, account, "octo", "hello")
    assert running.status == "running"
    assert running.is_ready
    builds.finish(context, build.id, build.attempt, domain.PASSED)
    assert repositories.list_visible(context, account)[0].status == "ready"


def test_a_clone_that_failed_says_why_and_can_be_tried_again(context: Context) -> None:
    repository = domain.registered(context)
    failed = repositories.mark_failed(context, repository.id, "GitHub refused the token")
    assert failed is not None
    assert (failed.status, failed.status_reason) == ("failed", "GitHub refused the token")
    again = repositories.begin_pull(context, repository.id)
    assert (again.status, again.status_reason) == ("cloning", None)
    ready = repositories.mark_ready(context, repository.id)
    assert ready is not None
    assert ready.last_pulled_at is not None


def test_what_was_revoked_or_deleted_meanwhile_does_not_become_ready(context: Context) -> None:
    revoked = domain.registered(context, "octo", "revoked")
    repositories.revoke(context, revoked.id, "withdrawn")
    deleted = domain.registered(context, "octo", "deleted")
    repositories.delete(context, deleted.id, "octocat")
    for repository in (revoked, deleted):
        assert repositories.mark_ready(context, repository.id) is None
        assert repositories.mark_failed(context, repository.id, "why") is None


def test_revoking_forgets_every_secret_and_ends_the_builds(context: Context) -> None:
    repository = domain.ready(context)
    scope = repositories.repository_scope(repository.id)
    repositories.set_variable(context, scope, "KEY", "hunter2!", secret=True, by="octocat")
    running = domain.pushed(context, repository, "running")
    domain.claimed(context)
    queued = domain.pushed(context, repository, "queued")
    revoked = repositories.revoke(context, repository.id, "the token was withdrawn")
    assert (revoked.status, revoked.status_reason) == ("revoked", "the token was withdrawn")
    assert revoked.revoked_at is not None
    assert repositories.repository_token(context, repository.id) is None
    with pytest.raises(RepositoryNotFound):
        repositories.webhook_secret(context, repository.id)
    assert repositories.variables(context, scope) == []
    ended = domain.stored(context, queued.id)
    assert ended.state == "cancelled"
    assert ended.reason == "cancelled by hobotnica: the token was withdrawn"
    renewal = builds.renew(context, running.id, 1)
    assert (renewal.cancelled_by, renewal.reason) == ("hobotnica", "the token was withdrawn")


def test_a_revoked_repository_takes_no_builds_and_sends_no_statuses(context: Context) -> None:
    repository = domain.ready(context)
    build = domain.finished(context, repository)
    repositories.revoke(context, repository.id, "withdrawn")
    with pytest.raises(RepositoryNotFound):
        deliveries.receive(context, repository, "late", "push", domain.push())
    with pytest.raises(RepositoryNotFound):
        builds.retry(context, build.id, "octocat")
    with pytest.raises(Conflict, match="revoked"):
        repositories.begin_pull(context, repository.id)
    assert statuses.due(context, domain.later(10), 10) == []
    assert statuses.due(context, domain.later(10_000), 10) == []


def test_deleting_removes_everything_that_belongs_to_it(context: Context) -> None:
    repository = domain.ready(context)
    account = domain.account(context)
    repositories.set_favorite(context, account, repository.id, True)
    scope = repositories.repository_scope(repository.id)
    repositories.set_variable(context, scope, "KEY", "value", secret=False, by="octocat")
    domain.finished(context, repository)
    build = domain.pushed(context, repository)
    domain.claimed(context)
    builds.append_log(context, build.id, 1, b"line\n")
    repositories.delete(context, repository.id, "octocat")
    keeps = {"accounts", "audit", "workers", "leases"}
    with context.database.read() as connection:
        left = {
            name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
            if name not in keeps
        }
    assert set(left.values()) == {0}, left
    with pytest.raises(LeaseLost):
        builds.append_log(context, build.id, 1, b"more")
    with pytest.raises(RepositoryNotFound):
        repositories.delete(context, repository.id, "octocat")


def test_ids_are_not_given_out_again_after_deleting(context: Context) -> None:
    # A mirror is named after the id: a leftover must never become another repository's.
    first = domain.registered(context)
    repositories.delete(context, first.id, "octocat")
    assert domain.registered(context).id > first.id


def test_a_rename_is_followed_and_takes_the_name_from_whoever_had_it(context: Context) -> None:
    mover = domain.ready(context, "octo", "old")
    holder = domain.ready(context, "octo", "new")
    renamed = repositories.rename(context, mover.id, "Octo", "New")
    assert renamed.full_name == "Octo/New"
    assert repositories.find(context, "octo", "new") == renamed
    assert repositories.find(context, "octo", "old") is None
    due = repositories.due_for_access_check(context, domain.later(1), 10)
    assert [each.id for each in due] == [holder.id]
    back = repositories.rename(context, holder.id, "octo", "elsewhere")
    assert repositories.find(context, "octo", "elsewhere") == back


def test_builds_show_the_present_name(context: Context) -> None:
    repository = domain.ready(context)
    build = domain.pushed(context, repository)
    repositories.rename(context, repository.id, "neworg", "newname")
    shown = domain.stored(context, build.id)
    assert (shown.owner, shown.name) == ("neworg", "newname")


def test_settings_are_changed_all_or_none(context: Context) -> None:
    repository = domain.registered(context)
    with pytest.raises(ValidationFailed):
        wrong = {"test_target": "check", "timeout": 0}
        repositories.update_settings(context, repository.id, wrong, "octocat")
    unchanged = repositories.by_id(context, repository.id)
    assert unchanged is not None
    assert unchanged.test_target == "test"
    right: dict[str, Any] = {"test_target": "check", "timeout": 60, "auto_deploy": True}
    changed = repositories.update_settings(context, repository.id, right, "octocat")
    assert (changed.test_target, changed.timeout, changed.auto_deploy) == ("check", 60, True)
    with pytest.raises(RepositoryNotFound):
        repositories.update_settings(context, 99, right, "octocat")


def test_favourites_are_listed_from_the_newest_mark_while_they_are_seen(context: Context) -> None:
    account = domain.account(context)
    calm = domain.ready(context, "octo", "calm")
    broken = domain.registered(context, "octo", "broken")
    assert repositories.list_favorites(context, account) == []
    for repository in (broken, calm, calm):
        repositories.set_favorite(context, account, repository.id, True)
    marked = repositories.list_favorites(context, account)
    assert [each.name for each in marked] == ["calm", "broken"]
    accounts.grant(context, account, calm.id, None)
    assert [each.name for each in repositories.list_favorites(context, account)] == ["broken"]
    repositories.set_favorite(context, account, broken.id, False)
    assert repositories.list_favorites(context, account) == []


def test_the_webhook_is_found_by_its_address_and_its_state_is_kept(context: Context) -> None:
    repository = domain.registered(context)
    with pytest.raises(RepositoryNotFound):
        repositories.webhook(context, "guess")
    repositories.set_hook(context, repository.id, 1 << 40, "installed", None)
    found, secret = repositories.webhook(context, repository.webhook_uid)
    assert secret == repositories.webhook_secret(context, repository.id)
    assert found is not None
    assert (found.hook_id, found.hook_state) == (1 << 40, "installed")
    with pytest.raises(ValueError, match="broken"):
        repositories.set_hook(context, repository.id, None, "broken", None)


def test_a_rotated_webhook_secret_takes_the_place_of_the_old_one(context: Context) -> None:
    repository = domain.registered(context)
    old = repositories.webhook_secret(context, repository.id)
    new = repositories.rotate_webhook_secret(context, repository.id, "octocat")
    assert new != old
    assert repositories.webhook_secret(context, repository.id) == new


def test_hostile_texts_of_github_are_stored(context: Context) -> None:
    account = domain.account(context)
    facts = domain.facts(description="<script>'\";--\u202e", default_branch="weird/'\"$(id)")
    repository = repositories.register(context, account, facts, "token-1")
    found = repositories.get(context, account, "octo", "hello")
    assert found.description == facts.description
    assert found.default_branch == facts.default_branch
    assert repository.id == found.id
