"""Answers composed of several reads: one that is slow or fails does not take the others along."""

from __future__ import annotations

import threading

import pytest

from myapp import accounts
from tests.integration.services.browsing import Visitor
from tests.integration.services.place import OWNER, Place, path_of
from tests.support import factories
from tests.support.contract_client import ContractClient, personal_token

# Longer than the answers' own deadline and than the clients' patience in these tests: an answer
# that waits for GitHub never comes in time.
HANGS = 60.0
PATIENCE = 20.0


def newcomer(place: Place) -> tuple[str, ContractClient]:
    """Somebody whose credentials are known and about whom GitHub has said nothing else."""
    login = f"user-{factories.number()}"
    token = place.github.add_token(login)
    client = place.client(None, personal_token(login, token), timeout=PATIENCE)
    assert client.get("/api/repositories").status_code == 200
    return login, client


def test_dashboard_says_what_github_says(place: Place) -> None:
    login, client = newcomer(place)
    shape = client.get("/api/dashboard").json()
    assert (shape["github"]["login"], shape["github"]["stale"]) == (login, False)
    assert shape["github"]["fetched_at"] is not None


@pytest.mark.parametrize("fault", ["slow", "500", "closed", "half", "drip", "200-html", "401"])
def test_dashboard_comes_without_github_marked_stale(place: Place, fault: str) -> None:
    login, client = newcomer(place)
    place.github.fail(fault, on="Viewer", seconds=HANGS if fault == "slow" else None)
    shape = client.get("/api/dashboard").json()
    assert (shape["github"]["stale"], shape["github"]["login"]) == (True, login)
    assert isinstance(shape["workers"], list)
    place.github.faults.clear()
    assert client.get("/api/dashboard").json()["github"]["stale"] is False


def test_dashboard_shows_repositories_builds_and_queue(place: Place) -> None:
    login, client = newcomer(place)
    repository = place.repository(permissions={login: "READ"})
    ended = place.finished(repository)
    waits = place.queued(repository)
    client.get(path_of(repository))
    shape = client.get("/api/dashboard").json()
    [row] = shape["repositories"]
    assert row["repository"]["uid"] == repository.uid
    assert [build["id"] for build in row["builds"]] == [waits.id, ended.id]
    assert [build["id"] for build in shape["queue"]["builds"]] == [waits.id]
    assert shape["queue"]["queued"] >= 1


def test_repository_says_what_github_says_of_it(place: Place) -> None:
    repository = place.repository()
    shape = place.client("writer").get(path_of(repository)).json()["github"]
    head = place.github.repository(repository.full_name).head
    assert (shape["permission"], shape["stale"], shape["head_sha"]) == ("WRITE", False, head)


@pytest.mark.parametrize("fault", ["slow", "500", "closed", "drip"])
def test_repository_comes_without_github_as_it_said_before(place: Place, fault: str) -> None:
    repository = place.repository()
    place.remember_access("writer", repository, "WRITE")
    client = place.client("writer", timeout=PATIENCE)
    client.get("/api/repositories")
    place.github.fail(fault, on="RepositoryById", seconds=HANGS if fault == "slow" else None)
    shape = client.get(path_of(repository)).json()
    assert shape["uid"] == repository.uid
    assert shape["github"]["stale"] is True
    assert shape["github"]["head_sha"] == repository.default_branch_sha


def test_github_is_not_asked_again_at_once(place: Place) -> None:
    repository, client = place.repository(), place.client()
    client.get(path_of(repository))
    asked = len(place.github.requests_of("RepositoryById"))
    shapes = [client.get(path_of(repository)).json()["github"] for _ in range(3)]
    assert [shape["stale"] for shape in shapes] == [False] * 3
    assert len(place.github.requests_of("RepositoryById")) == asked


def test_api_token_gets_the_answers_without_asking_github(place: Place) -> None:
    repository = place.repository()
    token = accounts.create_api_token(place.context, place.people["boss"], "a test")
    place.remember_access("boss", repository, "ADMIN")
    client = place.client(None, {"Authorization": f"Bearer {token}"})
    asked = len(place.github.requests)
    assert client.get("/api/dashboard").status_code == 200
    assert client.get(path_of(repository)).json()["github"]["stale"] is True
    assert len(place.github.requests) == asked


def test_other_requests_are_answered_while_github_is_waited_for(place: Place) -> None:
    _, slow = newcomer(place)
    quick = place.client("reader")
    quick.get("/api/repositories")
    place.github.fail("slow", on="Viewer", seconds=HANGS)
    got: list[int] = []
    thread = threading.Thread(target=lambda: got.append(slow.get("/api/dashboard").status_code))
    thread.start()
    answers = 0
    while thread.is_alive():
        assert quick.get("/api/repositories").status_code == 200
        answers += 1
    assert got == [200]
    assert answers > 5


def test_dashboard_page_says_that_github_is_stale(place: Place) -> None:
    login, _ = newcomer(place)
    found = accounts.find_by_login(place.context, login)
    assert found is not None
    place.people[login] = found
    someone = Visitor(place.plain(None, place.session(login, place.github.add_token(login))))
    place.github.fail("closed", on="Viewer")
    page = someone.open("/")
    assert (page.status, "GitHub did not answer in time" in page.text) == (200, True)
    assert "GitHub did not answer in time" not in someone.open("/").text


def test_pages_of_a_repository_do_not_wait_for_github(place: Place) -> None:
    repository = place.repository()
    place.remember_access(OWNER, repository, "ADMIN")
    client = place.plain(None, place.session(OWNER))
    place.github.fail("slow", times=100, seconds=HANGS)
    for path in ("", "/settings", "/deliveries"):
        answer = client.get(f"/repositories/{repository.full_name}{path}", timeout=PATIENCE)
        assert answer.status_code == 200


def test_repository_being_cloned_says_how_far_git_has_come(place: Place) -> None:
    repository = place.registered()
    client = place.client()
    assert client.get(path_of(repository)).json()["status_reason"] is None
    desk = place.context.settings.data_dir / "run" / f"git-{repository.id}-test"
    desk.mkdir()
    (desk / "output").write_bytes(b"Cloning into 'x'...\nReceiving objects:  42% (21/50)\r")
    shown = client.get(path_of(repository)).json()
    assert (shown["status"], shown["status_reason"]) == (
        "cloning",
        "Receiving objects:  42% (21/50)",
    )
    page = Visitor(place.plain(OWNER)).open(f"/repositories/{repository.full_name}")
    assert "42% (21/50)" in page.text
