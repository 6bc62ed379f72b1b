"""The fake GitHub behaves as GitHub: what it refuses, whom, and how it fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from myapp.github import answers, errors, requests
from myapp.github.model import Access
from myapp.github.webhooks import read_body, read_event, verify
from tests.support.certificates import Authority
from tests.support.fake_github import FakeGitHub
from tests.support.faults import Fault
from tests.support.github_client import GitHubClient
from tests.support.http_server import Handler, Server
from tests.support.wait import wait_until


@pytest.fixture
def ask(fake_github: FakeGitHub, ca: Authority) -> Iterator[GitHubClient]:
    client = GitHubClient(fake_github.api_url, fake_github.graphql_url, ca.client())
    yield client
    client.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    server.start()
    yield server
    server.stop()


class Receiver(Server):
    """Takes deliveries and answers 202."""

    def __init__(self) -> None:
        super().__init__(_Receiving)
        self.taken: list[tuple[dict[str, str], bytes]] = []


class _Receiving(Handler):
    def answer(self: Any) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append((dict(self.headers.items()), raw))
        self.send(202, b'{"id": 1}', {"Content-Type": "application/json"})


def access(ask: GitHubClient, token: str, full_name: str) -> Access:
    request = requests.repository_access(token, *full_name.split("/"))
    return ask(request, answers.read_repository_access)


def refusal(call: Callable[[], object]) -> errors.GitHubError:
    with pytest.raises(errors.GitHubError) as caught:
        call()
    return caught.value


def test_owner_reads_their_repository(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    repository = fake_github.add_repository("octocat/hello", description="Says hello")
    found = access(ask, octocat, "OctoCat/HELLO")
    assert found.viewer.login == "octocat"
    assert found.repository.full_name == "octocat/hello"
    assert found.repository.permission == "ADMIN"
    assert found.repository.default_branch_sha == repository.head
    assert found.repository.description == "Says hello"


def test_stranger_sees_nothing_and_collaborator_what_they_may(
    fake_github: FakeGitHub, ask: GitHubClient
) -> None:
    fake_github.add_repository("octocat/secret", permissions={"Mona": "WRITE"})
    fake_github.add_repository("octocat/open", private=False)
    stranger, mona = fake_github.add_token("stranger"), fake_github.add_token("mona")
    assert refusal(lambda: access(ask, stranger, "octocat/secret")).kind == "no_access"
    assert access(ask, stranger, "octocat/open").repository.permission == "READ"
    assert access(ask, mona, "octocat/secret").repository.permission == "WRITE"
    fake_github.set_permission("octocat/secret", "mona", None)
    assert refusal(lambda: access(ask, mona, "octocat/secret")).access_lost


def test_admin_of_the_organisation_administers_its_repositories(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    fake_github.add_organisation("moon", admins=("octocat",))
    fake_github.add_repository("moon/base")
    assert access(ask, octocat, "moon/base").repository.permission == "ADMIN"
    owner = ask(requests.owner(octocat, "moon"), answers.read_owner)
    assert owner.organisation and owner.may_administer
    nobody = requests.owner(octocat, "nobody-there")
    assert refusal(lambda: ask(nobody, answers.read_owner)).kind == "owner_not_found"


def test_revoked_token_is_wrong_at_once(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    assert ask(requests.viewer(octocat), answers.read_viewer).login == "octocat"
    fake_github.revoke(octocat)
    error = refusal(lambda: ask(requests.viewer(octocat), answers.read_viewer))
    assert error.kind == "bad_credentials"


def test_scopes_and_single_sign_on_are_asked_for(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    fake_github.add_repository("octocat/hello", permissions={"mona": "READ"})
    fake_github.add_repository("octocat/open", private=False)
    poor = fake_github.add_token("octocat", scopes=("public_repo",))
    assert refusal(lambda: access(ask, poor, "octocat/hello")).kind == "no_access"
    assert access(ask, poor, "octocat/open").repository.permission == "ADMIN"
    fake_github.require_sso(octocat, "octocat")
    error = refusal(lambda: access(ask, octocat, "octocat/hello"))
    assert error.kind == "forbidden" and "single sign-on" in error.reason


def test_renamed_and_transferred_repository_is_found_by_its_id(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    fake_github.add_repository("octocat/hello", permissions={"octocat": "ADMIN"})
    node_id = access(ask, octocat, "octocat/hello").repository.node_id
    fake_github.move("octocat/hello", "moon/base")
    request = requests.repository_by_node_id(octocat, node_id)
    found = ask(request, answers.read_repository_by_node_id)
    assert found.repository.full_name == "moon/base"
    assert access(ask, octocat, "octocat/hello").repository.full_name == "moon/base"
    hooks = requests.list_hooks(octocat, "octocat", "hello")
    assert refusal(lambda: ask(hooks, answers.read_hooks)).kind == "moved"
    fake_github.delete("moon/base")
    assert refusal(lambda: ask(request, answers.read_repository_by_node_id)).kind == "no_access"


def test_commit_is_found_by_branch_tag_and_sha(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    repository = fake_github.add_repository("octocat/hello")
    first = repository.head or ""
    second = repository.add_commit("topic/x", message="Second")
    repository.tags["v1"] = first

    def find(ref: str) -> tuple[str, str]:
        found = ask(requests.commit(octocat, "octocat", "hello", ref), answers.read_commit)
        return found.sha, found.ref

    assert find("main") == (first, "refs/heads/main")
    assert find("topic/x") == find("refs/heads/topic/x") == (second, "refs/heads/topic/x")
    assert find("v1") == (first, "refs/tags/v1")
    assert find(second) == find(second[:10]) == (second, second)
    assert refusal(lambda: find("nothing")).kind == "commit_not_found"


def test_a_wrong_field_is_refused(fake_github: FakeGitHub, octocat: str, ca: Authority) -> None:
    with urllib3.PoolManager(ssl_context=ca.client()) as pool:
        answer = pool.request(
            "POST",
            fake_github.graphql_url,
            json={"query": "{ viewer { logon } }"},
            headers={"Authorization": f"Bearer {octocat}", "User-Agent": "x"},
        )
    assert answer.status == 200
    assert "Cannot query field 'logon'" in answer.json()["errors"][0]["message"]
    assert "logon" in fake_github.refused[0]


def status_request(token: str, sha: str, **fields: str) -> requests.Request:
    given = {"state": "success", "description": "Passed", "context": "c", "target_url": ""}
    return requests.create_status(token, "octocat", "hello", sha, **{**given, **fields})


def test_statuses_are_taken_only_as_github_takes_them(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    sha = fake_github.add_repository("octocat/hello", permissions={"mona": "READ"}).head or ""

    def send(token: str, sha: str, **fields: str) -> int:
        return ask(status_request(token, sha, **fields), answers.read_status)

    assert send(octocat, sha)
    assert fake_github.statuses("octocat/hello", sha)[0]["state"] == "success"
    assert refusal(lambda: send(octocat, sha, state="running")).kind == "rejected"
    assert refusal(lambda: send(octocat, sha, description="x" * 141)).kind == "rejected"
    assert refusal(lambda: send(octocat, "a" * 40)).kind == "rejected"
    assert refusal(lambda: send(octocat, sha, target_url="ftp://x")).kind == "rejected"
    assert refusal(lambda: send(fake_github.add_token("mona"), sha)).kind == "no_access"
    fine = fake_github.add_token("mona", scopes=None)
    assert refusal(lambda: send(fine, sha)).kind == "forbidden"
    assert len(fake_github.statuses("octocat/hello")) == 1


def test_hooks_are_for_administrators(fake_github: FakeGitHub, ask: GitHubClient) -> None:
    fake_github.add_repository("octocat/hello", permissions={"mona": "MAINTAIN"})
    for token in (fake_github.add_token("mona"), fake_github.add_token("octocat", scopes=())):
        create = requests.create_hook(token, "octocat", "hello", "http://127.0.0.1:1/", "s")
        assert refusal(lambda create=create: ask(create, answers.read_hook)).kind == "no_access"


def test_hook_is_created_greeted_repaired_and_deleted(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient, receiver: Receiver
) -> None:
    fake_github.add_repository("octocat/hello")
    place = ("octocat", "hello")
    create = requests.create_hook(octocat, *place, f"{receiver.url}/a", "canary")
    hook = ask(create, answers.read_hook)
    assert hook.has_secret and hook.active
    wait_until(lambda: receiver.taken, what="the ping")
    assert receiver.taken[0][0]["X-GitHub-Event"] == "ping"
    again = refusal(lambda: ask(create, answers.read_hook))
    assert "already exists" in again.reason
    change = requests.update_hook(octocat, *place, hook.id, f"{receiver.url}/b", "canary")
    assert ask(change, answers.read_hook).url == f"{receiver.url}/b"
    assert [h.id for h in ask(requests.list_hooks(octocat, *place), answers.read_hooks)] == [1]
    delete = requests.delete_hook(octocat, *place, hook.id)
    assert ask(delete, answers.read_deleted) is True
    assert ask(delete, answers.read_deleted) is False


@pytest.mark.parametrize("content_type", ["json", "form"])
def test_push_is_delivered_signed(
    fake_github: FakeGitHub, receiver: Receiver, content_type: str
) -> None:
    repository = fake_github.add_repository("octocat/hello")
    config = {"url": receiver.url, "secret": "canary", "content_type": content_type}
    repository.hooks[1] = {"id": 1, "active": True, "events": ["push"], "config": config}
    done = fake_github.push("octocat/hello", branch="topic", message="Say hello", author="mona")
    headers, raw = receiver.taken[0]
    assert done[0].status == 202 and done[0].json == {"id": 1}
    assert verify("canary", raw, headers["X-Hub-Signature-256"])
    event: Any = read_event(headers["X-GitHub-Event"], read_body(raw, headers["Content-Type"]))
    assert (event.branch, event.message, event.author) == ("topic", "Say hello", "mona")
    assert event.sha == repository.branches["topic"]
    assert event.repository.node_id == repository.node_id
    fake_github.delete_branch("octocat/hello", "topic")
    fake_github.tag("octocat/hello", "v1", repository.head or "")
    fake_github.deliver("octocat/hello", "pull_request", action="opened")  # not wanted
    kinds = [type(read_event(h["X-GitHub-Event"], read_body(r, h["Content-Type"]))).__name__
             for h, r in receiver.taken]  # fmt: skip
    assert kinds == ["PushEvent", "Ignored", "Ignored"]


def test_a_receiver_that_is_not_there_is_status_0(fake_github: FakeGitHub) -> None:
    repository = fake_github.add_repository("octocat/hello")
    config = {"url": "http://127.0.0.1:1/", "secret": "s"}
    repository.hooks[1] = {"id": 1, "active": True, "events": ["*"], "config": config}
    assert fake_github.push("octocat/hello")[0].status == 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("500", "server_error"),
        ("502-html", "server_error"),
        ("200-html", "bad_answer"),
        ("bad-json", "bad_answer"),
        ("too-many", "rate_limited"),
        ("secondary-limit", "rate_limited"),
        ("rate-limited", "rate_limited"),
        ("401", "bad_credentials"),
        ("403", "forbidden"),
        ("404", "bad_answer"),
        (Fault("answer", status=418, body=b"{}"), "bad_answer"),
    ],
)
def test_ordered_fault_happens_once(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient, fault: str | Fault, kind: str
) -> None:
    fake_github.fail(fault, on="Viewer")
    assert refusal(lambda: ask(requests.viewer(octocat), answers.read_viewer)).kind == kind
    assert ask(requests.viewer(octocat), answers.read_viewer).login == "octocat"


@pytest.mark.parametrize("fault", ["closed", "half"])
def test_connection_can_be_cut(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient, fault: str
) -> None:
    fake_github.fail(fault)
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask(requests.viewer(octocat), answers.read_viewer)


@pytest.mark.npm
def test_slow_answer_comes_and_hanging_one_ends_with_the_server() -> None:
    with FakeGitHub() as github:
        token = github.add_token("octocat")
        ask = GitHubClient(github.api_url, github.graphql_url)
        github.fail("slow", seconds=0.1)
        assert ask(requests.viewer(token), answers.read_viewer).login == "octocat"
        github.fail("hang")
        github.fail("drip", seconds=0.01)
        with urllib3.PoolManager(retries=False, timeout=0.2) as pool:
            with pytest.raises(urllib3.exceptions.TimeoutError):
                pool.request("GET", github.api_url)
            dripping = pool.request("GET", github.api_url, preload_content=False)
            assert dripping.read(3) == b"   "
            dripping.close()
        ask.close()


def test_a_path_that_the_fake_does_not_know_is_a_violation(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    request = requests.Request("GET", "/emojis", requests.viewer(octocat).headers)
    assert refusal(lambda: ask(request, answers.read_hooks)).kind == "no_access"
    assert "GET /emojis" in fake_github.violations.pop()


def test_the_log_of_requests_has_headers_and_operation(
    fake_github: FakeGitHub, octocat: str, ask: GitHubClient
) -> None:
    ask(requests.viewer(octocat), answers.read_viewer)
    found = fake_github.requests_of("Viewer")[0]
    assert found.headers["Authorization"] == f"Bearer {octocat}"
    assert octocat not in repr(found)
    assert json.loads(found.body)["operationName"] == "Viewer"
