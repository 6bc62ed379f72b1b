from __future__ import annotations

import threading
import uuid

import pytest

from myapp import accounts, builds, repositories
from myapp.context import Context
from myapp.errors import Conflict, HobotnicaError, RepositoryNotFound
from tests.support import domain


def test_a_new_repository_is_cloning_and_its_registrar_has_access(context: Context) -> None:
    account = domain.account(context)
    repository = repositories.register(context, account, domain.facts(), "token-1")
    assert repository.status == "cloning"
    assert uuid.UUID(repository.uid)
    assert len(repository.webhook_uid) >= 32
    assert (repository.test_target, repository.deploy_branch) == ("test", "main")
    assert repositories.repository_token(context, repository.id) == "token-1"
    assert len(repositories.webhook_secret(context, repository.id)) >= 32
    found = accounts.access(context, account, repository.id)
    assert found is not None
    assert found.permission == "ADMIN"


def test_no_secret_is_in_the_repository_that_is_returned(context: Context) -> None:
    repository = domain.registered(context)
    secret = repositories.webhook_secret(context, repository.id)
    assert "token-1" not in repr(repository)
    assert secret not in repr(repository)


@pytest.mark.parametrize("again", [("octo", "hello"), ("OCTO", "Hello")])
def test_registering_twice_is_a_conflict(context: Context, again: tuple[str, str]) -> None:
    domain.registered(context)
    facts = domain.facts(*again, node_id="R_octo_hello")
    with pytest.raises(Conflict, match="already registered"):
        repositories.register(context, domain.account(context, "other"), facts, "token-2")
    assert repositories.repository_token(context, 1) == "token-1"


def test_two_registrations_at_the_same_moment_make_one_repository(context: Context) -> None:
    barrier, outcomes = threading.Barrier(6), []
    people = [domain.account(context, f"person-{number}") for number in range(6)]

    def register(number: int) -> None:
        barrier.wait()
        try:
            repositories.register(context, people[number], domain.facts(), f"token-{number}")
            outcomes.append("registered")
        except HobotnicaError as error:
            outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Conflict"] * 5 + ["registered"]
    assert len(repositories.list_visible(context, domain.account(context, "root"))) == 1


def test_a_revoked_one_is_taken_up_again_with_its_history(context: Context) -> None:
    repository = domain.ready(context)
    build = domain.finished(context, repository)
    repositories.revoke(context, repository.id, "the token was withdrawn")
    other = domain.account(context, "other")
    again = repositories.register(context, other, domain.facts(), "token-2")
    assert (again.id, again.status, again.status_reason) == (repository.id, "cloning", None)
    assert (again.account_id, again.revoked_at) == (other.id, None)
    assert (again.uid, again.webhook_uid) == (repository.uid, repository.webhook_uid)
    assert repositories.repository_token(context, again.id) == "token-2"
    assert repositories.webhook_secret(context, again.id)
    assert [found.id for found in builds.list_builds(context, again.id)] == [build.id]
    repositories.mark_ready(context, again.id)
    assert domain.pushed(context, again).number == build.number + 1


def test_a_failed_one_can_be_registered_again_and_keeps_its_webhook(context: Context) -> None:
    repository = domain.registered(context)
    secret = repositories.webhook_secret(context, repository.id)
    repositories.mark_failed(context, repository.id, "wrong token")
    account = domain.account(context)
    again = repositories.register(context, account, domain.facts(), "token-2")
    assert (again.id, again.status, again.status_reason) == (repository.id, "cloning", None)
    assert repositories.webhook_secret(context, again.id) == secret


def test_one_renamed_at_github_is_found_by_its_node_id(context: Context) -> None:
    repository = domain.ready(context, "octo", "hello")
    renamed = domain.facts("octo", "goodbye", node_id=repository.node_id)
    with pytest.raises(Conflict, match="octo/goodbye"):
        repositories.register(context, domain.account(context), renamed, "token-2")
    assert repositories.find(context, "octo", "hello") is None
    found = repositories.find(context, "octo", "goodbye")
    assert found is not None
    assert found.id == repository.id


def test_a_name_given_to_another_repository_leaves_the_old_one_found_by_its_id(
    context: Context,
) -> None:
    old = domain.ready(context)
    build = domain.finished(context, old)
    facts = domain.facts(node_id="R_another")
    new = repositories.register(context, domain.account(context, "other"), facts, "token-2")
    assert new.id != old.id
    # The history of what was called so before is not the newcomer's to see.
    assert builds.list_builds(context, new.id) == []
    assert builds.list_builds(context, old.id)[0].id == build.id
    due = repositories.due_for_access_check(context, domain.later(1), 10)
    assert [repository.id for repository in due] == [old.id]
    moved = domain.facts("octo", "elsewhere", node_id=old.node_id)
    repositories.access_checked(context, old.id, moved)
    with pytest.raises(RepositoryNotFound):
        repositories.get(context, domain.account(context), "octo", "hello")
    assert repositories.get(context, domain.account(context), "octo", "elsewhere").id == old.id
