"""The demonstration's GitHub and the tests' fake one answer the same questions alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from graphql import execute_sync, parse

from myapp.demo import graphql
from myapp.demo.pushing import push_a_commit
from myapp.demo.server import DemoServer
from myapp.demo.world import FULL_NAME, LOGIN, NAME, TOKEN
from myapp.github import answers, errors, hooks, requests
from myapp.github.webhooks import read_event, verify
from tests.support.certificates import Authority
from tests.support.fake_github import FakeGitHub
from tests.support.github_client import GitHubClient
from tests.support.github_graphql import schema
from tests.support.http_server import Handler, Server
from tests.support.wait import wait_until

Ask = GitHubClient


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoServer]:
    server = DemoServer(tmp_path / "github")
    server.start()
    yield server
    server.stop()


def client_of(demo: DemoServer) -> Ask:
    return GitHubClient(f"{demo.world.address}/api/v3", f"{demo.world.address}/api/graphql")


@pytest.fixture(params=["demo", "fake"])
def ask(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ask]:
    """Two GitHubs with the same user, token and repository."""
    if request.param == "demo":
        client = client_of(request.getfixturevalue("demo"))
    else:
        ca: Authority = request.getfixturevalue("ca")
        github: FakeGitHub = request.getfixturevalue("fake_github")
        github.add_token(LOGIN, value=TOKEN)
        github.add_repository(FULL_NAME)
        client = GitHubClient(github.api_url, github.graphql_url, ca.client())
    yield client
    client.close()


def kind_of(call: Callable[[], object]) -> str:
    with pytest.raises(errors.GitHubError) as caught:
        call()
    return caught.value.kind


def test_both_know_the_viewer_the_repository_and_its_head(ask: Ask) -> None:
    access = ask(requests.repository_access(TOKEN, LOGIN, NAME), answers.read_repository_access)
    assert ask(requests.viewer(TOKEN), answers.read_viewer) == access.viewer
    assert access.viewer.login == LOGIN
    facts = access.repository
    assert (facts.full_name, facts.permission, facts.default_branch) == (FULL_NAME, "ADMIN", "main")
    by_id = requests.repository_by_node_id(TOKEN, facts.node_id)
    assert ask(by_id, answers.read_repository_by_node_id) == access
    for ref in ("main", "refs/heads/main", facts.default_branch_sha):
        commit = ask(requests.commit(TOKEN, LOGIN, NAME, ref), answers.read_commit)
        assert commit.sha == facts.default_branch_sha
        assert commit.branch == ("" if ref == commit.sha else "main")
    assert ask(requests.owner(TOKEN, LOGIN), answers.read_owner).may_administer


def test_both_refuse_alike(ask: Ask) -> None:
    other = requests.repository_access(TOKEN, LOGIN, "other")
    assert kind_of(lambda: ask(other, answers.read_repository_access)) == "no_access"
    node = requests.repository_by_node_id(TOKEN, "R_other")
    assert kind_of(lambda: ask(node, answers.read_repository_by_node_id)) == "no_access"
    wrong = requests.viewer("wrong")
    assert kind_of(lambda: ask(wrong, answers.read_viewer)) == "bad_credentials"
    ref = requests.commit(TOKEN, LOGIN, NAME, "nothing")
    assert kind_of(lambda: ask(ref, answers.read_commit)) == "commit_not_found"
    nobody = requests.owner(TOKEN, "nobody-there")
    assert kind_of(lambda: ask(nobody, answers.read_owner)) == "owner_not_found"
    listing = requests.list_hooks(TOKEN, LOGIN, "other")
    assert kind_of(lambda: ask(listing, answers.read_hooks)) == "no_access"
    status = requests.create_status(TOKEN, LOGIN, NAME, "a" * 40, "success", "x", "c", None)
    assert kind_of(lambda: ask(status, answers.read_status)) == "rejected"


def test_both_take_hooks_and_statuses(ask: Ask) -> None:
    url = "http://127.0.0.1:1/api/webhooks/7d9f"
    hook = ask(requests.create_hook(TOKEN, LOGIN, NAME, url, "canary"), answers.read_hook)
    assert hooks.drift(hook, url) == ()
    assert ask(requests.list_hooks(TOKEN, LOGIN, NAME), answers.read_hooks) == [hook]
    update = requests.update_hook(TOKEN, LOGIN, NAME, hook.id, url + "x", "canary")
    assert ask(update, answers.read_hook).url == url + "x"
    delete = requests.delete_hook(TOKEN, LOGIN, NAME, hook.id)
    assert [ask(delete, answers.read_deleted) for _ in range(2)] == [True, False]
    assert kind_of(lambda: ask(update, answers.read_hook)) == "no_access"
    head = ask(requests.commit(TOKEN, LOGIN, NAME, "main"), answers.read_commit).sha
    status = requests.create_status(
        TOKEN, LOGIN, NAME, head, "success", "Passed", "hobotnica/test", "http://127.0.0.1:1/"
    )
    assert ask(status, answers.read_status) == 1
    bad = requests.create_status(TOKEN, LOGIN, NAME, head, "running", "x", "c", None)
    assert kind_of(lambda: ask(bad, answers.read_status)) == "rejected"


@pytest.mark.npm
@pytest.mark.parametrize("operation", requests.QUERIES)
def test_demo_answers_what_the_query_asks_by_githubs_schema(
    demo: DemoServer, operation: str
) -> None:
    variables = {
        "owner": LOGIN,
        "name": NAME,
        "id": "R_demo_hello_hobotnica",
        "login": LOGIN,
        "branch": "refs/heads/main",
        "tag": "refs/tags/main",
        "expression": "main",
    }
    found = graphql.answer(demo.world, operation, variables)["data"]
    result = execute_sync(
        schema(),
        parse(requests.QUERIES[operation]),
        found,
        variable_values=variables,
        field_resolver=lambda source, info, **_: source.get(info.path.key),  # by alias
    )
    assert result.errors is None
    read = {
        "Viewer": answers.read_viewer,
        "RepositoryAccess": answers.read_repository_access,
        "RepositoryById": answers.read_repository_by_node_id,
        "FindCommit": answers.read_commit,
        "Owner": answers.read_owner,
    }[operation]

    def through(data: Any) -> object:
        return read(200, {}, json.dumps({"data": data}).encode())

    assert through(result.data) == through(found)


class _Receiving(Handler):
    def answer(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers.items()), raw))
        self.send(202)


@pytest.fixture
def receiver() -> Iterator[Server]:
    server = Server(_Receiving)
    server.taken = []  # type: ignore[attr-defined]
    server.start()
    yield server
    server.stop()


def test_demo_push_is_a_real_one_and_is_delivered_signed(
    demo: DemoServer, receiver: Any, tmp_path: Path
) -> None:
    ask = client_of(demo)
    ask(requests.create_hook(TOKEN, LOGIN, NAME, receiver.url, "canary"), answers.read_hook)
    sha = push_a_commit(demo.world, tmp_path / "workshop", "Say it again")
    wait_until(lambda: receiver.taken, what="the delivery")
    headers, raw = receiver.taken[0]
    assert verify("canary", raw, headers["X-Hub-Signature-256"])
    event: Any = read_event(headers["X-GitHub-Event"], json.loads(raw))
    assert (event.sha, event.branch, event.message) == (sha, "main", "Say it again")
    facts = ask(requests.repository_access(TOKEN, LOGIN, NAME), answers.read_repository_access)
    assert event.repository.node_id == facts.repository.node_id
    assert facts.repository.default_branch_sha == sha
    ask.close()


def test_demo_page_shows_commits_with_their_statuses_and_pushes(
    demo: DemoServer, tmp_path: Path
) -> None:
    demo.push = lambda: push_a_commit(demo.world, tmp_path / "workshop", "<b>Bold</b>")
    with urllib3.PoolManager() as pool:
        place = demo.world.address
        evil = {"Origin": "http://evil.example"}
        assert pool.request("POST", f"{place}/push", headers=evil).status == 403
        pushed = pool.request("POST", f"{place}/push", headers={"Origin": place}, redirect=False)
        assert (pushed.status, pushed.headers["Location"]) == (303, "/")
        sha = demo.world.commits()[0]["sha"]
        demo.world.add_status(
            sha, {"state": "success", "context": "hobotnica/test", "target_url": "http://x/"}
        )
        page = pool.request("GET", demo.world.html_url).data.decode()
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page
    assert '<a href="http://x/">hobotnica/test: passed</a>' in page
    assert TOKEN not in page


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/octocat/hello-hobotnica.git/info/refs?service=git-upload-pack", 401),
        ("/nothing", 404),
        ("/api/v3/repos/octocat/hello-hobotnica/hooks", 401),
    ],
)
def test_demo_gives_nothing_without_the_token(demo: DemoServer, path: str, status: int) -> None:
    with urllib3.PoolManager() as pool:
        assert pool.request("GET", demo.world.address + path).status == status
