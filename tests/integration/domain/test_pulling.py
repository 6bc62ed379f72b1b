from __future__ import annotations

import time

import pytest

from myapp import accounts, builds, deliveries, repositories
from myapp.context import Context
from myapp.errors import Conflict, RepositoryNotFound
from myapp.repositories.pulling import PULL_LEASE
from myapp.store import schedules
from tests.support import domain, factories


def names(found: list[repositories.Repository]) -> list[str]:
    return [repository.name for repository in found]


def test_a_pull_is_due_after_the_interval_and_then_leased(context: Context) -> None:
    repository = domain.ready(context)
    interval = context.settings.pull_interval
    assert repositories.due_for_pull(context, time.time(), 10) == []
    moment = domain.later(interval * 1.2)
    assert names(repositories.due_for_pull(context, moment, 10)) == ["hello"]
    assert repositories.due_for_pull(context, moment, 10) == []
    repositories.pulled(context, repository.id)
    assert repositories.due_for_pull(context, domain.later(interval * 0.8), 10) == []
    assert names(repositories.due_for_pull(context, moment, 10)) == ["hello"]


def test_a_lease_whose_holder_died_ends(context: Context) -> None:
    domain.ready(context)
    moment = domain.later(context.settings.pull_interval * 1.2)
    assert repositories.due_for_pull(context, moment, 10)
    after = moment + PULL_LEASE + 1
    assert names(repositories.due_for_pull(context, after, 10)) == ["hello"]


def test_the_longest_due_come_first_and_no_more_than_asked_for(context: Context) -> None:
    for number in range(3):
        domain.ready(context, "octo", f"repository-{number}")
    moment = domain.later(context.settings.pull_interval * 2)
    assert len(repositories.due_for_pull(context, moment, 2)) == 2
    assert len(repositories.due_for_pull(context, moment, 2)) == 1


def test_a_first_clone_that_nobody_is_at_any_more_is_due(context: Context) -> None:
    domain.registered(context)
    assert repositories.due_for_pull(context, time.time(), 10) == []
    (found,) = repositories.due_for_pull(context, domain.later(PULL_LEASE + 1), 10)
    assert found.status == "cloning"


def test_a_renewed_lease_lasts_longer_and_an_ended_one_does_not_come_back(context: Context) -> None:
    repository = domain.registered(context)
    moment = domain.later(PULL_LEASE + 1)
    with context.database.write() as connection:
        schedules.renew_pull(connection, repository.id, moment + PULL_LEASE)
    assert repositories.due_for_pull(context, moment, 10) == []
    repositories.mark_ready(context, repository.id)
    repositories.renew_pull(context, repository.id)
    due = domain.later(context.settings.pull_interval * 1.2)
    assert names(repositories.due_for_pull(context, due, 10)) == ["hello"]


@pytest.mark.parametrize("status", ["failed", "revoked"])
def test_what_failed_or_was_revoked_is_not_pulled(context: Context, status: str) -> None:
    repository = domain.registered(context)
    if status == "failed":
        repositories.mark_failed(context, repository.id, "why")
    else:
        repositories.revoke(context, repository.id, "why")
    assert repositories.due_for_pull(context, domain.later(10**6), 10) == []


def test_two_pulls_of_one_repository_do_not_meet(context: Context) -> None:
    repository = domain.ready(context)
    repositories.begin_pull(context, repository.id)
    with pytest.raises(Conflict, match="already"):
        repositories.begin_pull(context, repository.id)
    repositories.pulled(context, repository.id)
    repositories.begin_pull(context, repository.id)
    with pytest.raises(RepositoryNotFound):
        repositories.begin_pull(context, 99)


def test_a_pull_that_fails_says_why_and_pauses_longer_each_time(context: Context) -> None:
    repository = domain.ready(context)
    interval = context.settings.pull_interval
    for failures in (1, 2):
        repositories.pulled(context, repository.id, error="GitHub does not answer")
        soon = domain.later(interval * 2**failures * 0.8)
        assert repositories.due_for_pull(context, soon, 10) == []
    found = repositories.by_id(context, repository.id)
    assert found is not None
    assert (found.status, found.pull_error) == ("ready", "GitHub does not answer")
    repositories.pulled(context, repository.id)
    mended = repositories.by_id(context, repository.id)
    assert mended is not None
    assert mended.pull_error is None
    assert names(repositories.due_for_pull(context, domain.later(interval * 1.2), 10)) == ["hello"]


def test_a_missed_head_gets_its_build_once_marked_as_pulled(context: Context) -> None:
    repository = domain.ready(context)
    sha = factories.sha()
    given = (repository, "main", sha, "Missed", "octocat")
    build = builds.pull_head(context, *given)
    assert build is not None
    assert (build.event, build.sha, build.ref) == ("pull", sha, "refs/heads/main")
    assert builds.pull_head(context, *given) is None


def test_heads_that_were_cloned_are_not_built(context: Context) -> None:
    repository = domain.registered(context)
    heads = {"main": factories.sha(), "old": factories.sha()}
    repositories.mark_ready(context, repository.id, heads=heads)
    for branch, sha in heads.items():
        assert builds.pull_head(context, repository, branch, sha, "", "") is None
    assert repositories.unseen_heads(context, repository.id, heads) == {}
    moved = {**heads, "old": factories.sha()}
    assert repositories.unseen_heads(context, repository.id, moved) == {"old": moved["old"]}


def test_a_head_whose_delivery_came_is_not_built_again(context: Context) -> None:
    repository = domain.ready(context)
    push = domain.push()
    deliveries.receive(context, repository, "d1", "push", push)
    assert builds.pull_head(context, repository, "main", push.sha, "", "") is None


def test_a_head_that_asks_to_be_skipped_is_not_built(context: Context) -> None:
    repository = domain.ready(context)
    sha = factories.sha()
    assert builds.pull_head(context, repository, "main", sha, "Docs [skip ci]", "") is None
    assert repositories.unseen_heads(context, repository.id, {"main": sha}) == {}


def test_a_webhook_that_comes_after_the_pull_makes_no_second_build(context: Context) -> None:
    repository = domain.ready(context)
    push = domain.push()
    build = builds.pull_head(context, repository, "main", push.sha, "", "")
    outcome = deliveries.receive(context, repository, "late", "push", push)
    assert build is not None
    assert (outcome.build, outcome.duplicate) == (None, False)
    assert str(build.number) in outcome.detail
    assert len(builds.list_builds(context, repository.id)) == 1


def test_a_branch_that_is_gone_is_forgotten(context: Context) -> None:
    repository = domain.registered(context)
    heads = {"main": factories.sha(), "gone": factories.sha()}
    repositories.mark_ready(context, repository.id, heads=heads)
    repositories.pulled(context, repository.id, heads={"main": heads["main"]})
    assert repositories.unseen_heads(context, repository.id, heads) == {"gone": heads["gone"]}


def test_access_is_checked_after_its_interval_and_tried_again_without_an_answer(
    context: Context,
) -> None:
    repository = domain.ready(context)
    interval = context.settings.access_check_interval
    assert repositories.due_for_access_check(context, time.time(), 10) == []
    moment = domain.later(interval * 1.2)
    assert names(repositories.due_for_access_check(context, moment, 10)) == ["hello"]
    assert repositories.due_for_access_check(context, moment, 10) == []
    assert names(repositories.due_for_access_check(context, moment + 130, 10)) == ["hello"]
    repositories.access_checked(context, repository.id, domain.facts())
    assert repositories.due_for_access_check(context, domain.later(interval * 0.8), 10) == []


def test_a_check_writes_down_what_github_says_now(context: Context) -> None:
    repository = domain.ready(context)
    facts = domain.facts(
        "neworg",
        "newname",
        node_id=repository.node_id,
        permission="READ",
        private=False,
        default_branch="trunk",
    )
    checked = repositories.access_checked(context, repository.id, facts)
    assert checked is not None
    assert checked.full_name == "neworg/newname"
    assert (checked.private, checked.default_branch) == (False, "trunk")
    access = accounts.access(context, domain.account(context), repository.id)
    assert access is not None
    assert access.permission == "READ"
    assert repositories.access_checked(context, 99, facts) is None


def test_the_revoked_are_not_asked_about(context: Context) -> None:
    repository = domain.ready(context)
    repositories.revoke(context, repository.id, "withdrawn")
    assert repositories.due_for_access_check(context, domain.later(10**6), 10) == []
